//! Where tables go: one after the other into a pipe, and each in the place of the last on a terminal.

use std::io::{self, IsTerminal as _};

use crate::args::{Fleet, FleetFormat};
use crate::terminal;
use crate::text::printable;

/// To the upper left corner, and everything from there on away (ECMA-48: CUP, ED).
const CLEAR: &str = "\u{1b}[H\u{1b}[2J";

/// The way to stdout, and for what has to be known beside a table.
pub(super) struct Screen {
    is_redrawn: bool,
    /// Sentences about the last answer.
    told: Vec<String>,
    /// What is in place.
    last: String,
}

impl Screen {
    pub(super) fn new(args: &Fleet) -> Self {
        let is_redrawn =
            args.watch.is_some() && args.format == FleetFormat::Table && io::stdout().is_terminal();
        Self { is_redrawn, told: Vec::new(), last: String::new() }
    }

    /// Another table, and what there is to say about it.
    pub(super) fn show(&mut self, text: String, sentences: Vec<String>) -> io::Result<()> {
        self.tell(sentences);
        self.last = text;
        if self.is_redrawn { self.redraw() } else { terminal::print(&self.last) }
    }

    /// Why there is no other table: the last one stays, with its moment.
    pub(super) fn keep(&mut self, why: String) -> io::Result<()> {
        self.tell(vec![why]);
        if self.is_redrawn { self.redraw() } else { Ok(()) }
    }

    /// On a terminal sentences stand above the table for as long as they hold; elsewhere each is said once.
    fn tell(&mut self, sentences: Vec<String>) {
        if !self.is_redrawn {
            sentences.iter().filter(|text| !self.told.contains(text)).for_each(|text| terminal::warn(text));
        }
        self.told = sentences;
    }

    fn redraw(&self) -> io::Result<()> {
        let height = terminal_size::terminal_size().map_or(usize::MAX, |(_, height)| usize::from(height.0));
        let told: String = self.told.iter().map(|text| format!("warning: {}\n", printable(text))).collect();
        terminal::print(format!("{CLEAR}{}", fitted(&(told + &self.last), height)))
    }
}

/// As many lines as there is room for, with the last one left for what was cut: a table that scrolls cannot be redrawn.
fn fitted(text: &str, height: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    // The cursor stands on a line of its own.
    let room = height.saturating_sub(1).max(2);
    if lines.len() <= room {
        return text.to_owned();
    }
    let kept = &lines[..room - 1];
    format!("{}\n… {} more lines\n", kept.join("\n"), lines.len() - kept.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_cut_and_counted() {
        let text = "1\n2\n3\n4\n5\n";
        for (height, expected) in
            [(6, text), (usize::MAX, text), (5, "1\n2\n3\n… 2 more lines\n"), (0, "1\n… 4 more lines\n")]
        {
            assert_eq!(fitted(text, height), expected, "{height}");
        }
    }
}
