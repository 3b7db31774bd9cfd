//! A panel: what it tells, how large it is, and what it asks.

use super::{Series, View, WIDTH};

/// One panel.
#[derive(Clone, Debug)]
pub struct Panel {
    /// What it shows, in a few words.
    pub title: &'static str,
    /// What it tells, and where from.
    pub says: &'static str,
    /// What it means when there is nothing to show.
    pub empty: Empty,
    /// Columns of the grid.
    pub width: u32,
    /// Lines of the grid; one is 30 pixels in Grafana.
    pub height: u32,
    /// How it is shown.
    pub view: View,
}

/// What it means when a query has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Empty {
    /// Something is missing that must be there wherever agents report.
    Missing(&'static str),
    /// Nothing of the kind happened, or not everybody has it.
    Fine(&'static str),
}

/// One question of a panel.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// In `PromQL`, with variables.
    pub expr: String,
    /// The name of its series; `{{label}}` stands for the value of a label. Empty in tables.
    pub legend: String,
    /// Whether the latest value is all that is shown.
    pub instant: bool,
    /// Whether the panel is complete without an answer to it.
    pub is_a_case: bool,
}

impl Panel {
    /// A panel in the size that suits its view.
    pub fn new(title: &'static str, says: &'static str, empty: Empty, view: View) -> Self {
        let (width, height) = match &view {
            View::Stat(_) => (WIDTH / 6, 4),
            View::Lines(_) => (WIDTH / 2, 8),
            View::Timeline(_) | View::Table(_) => (WIDTH, 9),
            View::Words(_) => (WIDTH, 5),
        };
        Self { title, says, empty, width, height, view }
    }

    /// Another size.
    #[must_use]
    pub fn sized(self, width: u32, height: u32) -> Self {
        Self { width, height, ..self }
    }

    /// What it asks, in the order of [`View`].
    pub fn queries(&self) -> Vec<Query> {
        match &self.view {
            View::Stat(stat) => vec![Query::instant(&stat.expr)],
            View::Lines(lines) => {
                let query = |series: &Series| Query {
                    is_a_case: series.is_a_case,
                    ..Query::range(&series.expr, series.legend)
                };
                lines.series.iter().map(query).collect()
            }
            View::Timeline(timeline) => vec![Query::range(&timeline.expr, timeline.legend)],
            View::Table(table) => {
                table.columns.iter().map(|column| Query::instant(&table.asked(column))).collect()
            }
            View::Words(_) => Vec::new(),
        }
    }
}

impl Empty {
    /// The sentence.
    pub fn says(self) -> &'static str {
        match self {
            Self::Missing(says) | Self::Fine(says) => says,
        }
    }
}

impl Query {
    fn instant(expr: &str) -> Self {
        Self { expr: expr.to_owned(), legend: String::new(), instant: true, is_a_case: false }
    }

    fn range(expr: &str, legend: &str) -> Self {
        Self { expr: expr.to_owned(), legend: legend.to_owned(), instant: false, is_a_case: false }
    }
}
