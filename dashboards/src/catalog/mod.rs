//! The names that an expression may use: metrics and labels of the registry, recorded series, and those of the programs
//! beside Sortie.
//!
//! [`check`] refuses what is no `PromQL`, a metric or a label that nobody writes, a value that is not on the closed list of
//! its label, a match over labels that one side does not have (labels that are missing on both sides count as equal, so
//! that everything would match everything), and the labels that only some backends make.
//!
//! Variables of a dashboard are none of `PromQL`: put an example in their place first.

mod foreign;
mod known;
mod labels;
mod read;
pub(crate) mod recorded;

use std::collections::BTreeSet;

pub use foreign::{FOREIGN, Foreign};
pub use labels::Refused;
use promql_parser::parser;
pub use recorded::{RECORDED, Recorded};

/// The resource attributes that a backend makes labels of every series of an agent, and nothing else
/// (`collector-config/prometheus.yaml`).
pub const PROMOTED: [&str; 4] = ["cloud_account_id", "cloud_region", "host_id", "host_name"];

/// Whether every name in this expression is known.
pub fn check(expression: &str) -> Result<(), Refused> {
    labels_of(expression).map(drop)
}

/// The labels that the result of this expression has, when it is a vector; none where it is a number.
pub fn labels_of(expression: &str) -> Result<BTreeSet<String>, Refused> {
    let parsed = parser::parse(expression).map_err(Refused::NotPromql)?;
    labels::infer(&parsed).map(Option::unwrap_or_default)
}

/// The names of the series that this expression reads.
pub fn series_of(expression: &str) -> Result<BTreeSet<String>, Refused> {
    check(expression)?;
    parser::parse(expression).map(|parsed| read::series(&parsed)).map_err(Refused::NotPromql)
}

#[cfg(test)]
mod tests;
