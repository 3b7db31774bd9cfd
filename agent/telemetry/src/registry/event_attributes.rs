//! What is on events alone: where nobody counts series, all the evidence has room.

use sortie_core::alert::{Cause, Severity};
use sortie_core::verdict::rules::ids;
use sortie_core::verdict::{Attribution, Signature, State};
use sortie_core::verification::Reason;

use super::{Attribute, Holds, Presence};

/// `log.record.uid`
pub const RECORD_UID: Attribute = Attribute {
    key: "log.record.uid",
    holds: Holds::Text(&["019ab6c5-3a00-7cc1-8f3e-2d1f0c9b8a77"]),
    presence: Presence::Always,
    says: "A UUID of version 7: two records with the same one are copies of one event.",
};
/// `sortie.port.state.previous`
pub const PORT_STATE_PREVIOUS: Attribute = Attribute {
    key: "sortie.port.state.previous",
    holds: Holds::Word(|| State::ALL.map(State::code).to_vec()),
    presence: Presence::Where("a state was on show before"),
    says: "The state that was on show until then.",
};
/// `sortie.port.state.since`
pub const PORT_STATE_SINCE: Attribute = Attribute {
    key: "sortie.port.state.since",
    holds: Holds::Text(&["2026-11-18T10:26:40.000Z"]),
    presence: Presence::Always,
    says: "When the state on show was first found, RFC 3339 in UTC.",
};
/// `reason`, of an exemption
pub const EXEMPTION_REASON: Attribute = Attribute {
    key: "reason",
    holds: Holds::Word(|| Reason::ALL.map(Reason::code).to_vec()),
    presence: Presence::Always,
    says: "Why the exemption counts as effective, or what stands in its way.",
};
/// `sortie.block.signature`
pub const BLOCK_SIGNATURE: Attribute = Attribute {
    key: "sortie.block.signature",
    holds: Holds::Word(|| Signature::ALL.map(Signature::code).to_vec()),
    presence: Presence::Where("there is a word for it"),
    says: "How the block shows on the wire, or why nothing leaves.",
};
/// `sortie.block.attribution`
pub const BLOCK_ATTRIBUTION: Attribute = Attribute {
    key: "sortie.block.attribution",
    holds: Holds::Word(|| Attribution::ALL.map(Attribution::code).to_vec()),
    presence: Presence::Where("the platform blocks"),
    says: "Whose block it is.",
};
/// `sortie.verdict.confidence`
pub const VERDICT_CONFIDENCE: Attribute = Attribute {
    key: "sortie.verdict.confidence",
    holds: Holds::Double(&[0.9997]),
    presence: Presence::Always,
    says: "How sure the verdict is, from 0 to 1.",
};
/// `sortie.verdict.rule`
pub const VERDICT_RULE: Attribute = Attribute {
    key: "sortie.verdict.rule",
    holds: Holds::Word(|| ids::ALL.to_vec()),
    presence: Presence::Always,
    says: "The rule that decided, as docs/verdict.md explains it.",
};
/// `sortie.evidence.text`
pub const EVIDENCE_TEXT: Attribute = Attribute {
    key: "sortie.evidence.text",
    holds: Holds::Texts("google: no answer in 2 rounds, control answered"),
    presence: Presence::Always,
    says: "The evidence, one sentence each, the heaviest first.",
};
/// `sortie.evidence.weight`
pub const EVIDENCE_WEIGHT: Attribute = Attribute {
    key: "sortie.evidence.weight",
    holds: Holds::Doubles(1.7),
    presence: Presence::Always,
    says: "What each sentence of `sortie.evidence.text` weighs, in the same order: log10 of the odds that it adds.",
};
/// `sortie.alert.name`
pub const ALERT_NAME: Attribute = Attribute {
    key: "sortie.alert.name",
    holds: Holds::Word(|| Cause::ALL.map(Cause::code).to_vec()),
    presence: Presence::Always,
    says: "What the alert is about.",
};
/// `sortie.alert.severity`
pub const ALERT_SEVERITY: Attribute = Attribute {
    key: "sortie.alert.severity",
    holds: Holds::Word(|| Severity::ALL.map(Severity::code).to_vec()),
    presence: Presence::Always,
    says: "How urgent the alert is: `critical` wakes somebody, `warning` waits for working hours.",
};
/// `sortie.alert.fingerprint`
pub const ALERT_FINGERPRINT: Attribute = Attribute {
    key: "sortie.alert.fingerprint",
    holds: Holds::Text(&["9f86d081884c7d65"]),
    presence: Presence::Always,
    says: "The same where an alert is raised and where it is cleared, another one for each other alert.",
};
/// `sortie.config.hash.previous`
pub const CONFIG_HASH_PREVIOUS: Attribute = Attribute {
    key: "sortie.config.hash.previous",
    holds: Holds::Text(&["fedcba9876543210"]),
    presence: Presence::Always,
    says: "The configuration that was in use until then; the same as now where the file was refused.",
};
/// `sortie.agent.resumed`
pub const AGENT_RESUMED: Attribute = Attribute {
    key: "sortie.agent.resumed",
    holds: Holds::Boolean,
    presence: Presence::Always,
    says: "Whether the agent goes on from what an earlier life of it had on show.",
};
/// `sortie.clock.step`
pub const CLOCK_STEP: Attribute = Attribute {
    key: "sortie.clock.step",
    holds: Holds::Double(&[3600.0, -0.75]),
    presence: Presence::Always,
    says: "By how many seconds the clock was set; below zero where it was set back.",
};
/// `sortie.record.count`
pub const RECORD_COUNT: Attribute = Attribute {
    key: "sortie.record.count",
    holds: Holds::Integer(&[47]),
    presence: Presence::Always,
    says: "How many points or events.",
};
/// `reason`, of an end
pub const STOP_REASON: Attribute = Attribute {
    key: "reason",
    holds: Holds::Text(&["SIGTERM", "SIGINT"]),
    presence: Presence::Always,
    says: "The signal that ended the agent.",
};
