//! A table as Markdown has it, padded so that it is a table for who reads the text itself.

/// Padding stops here: one long cell does not make all others wide.
const PADDED_MOST: usize = 48;

/// Rows of cells that are Markdown already.
pub(super) struct Table<const N: usize> {
    header: [&'static str; N],
    rows: Vec<[String; N]>,
    shown: [bool; N],
}

impl<const N: usize> Table<N> {
    pub(super) fn new(header: [&'static str; N]) -> Self {
        Self { header, rows: Vec::new(), shown: [true; N] }
    }

    pub(super) fn row(&mut self, cells: [String; N]) {
        self.rows.push(cells);
    }

    /// The same without columns that nobody has anything to say in.
    pub(super) fn without_empty_columns(mut self) -> Self {
        self.shown = std::array::from_fn(|column| self.rows.iter().any(|row| !row[column].is_empty()));
        self
    }

    /// Header, rule and rows; nothing where there is no row.
    pub(super) fn text(&self) -> String {
        if self.rows.is_empty() {
            return String::new();
        }
        let width = |column: usize| {
            let cells = self.rows.iter().map(|row| row[column].chars().count());
            let widest = cells.filter(|width| *width <= PADDED_MOST).max().unwrap_or_default();
            widest.max(self.header[column].chars().count())
        };
        let widths: [usize; N] = std::array::from_fn(width);
        let line = |cells: [&str; N]| {
            let columns = (0..N).filter(|column| self.shown[*column]);
            let cells = columns.map(|column| format!(" {:<width$} |", cells[column], width = widths[column]));
            format!("|{}\n", cells.collect::<String>())
        };
        let rules: [String; N] = std::array::from_fn(|column| "-".repeat(widths[column]));
        let mut text = line(self.header) + &line(rules.each_ref().map(String::as_str));
        text.extend(self.rows.iter().map(|row| line(row.each_ref().map(String::as_str))));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_one_in_plain_text_too() {
        let mut table = Table::new(["what", "never", "value"]);
        table.row(["a".to_owned(), String::new(), "`x`".to_owned()]);
        table.row(["longer".to_owned(), String::new(), "y".repeat(60)]);
        let long = "y".repeat(60);
        assert_eq!(
            table.without_empty_columns().text(),
            format!("| what   | value |\n| ------ | ----- |\n| a      | `x`   |\n| longer | {long} |\n")
        );
        assert_eq!(Table::new(["what"]).text(), "");
    }
}
