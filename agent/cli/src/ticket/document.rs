//! The schema `sortie.ticket/1`: plain data in the order in which a support engineer reads it.
//!
//! A field may be added without a new schema. What came from outside is in here as it came: a face makes it printable.

use serde::Serialize;
use sortie_core::report::{NextStep, Report, Word};
use sortie_core::target::{Family, Port, Role};

/// The schema that [`Ticket`] follows.
pub(crate) const SCHEMA: &str = "sortie.ticket/1";

/// The evidence pack for a support case.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Ticket {
    /// [`SCHEMA`].
    pub(crate) schema: &'static str,
    /// RFC 3339, UTC.
    pub(crate) made_at: String,
    /// `sortie 0.1.0`
    pub(crate) made_by: String,
    /// Whether placeholders stand for what identifies machine and account.
    pub(crate) redacted: bool,
    /// One line that names nobody who was not shown to be the cause.
    pub(crate) title: String,
    /// What was measured, and what is not claimed.
    pub(crate) problem: Problem,
    /// Whom to ask, and where; `null` where it is not for the provider.
    pub(crate) recourse: Option<Recourse>,
    /// Which machine, as far as it is known.
    pub(crate) identity: Vec<Fact>,
    /// What happened, oldest first.
    pub(crate) timeline: Timeline,
    /// What the destinations on the ports under test answered.
    pub(crate) evidence: Vec<Probe>,
    /// What answered beside them, or did not.
    pub(crate) controls: Vec<Probe>,
    /// The usual suspects, one by one.
    pub(crate) rulings: Vec<Ruling>,
    /// What the provider's control plane says of the way out.
    pub(crate) control_plane: Vec<Fact>,
    /// What to do, each step once.
    pub(crate) next_steps: Vec<NextStep>,
    /// How anybody sees the same with ordinary tools.
    pub(crate) commands: Vec<Command>,
    /// Everything that was reported.
    pub(crate) report: Report,
}

/// The problem in sentences.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Problem {
    /// What was measured, since when, from where, on which ports.
    pub(crate) measured: Vec<String>,
    /// What nobody may read into it.
    pub(crate) not_claimed: Vec<String>,
}

/// Where the provider takes such a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Recourse {
    /// `Microsoft Azure`; `null` where no cloud was recognised.
    pub(crate) provider: Option<&'static str>,
    /// The words of the provider's portal, where they are known.
    pub(crate) category: Option<&'static str>,
    /// What the provider documents, and for whom.
    pub(crate) text: String,
    /// In order.
    pub(crate) steps: Vec<&'static str>,
    /// Where it is documented.
    pub(crate) url: Option<&'static str>,
}

/// Something that is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Fact {
    /// In one word, `resource_id`.
    pub(crate) name: &'static str,
    /// As it was told.
    pub(crate) value: String,
}

/// What is remembered, bounded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Timeline {
    /// Oldest first.
    pub(crate) entries: Vec<Entry>,
    /// Older entries that are left out.
    pub(crate) omitted: usize,
    /// What is missing, one sentence each.
    pub(crate) notes: Vec<String>,
}

/// One line of the timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Entry {
    /// RFC 3339, UTC.
    pub(crate) at: String,
    /// `begins`, `change`, `gap` or `report`.
    pub(crate) what: &'static str,
    /// RFC 3339, UTC: the end of a gap.
    pub(crate) until: Option<String>,
    /// Whose state changed.
    pub(crate) port: Option<Port>,
    /// In which family.
    pub(crate) family: Option<Family>,
    /// One sentence.
    pub(crate) text: String,
}

/// One destination as it was last seen.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Probe {
    /// Who runs it; `null` for a global control.
    pub(crate) operator: Option<String>,
    /// Why it was asked.
    pub(crate) role: Role,
    /// As configured, `host:port`.
    pub(crate) address: String,
    /// The address that was probed, where it is known.
    pub(crate) peer: Option<String>,
    /// The probed port.
    pub(crate) port: Port,
    /// The IP family.
    pub(crate) family: Family,
    /// Closed vocabulary.
    pub(crate) outcome: Word,
    /// Why the name gave no address.
    pub(crate) dns: Option<Word>,
    /// What the SYNs drew, `3 × silent`; `null` where the packets were not kept.
    pub(crate) syns: Option<String>,
    /// First line of the greeting.
    pub(crate) greeting: Option<String>,
    /// Milliseconds to the answer, or to the end of the window.
    pub(crate) ms: Option<f64>,
    /// RFC 3339, UTC, where it was not in the round of the report.
    pub(crate) at: Option<String>,
}

/// One suspect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Ruling {
    /// `this machine's own firewall`
    pub(crate) cause: &'static str,
    /// What became of it.
    pub(crate) standing: Standing,
    /// What shows it, or what is missing.
    pub(crate) how: String,
}

/// What became of a suspect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Standing {
    /// The report shows it.
    Found,
    /// The report shows that it is not the cause.
    RuledOut,
    /// The report does not show that it is not.
    NotRuledOut,
}

/// Something to type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Command {
    /// Where.
    pub(crate) shell: Shell,
    /// What it shows.
    pub(crate) purpose: &'static str,
    /// To be copied as it is.
    pub(crate) line: String,
}

/// Where a command is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Shell {
    /// A shell on the machine.
    Sh,
    /// `PowerShell` on a Windows machine beside it.
    Powershell,
    /// A shell anywhere that is logged in to Azure.
    Azure,
}
