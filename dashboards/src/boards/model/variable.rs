//! What the user of a board chooses.

/// A choice; expressions name it as `$name`.
#[derive(Clone, Copy, Debug)]
pub struct Variable {
    /// Its name in expressions and addresses.
    pub name: &'static str,
    /// Its name on the board.
    pub title: &'static str,
    /// Where the values come from.
    pub source: Source,
}

/// The values of a variable.
#[derive(Clone, Copy, Debug)]
pub enum Source {
    /// Those that a label has on the series of a selector.
    Label {
        /// The series.
        series: &'static str,
        /// The label.
        label: &'static str,
        /// Whether all of them may be chosen at once; then the expressions match it as a regular expression.
        all: bool,
    },
    /// These words; the first is chosen at first.
    Words(&'static [&'static str]),
    /// A text that is typed, and what it is at first.
    Text(&'static str),
}
