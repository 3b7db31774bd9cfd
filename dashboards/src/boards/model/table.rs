//! The latest values of many things: a row each, a column for each question.

use super::{Colour, Steps, Unit};

/// A table. Its questions agree on the labels of `keys`, which tell its rows apart, and have no others.
#[derive(Clone, Debug)]
pub struct Table {
    /// What a row is about.
    pub keys: Vec<Key>,
    /// What is said about it. The values of the first column decide which rows are shown.
    pub columns: Vec<Column>,
    /// How many rows are shown at most.
    pub limit: u32,
}

/// A label that tells rows apart.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// The label.
    pub label: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// Where a click on it leads.
    pub to: Option<To>,
}

/// Where a click leads. A table of Perses has no such links: they are left out there.
#[derive(Clone, Copy, Debug)]
pub enum To {
    /// Another board, about what was clicked on.
    Board {
        /// The board.
        uid: &'static str,
        /// Its variables, and the labels of the row that they get.
        sets: &'static [(&'static str, &'static str)],
        /// The variables that keep their values.
        keeps: &'static [&'static str],
    },
    /// The runbook of the alert that was clicked on.
    Runbook,
}

/// One question about every row.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its heading.
    pub title: &'static str,
    /// What is asked.
    pub expr: String,
    /// What of the answer is shown.
    pub holds: Holds,
}

/// What a cell shows.
#[derive(Clone, Debug)]
pub enum Holds {
    /// The value.
    Value(Unit, Option<Steps>),
    /// A label, and the colours of its words.
    Label(&'static str, Vec<(&'static str, Colour)>),
}

impl Table {
    /// The question of a column, about no more rows than are shown.
    pub fn asked(&self, column: &Column) -> String {
        let Self { keys, columns, limit } = self;
        match columns.as_slice() {
            [_] => format!("topk({limit}, {})", column.expr),
            [first, ..] => {
                let keys: Vec<_> = keys.iter().map(|key| key.label).collect();
                format!("({}) and on ({}) topk({limit}, {})", column.expr, keys.join(", "), first.expr)
            }
            [] => String::new(),
        }
    }
}

impl Key {
    /// A label that leads nowhere.
    pub fn plain(label: &'static str, title: &'static str) -> Self {
        Self { label, title, to: None }
    }
}

impl Column {
    /// A number.
    pub fn value(title: &'static str, unit: Unit, expr: impl Into<String>) -> Self {
        Self { title, expr: expr.into(), holds: Holds::Value(unit, None) }
    }

    /// A number with a colour.
    pub fn judged(title: &'static str, unit: Unit, steps: Steps, expr: impl Into<String>) -> Self {
        Self { title, expr: expr.into(), holds: Holds::Value(unit, Some(steps)) }
    }

    /// A word.
    pub fn label(title: &'static str, label: &'static str, expr: impl Into<String>) -> Self {
        Self { title, expr: expr.into(), holds: Holds::Label(label, Vec::new()) }
    }

    /// A word with a colour.
    pub fn word(
        title: &'static str,
        label: &'static str,
        colours: Vec<(&'static str, Colour)>,
        expr: impl Into<String>,
    ) -> Self {
        Self { title, expr: expr.into(), holds: Holds::Label(label, colours) }
    }
}
