//! The ways to show an answer.

use super::{Colour, Steps, Table, Unit, Word};

/// How a panel shows what it asked.
#[derive(Clone, Debug)]
pub enum View {
    /// One number.
    Stat(Stat),
    /// Numbers over time.
    Lines(Lines),
    /// Words over time.
    Timeline(Timeline),
    /// The latest values of many things.
    Table(Table),
    /// Markdown: what to do.
    Words(&'static str),
}

/// One number, and the colour that it has.
#[derive(Clone, Debug)]
pub struct Stat {
    /// What is asked; one series.
    pub expr: String,
    /// Of the number.
    pub unit: Unit,
    /// From which number on it looks how.
    pub steps: Steps,
    /// What numbers mean, where they are codes.
    pub words: Vec<Word>,
}

/// Numbers over time.
#[derive(Clone, Debug)]
pub struct Lines {
    /// Of the numbers.
    pub unit: Unit,
    /// Whether they are parts of a whole.
    pub stacked: bool,
    /// What is asked.
    pub series: Vec<Series>,
}

/// One expression of a chart.
#[derive(Clone, Debug)]
pub struct Series {
    /// What is asked.
    pub expr: String,
    /// The name of its series; `{{label}}` stands for the value of a label.
    pub legend: &'static str,
    /// The colour of all its series, where it means something.
    pub colour: Option<Colour>,
    /// Whether it is one of several cases, that need not all be there.
    pub is_a_case: bool,
}

/// Words over time, one line for each series.
#[derive(Clone, Debug)]
pub struct Timeline {
    /// What is asked; its values are codes of `words`.
    pub expr: String,
    /// The name of a line; `{{label}}` stands for the value of a label.
    pub legend: &'static str,
    /// What the numbers mean.
    pub words: Vec<Word>,
}

impl Lines {
    /// Lines beside each other.
    pub fn beside(unit: Unit, series: Vec<Series>) -> View {
        View::Lines(Self { unit, stacked: false, series })
    }

    /// Areas on top of each other.
    pub fn stacked(unit: Unit, series: Vec<Series>) -> View {
        View::Lines(Self { unit, stacked: true, series })
    }
}

impl Series {
    /// An expression whose colours mean nothing.
    pub fn plain(expr: impl Into<String>, legend: &'static str) -> Self {
        Self { expr: expr.into(), legend, colour: None, is_a_case: false }
    }

    /// An expression in one colour.
    pub fn coloured(expr: impl Into<String>, legend: &'static str, colour: Colour) -> Self {
        Self { expr: expr.into(), legend, colour: Some(colour), is_a_case: false }
    }

    /// One of several cases, in its colour.
    pub fn case(expr: impl Into<String>, legend: &'static str, colour: Colour) -> Self {
        Self { is_a_case: true, ..Self::coloured(expr, legend, colour) }
    }
}
