//! `sortie report --ticket`: the evidence pack for a support case, in Markdown or as JSON (`sortie.ticket/1`).
//!
//! ```text
//!   report ──┐                  ┌─ markdown
//!   history ─┼─▶ [redact] ─▶ pack ─▶ Ticket ─┤
//!   machine ─┘                  └─ JSON
//! ```
//!
//! Everything here is pure but for [`Machine::look`]. Nothing is judged anew: a ticket says what the report says, in the
//! order in which a support engineer asks, and what it does not show it calls not ruled out. What is redacted is
//! redacted before anything is made of it, so that a sentence, a command and the raw report agree.

mod commands;
mod document;
mod identity;
mod lead;
mod markdown;
mod moment;
mod pack;
mod probes;
mod problem;
mod recourse;
mod redact;
mod rulings;
mod sources;
#[cfg(test)]
mod tests;
mod timeline;

use crate::render;

pub(crate) use self::commands::sh;
pub(crate) use self::markdown::markdown;
pub(crate) use self::pack::pack;
pub(crate) use self::redact::redacted;
pub(crate) use self::sources::{Machine, Past, Sources};

/// The ticket as JSON, fit for a terminal, with a line break at the end.
pub(crate) fn json(ticket: &document::Ticket) -> serde_json::Result<String> {
    serde_json::to_string_pretty(ticket).map(|json| render::plain(json) + "\n")
}
