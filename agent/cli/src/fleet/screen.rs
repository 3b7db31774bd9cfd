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
        let (width, height) = terminal_size::terminal_size()
            .map_or((usize::MAX, usize::MAX), |(width, height)| {
                (usize::from(width.0), usize::from(height.0))
            });
        let told = self.told.iter().map(|text| ["warning: ", &printable(text), "\n"].concat());
        let text = told.chain([self.last.clone()]).collect::<String>();
        terminal::print(format!("{CLEAR}{}", fitted(&text, width, height)))
    }
}

/// As many lines as there is room for, with the last one left for what was cut: a table that scrolls cannot be redrawn.
fn fitted(text: &str, width: usize, height: usize) -> String {
    // The cursor stands on a line of its own.
    let room = height.saturating_sub(1).max(2);
    let lines: Vec<&str> = text.lines().collect();
    let heights: Vec<usize> = lines.iter().map(|line| height_of(line, width)).collect();
    if heights.iter().sum::<usize>() <= room {
        return text.to_owned();
    }
    let below = heights.iter().scan(0, |sum, height| {
        *sum += height;
        Some(*sum)
    });
    let kept = below.take_while(|below| *below < room).count();
    let cut = format!("… {} more lines\n", lines.len() - kept);
    lines[..kept].iter().flat_map(|line| [line, "\n"]).chain([cut.as_str()]).collect()
}

/// How many lines of the terminal a line takes, colours left out.
fn height_of(line: &str, width: usize) -> usize {
    let shown = anstream::adapter::strip_str(line).to_string();
    shown.chars().count().div_ceil(width.max(1)).max(1)
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
            assert_eq!(fitted(text, 80, height), expected, "{height}");
        }
    }

    #[test]
    fn a_long_line_takes_as_many_as_it_is_broken_into_and_colours_take_none() {
        let long = "123456789\n2\n3\n";
        assert_eq!(fitted(long, 4, 6), long);
        assert_eq!(fitted(long, 4, 5), "123456789\n… 2 more lines\n");
        let coloured = "\u{1b}[1m1234\u{1b}[0m\n2\n3\n";
        assert_eq!(fitted(coloured, 4, 4), coloured);
    }
}
