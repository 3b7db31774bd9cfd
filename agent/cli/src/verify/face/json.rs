//! The schema `sortie.verification/1`.

use serde::Serialize;
use sortie_core::report::Report;

use super::{Outcome, Subject};
use crate::render::plain;
use crate::verify::fleet::Fleet;

const SCHEMA: &str = "sortie.verification/1";

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    result: &'static str,
    reason: &'static str,
    /// RFC 3339; null where nobody said when the exemption was granted.
    since: Option<&'a str>,
    /// Seconds.
    waited: u64,
    summary: &'a str,
    report: Option<&'a Report>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fleet: Option<&'a Fleet>,
}

/// Pretty-printed, with a line break at the end.
pub(in crate::verify) fn json(outcome: &Outcome) -> serde_json::Result<String> {
    let (report, fleet) = match &outcome.subject {
        Subject::Machine(report) => (Some(&**report), None),
        Subject::Fleet(fleet) => (None, Some(fleet)),
    };
    let document = Document {
        schema: SCHEMA,
        result: outcome.conclusion.ending.code(),
        reason: outcome.conclusion.reason.code(),
        since: outcome.since.as_deref(),
        waited: outcome.waited.as_secs(),
        summary: &outcome.summary,
        report,
        fleet,
    };
    serde_json::to_string_pretty(&document).map(|json| plain(json) + "\n")
}
