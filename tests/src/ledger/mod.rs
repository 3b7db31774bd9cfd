//! What was told, counted record by record: the points of metrics by series and moment, the events by their uid.
//!
//! A ledger is filled from what was sent, from what a backend answers to a query, or from a file; two of them can be
//! held against each other. A point that is told twice with two values is an error wherever it happens.

use std::fmt::Write as _;

mod events;
mod points;
mod series;

pub use events::{Event, Events};
pub use points::Points;
pub use series::{Catalogue, Series};

/// How many differences are worth reading.
const SHOWN: usize = 12;

/// Says what is in only one of two places; empty when nothing is.
fn describe(missing: &[String], extra: &[String], here: &str, there: &str) -> String {
    let mut text = String::new();
    for (lines, what) in
        [(missing, format!("in {here} and not in {there}")), (extra, format!("in {there} and not in {here}"))]
    {
        if !lines.is_empty() {
            let shown = lines.iter().take(SHOWN).map(|line| format!("\n  {line}"));
            let _ = writeln!(text, "{} {what}:{}", lines.len(), shown.collect::<String>());
        }
    }
    text
}
