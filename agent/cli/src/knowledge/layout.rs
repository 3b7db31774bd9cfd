//! Headings, tables and paragraphs in 80 columns, without colour where there is none.

use std::fmt::Write as _;

use comfy_table::{ContentArrangement, Table, presets};
use sortie_core::knowledge::Source;

use crate::render::Style;
use crate::render::words::{faint, heading};

/// The width that every terminal and every mail has.
const WIDTH: u16 = 80;

/// Stands for what a provider does not say.
pub(super) const NOTHING: &str = "-";

/// A text that grows downwards.
pub(super) struct Sheet {
    text: String,
    style: Style,
}

impl Sheet {
    pub(super) fn new(style: Style) -> Self {
        Self { text: String::new(), style }
    }

    /// What was written.
    pub(super) fn text(self) -> String {
        self.text
    }

    /// The first line.
    pub(super) fn title(&mut self, title: &str) {
        let _ = writeln!(self.text, "{}", heading(title, self.style));
    }

    /// The beginning of a section.
    pub(super) fn section(&mut self, title: &str) {
        let _ = writeln!(self.text, "\n{}", heading(title, self.style));
    }

    /// Rows in columns; a long cell goes on in the next line of its column.
    pub(super) fn rows<const N: usize>(&mut self, rows: impl IntoIterator<Item = [String; N]>) {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.add_rows(rows);
        self.table(table);
    }

    /// The same below a header.
    pub(super) fn grid(&mut self, header: Vec<&str>, rows: impl IntoIterator<Item = Vec<String>>) {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_header(header);
        table.add_rows(rows);
        self.table(table);
    }

    /// A remark at the end.
    pub(super) fn note(&mut self, text: &str) {
        self.text.push('\n');
        self.rows([["note:".to_owned(), text.to_owned()]]);
    }

    /// What the numbers in brackets stand for. An address is never broken: it is there to be copied.
    pub(super) fn sources(&mut self, sources: &[Source]) {
        self.section("Sources");
        for (number, source) in (1..).zip(sources) {
            let _ = writeln!(self.text, " [{number}] {}, {}", source.kind.code(), source.date);
            let _ = writeln!(self.text, "     {}", faint(source.url, self.style));
        }
    }

    fn table(&mut self, mut table: Table) {
        let width = self.style.width.map_or(WIDTH, |width| width.min(WIDTH));
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
        for line in table.lines() {
            let _ = writeln!(self.text, "{}", line.trim_end());
        }
    }
}

/// `[1] [3]`: where the sources with these ids stand in the list.
pub(super) fn cited(sources: &[Source], ids: &[&str]) -> String {
    let places = ids.iter().filter_map(|id| sources.iter().position(|source| source.id == *id));
    places.map(|place| format!("[{}]", place + 1)).collect::<Vec<_>>().join(" ")
}
