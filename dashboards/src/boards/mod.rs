//! Dashboards, as types, and the documents of Grafana and Perses that they become.
//!
//! ```text
//!   definitions/ (one board a file) ─▶ model ─┬─▶ grafana ─▶ dashboards/grafana/*.json
//!                                             ├─▶ perses  ─▶ dashboards/perses/*.json
//!                                             └─▶ asked   ─▶ what a test asks a live Prometheus
//! ```
//!
//! A board answers an operator's questions in the order in which they come: is anything wrong, where, since when, what
//! to do. What concerns the whole fleet is read from recorded series alone; a query over single VMs names their
//! subscription.

mod asked;
mod definitions;
mod grafana;
pub mod model;
mod palette;
mod perses;
mod states;
#[cfg(test)]
mod tests;

pub use asked::{Asked, Choice, Shape, Unset, choices, queries};
pub use definitions::all;

/// A rendered file: its path below `dashboards/`, and its text.
pub type Rendered = (String, String);

/// Every board as Grafana and Perses read it.
pub fn rendered() -> Vec<Rendered> {
    all()
        .iter()
        .flat_map(|board| {
            [
                (format!("grafana/{}.json", board.uid), text(&grafana::dashboard(board))),
                (format!("perses/{}.json", board.uid), text(&perses::dashboard(board))),
            ]
        })
        .collect()
}

/// Keys are sorted, so that a change of a board is a small difference of its file.
fn text(document: &serde_json::Value) -> String {
    format!("{document:#}\n")
}
