//! What is told on stderr while it is waited: a live line for a terminal, a line for each change for a log.

use std::io::IsTerminal as _;
use std::time::SystemTime;

use super::say;
use crate::progress::Progress;
use crate::terminal;
use crate::text::printable;

/// The way to stderr.
#[derive(Debug)]
pub(super) struct Telling {
    line: Progress,
    /// Where nobody sees the live line, each change has a line of its own.
    is_log: bool,
    told: Option<String>,
}

impl Telling {
    pub(super) fn start(is_quiet: bool) -> Self {
        let is_log = !is_quiet && !std::io::stderr().is_terminal();
        Self { line: Progress::start(is_quiet), is_log, told: None }
    }

    /// What is being done.
    pub(super) fn doing(&self, what: &str) {
        self.line.say(what);
    }

    /// What is seen now; `progress` says how long still.
    pub(super) fn seen(&mut self, headline: &str, progress: &str) {
        self.line.say(progress);
        if self.is_log && self.told.as_deref() != Some(headline) {
            let now = say::moment(SystemTime::now());
            terminal::complain(&format!("{now} {}\n", printable(progress)));
        }
        self.told = Some(headline.to_owned());
    }

    /// What somebody has to know at once, also who wants no progress.
    pub(super) fn warn(&self, sentence: &str) {
        self.line.aside(|| terminal::warn(sentence));
    }

    /// Takes the live line away.
    pub(super) fn finish(self) {
        self.line.finish();
    }
}
