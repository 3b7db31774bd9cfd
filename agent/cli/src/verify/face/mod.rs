//! The faces of a verification. Pure functions; what came from outside is made printable here.

mod json;
mod junit;
mod table;

use std::time::Duration;

use sortie_core::report::Report;

pub(super) use self::json::json;
pub(super) use self::junit::{Case, junit};
pub(super) use self::table::table;
use super::conclusion::Conclusion;
use super::fleet::Fleet;

/// Everything that there is to show.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) conclusion: Conclusion,
    /// When the exemption was granted, RFC 3339.
    pub(super) since: Option<String>,
    pub(super) waited: Duration,
    /// One sentence.
    pub(super) summary: String,
    pub(super) subject: Subject,
}

/// Who was verified.
#[derive(Debug)]
pub(super) enum Subject {
    /// This machine, as its last report has it.
    Machine(Box<Report>),
    /// A subscription, as its agents report.
    Fleet(Fleet),
}
