//! The events themselves. Each name has one structure: what is on one record of a name is on every other, but for what
//! is marked as conditional.

use super::attributes::{
    CONFIG_HASH, CONFIG_STATE, EXPECTED_STATE, LOSS_REASON, NETWORK_TYPE, PORT_STATE, PROBE_MODE, RELAY_NAME,
    SERVER_PORT, SIGNAL,
};
use super::event_attributes::{
    AGENT_RESUMED, ALERT_FINGERPRINT, ALERT_NAME, ALERT_SEVERITY, BLOCK_ATTRIBUTION, BLOCK_SIGNATURE,
    CLOCK_STEP, CONFIG_HASH_PREVIOUS, EVIDENCE_TEXT, EVIDENCE_WEIGHT, EXEMPTION_REASON, PORT_STATE_PREVIOUS,
    PORT_STATE_SINCE, RECORD_COUNT, RECORD_UID, STOP_REASON, VERDICT_CONFIDENCE, VERDICT_RULE,
};
use super::subscription::{
    ACCOUNT_ID_NOW, ACCOUNT_ID_PREVIOUS, AGREEMENT_TYPE, AGREEMENT_TYPE_PREVIOUS, QUOTA_ID,
    QUOTA_ID_PREVIOUS, SPENDING_LIMIT, SPENDING_LIMIT_PREVIOUS, SUBSCRIPTION_STATE,
    SUBSCRIPTION_STATE_PREVIOUS, SUBSCRIPTION_TYPE, SUBSCRIPTION_TYPE_PREVIOUS,
};
use super::{Attribute, EventKind, Level, Stability};

/// Some alerts are about a relay, or about the machine as a whole.
const ABOUT_A_PORT: &str = "the alert is about a port";

/// `sortie.port.state_change`
pub const PORT_STATE_CHANGE: EventKind = EventKind {
    name: "sortie.port.state_change",
    levels: &[
        (Level::Warn, Some("mail is stopped or degraded from now on")),
        (Level::Info, Some("it passes, or nobody can tell")),
    ],
    stability: Stability::Stable,
    attributes: &[
        RECORD_UID,
        NETWORK_TYPE,
        SERVER_PORT,
        BLOCK_ATTRIBUTION,
        BLOCK_SIGNATURE,
        EVIDENCE_TEXT,
        EVIDENCE_WEIGHT,
        EXPECTED_STATE,
        PORT_STATE,
        PORT_STATE_PREVIOUS,
        VERDICT_CONFIDENCE,
        VERDICT_RULE,
    ],
    says: "Another state of a port is on show, or the first one, with all the evidence for it.",
};
/// `sortie.alert.raised`
pub const ALERT_RAISED: EventKind = EventKind {
    name: "sortie.alert.raised",
    levels: &[(Level::Error, Some("the alert is critical")), (Level::Warn, Some("it is a warning"))],
    stability: Stability::Stable,
    attributes: ALERT,
    says: "This machine raises an alert: what is wrong, and what to do next.",
};
/// `sortie.alert.cleared`
pub const ALERT_CLEARED: EventKind = EventKind {
    name: "sortie.alert.cleared",
    levels: &[(Level::Info, None)],
    stability: Stability::Stable,
    attributes: ALERT,
    says: "An alert is over.",
};
/// `sortie.subscription.type_change`
pub const SUBSCRIPTION_TYPE_CHANGE: EventKind = EventKind {
    name: "sortie.subscription.type_change",
    levels: &[(Level::Warn, None)],
    stability: Stability::Stable,
    attributes: &[
        AGREEMENT_TYPE,
        AGREEMENT_TYPE_PREVIOUS,
        QUOTA_ID,
        QUOTA_ID_PREVIOUS,
        SPENDING_LIMIT,
        SPENDING_LIMIT_PREVIOUS,
        SUBSCRIPTION_STATE,
        SUBSCRIPTION_STATE_PREVIOUS,
        ACCOUNT_ID_NOW,
        ACCOUNT_ID_PREVIOUS,
        RECORD_UID,
        SUBSCRIPTION_TYPE,
        SUBSCRIPTION_TYPE_PREVIOUS,
    ],
    says: "The subscription of this machine has another type, agreement, state or spending limit, or the machine is in another subscription.",
};
/// `sortie.exemption.verified`
pub const EXEMPTION_VERIFIED: EventKind = EventKind {
    name: "sortie.exemption.verified",
    levels: &[(Level::Info, None)],
    stability: Stability::Stable,
    attributes: EXEMPTION,
    says: "Mail that was stopped leaves, and has done so for long enough to rely on it.",
};
/// `sortie.exemption.regressed`
pub const EXEMPTION_REGRESSED: EventKind = EventKind {
    name: "sortie.exemption.regressed",
    levels: &[(Level::Error, None)],
    stability: Stability::Stable,
    attributes: EXEMPTION,
    says: "Mail left, and is stopped again.",
};
/// `sortie.agent.start`
pub const AGENT_START: EventKind = EventKind {
    name: "sortie.agent.start",
    levels: &[(Level::Info, None)],
    stability: Stability::Stable,
    attributes: &[RECORD_UID, AGENT_RESUMED, CONFIG_HASH, PROBE_MODE],
    says: "The agent begins to probe.",
};
/// `sortie.agent.stop`
pub const AGENT_STOP: EventKind = EventKind {
    name: "sortie.agent.stop",
    levels: &[(Level::Info, None)],
    stability: Stability::Stable,
    attributes: &[RECORD_UID, STOP_REASON],
    says: "The agent was told to end.",
};
/// `sortie.agent.config_change`
pub const AGENT_CONFIG_CHANGE: EventKind = EventKind {
    name: "sortie.agent.config_change",
    levels: &[(Level::Warn, Some("the file was refused")), (Level::Info, Some("it was taken"))],
    stability: Stability::Stable,
    attributes: &[RECORD_UID, CONFIG_HASH, CONFIG_HASH_PREVIOUS, CONFIG_STATE],
    says: "The configuration was read again, and taken or refused.",
};
/// `sortie.agent.clock_step`
pub const AGENT_CLOCK_STEP: EventKind = EventKind {
    name: "sortie.agent.clock_step",
    levels: &[(Level::Info, None)],
    stability: Stability::Stable,
    attributes: &[RECORD_UID, CLOCK_STEP],
    says: "The clock of this machine was set; moments before that are as it showed them then.",
};
/// `sortie.agent.data_dropped`
pub const AGENT_DATA_DROPPED: EventKind = EventKind {
    name: "sortie.agent.data_dropped",
    levels: &[(Level::Warn, None)],
    stability: Stability::Stable,
    attributes: &[RECORD_UID, LOSS_REASON, RECORD_COUNT, SIGNAL],
    says: "Points of metrics or events will never be delivered.",
};

/// Raised and cleared are told in the same words.
const ALERT: &[Attribute] = &[
    RECORD_UID,
    NETWORK_TYPE.only_where(ABOUT_A_PORT),
    SERVER_PORT.only_where(ABOUT_A_PORT),
    ALERT_FINGERPRINT,
    ALERT_NAME,
    ALERT_SEVERITY,
    EXPECTED_STATE.only_where(ABOUT_A_PORT),
    PORT_STATE.only_where(ABOUT_A_PORT),
    RELAY_NAME.only_where("the alert is about a relay"),
];

/// An exemption that took effect and one that did not last are told in the same words.
const EXEMPTION: &[Attribute] = &[
    RECORD_UID,
    NETWORK_TYPE,
    EXEMPTION_REASON,
    SERVER_PORT,
    EVIDENCE_TEXT,
    EVIDENCE_WEIGHT,
    EXPECTED_STATE,
    PORT_STATE,
    PORT_STATE_SINCE,
    VERDICT_CONFIDENCE,
    VERDICT_RULE,
];

/// Every event.
pub const EVENTS: &[EventKind] = &[
    PORT_STATE_CHANGE,
    ALERT_RAISED,
    ALERT_CLEARED,
    SUBSCRIPTION_TYPE_CHANGE,
    EXEMPTION_VERIFIED,
    EXEMPTION_REGRESSED,
    AGENT_START,
    AGENT_STOP,
    AGENT_CONFIG_CHANGE,
    AGENT_CLOCK_STEP,
    AGENT_DATA_DROPPED,
];
