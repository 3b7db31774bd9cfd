//! What tells series apart; some of it is on events too.
//!
//! The words of a closed list are those of the type that has them, so that a list cannot lag behind its enum.

use sortie_core::expect::Expectation;
use sortie_core::observation::EngineKind;
use sortie_core::outcome::Outcome;
use sortie_core::relay::Usability;
use sortie_core::target::{Family, Role};
use sortie_core::verdict::State;

use super::{Attribute, Holds, Presence};
use crate::facts::{ConfigState, Skip, StoreState};
use crate::process::CpuMode;
use crate::spool::{Loss, Signal};

/// `server.address`
pub const SERVER_ADDRESS: Attribute = Attribute {
    key: "server.address",
    holds: Holds::Text(&["gmail-smtp-in.l.google.com", "mx:example.com", "192.0.2.25"]),
    presence: Presence::Always,
    says: "The host as it is configured: a name, `mx:` and a domain, or a literal; never an address that a name gave.",
};
/// `server.port`
pub const SERVER_PORT: Attribute = Attribute {
    key: "server.port",
    holds: Holds::Integer(&[25, 587]),
    presence: Presence::Always,
    says: "The TCP port.",
};
/// `network.type`
pub const NETWORK_TYPE: Attribute = Attribute {
    key: "network.type",
    holds: Holds::Word(|| Family::ALL.map(Family::code).to_vec()),
    presence: Presence::Always,
    says: "The IP family.",
};
/// `sortie.target.role`
pub const TARGET_ROLE: Attribute = Attribute {
    key: "sortie.target.role",
    holds: Holds::Word(|| Role::ALL.map(Role::code).to_vec()),
    presence: Presence::Always,
    says: "Why it is probed: the port under test, one that is known to accept from anywhere, or another port beside it.",
};
/// `sortie.probe.outcome`
pub const PROBE_OUTCOME: Attribute = Attribute {
    key: "sortie.probe.outcome",
    holds: Holds::Word(|| Outcome::ALL.map(Outcome::code).to_vec()),
    presence: Presence::Always,
    says: "What the attempt met.",
};
/// `sortie.probe.mode`
pub const PROBE_MODE: Attribute = Attribute {
    key: "sortie.probe.mode",
    holds: Holds::Word(|| EngineKind::ALL.map(EngineKind::code).to_vec()),
    presence: Presence::Always,
    says: "The engine in use.",
};
/// `sortie.port.state`
pub const PORT_STATE: Attribute = Attribute {
    key: "sortie.port.state",
    holds: Holds::Word(|| State::ALL.map(State::code).to_vec()),
    presence: Presence::Always,
    says: "Who stops the mail, or that nobody does.",
};
/// `sortie.expected.state`
pub const EXPECTED_STATE: Attribute = Attribute {
    key: "sortie.expected.state",
    holds: Holds::Word(|| Expectation::ALL.map(Expectation::code).to_vec()),
    presence: Presence::Always,
    says: "What the port should be; `any` is never violated.",
};
/// `sortie.relay.name`
pub const RELAY_NAME: Attribute = Attribute {
    key: "sortie.relay.name",
    holds: Holds::Text(&["acs", "own"]),
    presence: Presence::Always,
    says: "The relay as it is called in the configuration.",
};
/// `sortie.relay.state`
pub const RELAY_STATE: Attribute = Attribute {
    key: "sortie.relay.state",
    holds: Holds::Word(|| Usability::ALL.map(Usability::code).to_vec()),
    presence: Presence::Always,
    says: "Whether mail can be handed over: nothing is in the way, something is not as it should be, or no careful client does it.",
};
/// `sortie.config.state`
pub const CONFIG_STATE: Attribute = Attribute {
    key: "sortie.config.state",
    holds: Holds::Word(|| ConfigState::ALL.map(ConfigState::code).to_vec()),
    presence: Presence::Always,
    says: "Whether the file was taken, or refused so that the last good one is kept.",
};
/// `sortie.config.hash`
pub const CONFIG_HASH: Attribute = Attribute {
    key: "sortie.config.hash",
    holds: Holds::Text(&["0123456789abcdef"]),
    presence: Presence::Always,
    says: "Tells one configuration from another.",
};
/// `service.version`
pub const SERVICE_VERSION: Attribute = Attribute {
    key: "service.version",
    holds: Holds::Text(&["0.1.0"]),
    presence: Presence::Always,
    says: "The version of the program.",
};
/// `host.type`
pub const HOST_TYPE: Attribute = Attribute {
    key: "host.type",
    holds: Holds::Text(&["Standard_B1s"]),
    presence: Presence::Where("the cloud told it"),
    says: "The size of the virtual machine.",
};
/// `reason`, of a round
pub const SKIP_REASON: Attribute = Attribute {
    key: "reason",
    holds: Holds::Word(|| Skip::ALL.map(Skip::code).to_vec()),
    presence: Presence::Always,
    says: "Why: the machine stood still, so that the clock says nothing about the network.",
};
/// `reason`, of a loss
pub const LOSS_REASON: Attribute = Attribute {
    key: "reason",
    holds: Holds::Word(|| Loss::ALL.map(Loss::code).to_vec()),
    presence: Presence::Always,
    says: "Why: refused for good by the receiver, older than `otlp.max_age`, more than `otlp.max_bytes`, damaged on the disk, or more than memory has room for while the disk fails.",
};
/// `sortie.signal`
pub const SIGNAL: Attribute = Attribute {
    key: "sortie.signal",
    holds: Holds::Word(|| Signal::ALL.map(Signal::code).to_vec()),
    presence: Presence::Always,
    says: "What is exported: points of metrics, or events.",
};
/// `error.type`
pub const ERROR_TYPE: Attribute = Attribute {
    key: "error.type",
    holds: Holds::Text(&[
        "503",
        "UNAVAILABLE",
        "timeout",
        "connection",
        "points_rejected",
        "records_rejected",
        "headers",
        "_OTHER",
    ]),
    presence: Presence::Where("the export was not taken"),
    says: "The HTTP status or the gRPC code, or what happened instead of one.",
};
/// `sortie.store.state`
pub const STORE_STATE: Attribute = Attribute {
    key: "sortie.store.state",
    holds: Holds::Word(|| StoreState::ALL.map(StoreState::code).to_vec()),
    presence: Presence::Always,
    says: "Whether what is known survives the agent, or lives in memory alone because the disk refuses it.",
};
/// `cpu.mode`
pub const CPU_MODE: Attribute = Attribute {
    key: "cpu.mode",
    holds: Holds::Word(|| CpuMode::ALL.map(CpuMode::code).to_vec()),
    presence: Presence::Always,
    says: "Whether the time was spent in the program or in the kernel on its behalf.",
};
/// `otel.metric.overflow`
pub const OVERFLOW: Attribute = Attribute {
    key: "otel.metric.overflow",
    holds: Holds::Yes,
    presence: Presence::Where("a metric has more series than its limit"),
    says: "Stands in place of all other attributes on the one series that holds the rest.",
};
