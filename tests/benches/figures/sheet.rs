//! The printed sheet: what, how much, and how much it may be.

use std::io::{self, Stdout, Write as _};

use crate::unit::Unit;

/// Width of the first column, in characters.
const NAME: usize = 58;

/// Width of the second column.
const VALUE: usize = 12;

/// Writes each line as soon as it is known.
#[derive(Debug)]
pub(crate) struct Sheet {
    out: Stdout,
}

impl Sheet {
    pub(crate) fn new(out: Stdout) -> Self {
        Self { out }
    }

    pub(crate) fn title(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{text}")
    }

    pub(crate) fn heading(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "\n{text}")?;
        self.out.flush()
    }

    /// A figure without a budget.
    pub(crate) fn figure(&mut self, name: &str, value: f64, unit: Unit) -> io::Result<()> {
        writeln!(self.out, "  {name:NAME$} {:>VALUE$}", unit.show(value))
    }

    /// A figure with the most that it may be, in the same unit.
    pub(crate) fn against(&mut self, name: &str, value: f64, most: f64, unit: Unit) -> io::Result<()> {
        let judgement = if value <= most { "within" } else { "over" };
        let (value, most) = (unit.show(value), unit.limit(most));
        writeln!(self.out, "  {name:NAME$} {value:>VALUE$}   budget {most}: {judgement}")
    }

    /// What a reader must know about the lines around it.
    pub(crate) fn remark(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "    {text}")
    }
}
