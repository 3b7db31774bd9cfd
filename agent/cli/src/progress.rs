//! One live line on stderr, and only when somebody is there to see it.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::text::printable;

/// Fast enough to look alive, slow enough for a serial console.
const TICK: Duration = Duration::from_millis(120);

/// A line that says what is being waited for.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// A line on stderr; an invisible one with `--quiet`, or when stderr is not a terminal.
    pub fn start(quiet: bool) -> Self {
        let visible = !quiet && std::io::stderr().is_terminal();
        let target = if visible { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        // The template is a constant: it cannot fail to parse.
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
            bar.set_style(style);
        }
        if visible {
            bar.enable_steady_tick(TICK);
        }
        Self { bar }
    }

    /// Replaces the line.
    pub fn say(&self, what: &str) {
        self.bar.set_message(printable(what).into_owned());
    }

    /// Does something that writes to stderr, with the line out of its way.
    pub fn aside(&self, does: impl FnOnce()) {
        self.bar.suspend(does);
    }

    /// Takes the line away.
    pub fn finish(self) {
        self.bar.finish_and_clear();
    }
}
