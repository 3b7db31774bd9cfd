//! The metrics themselves, in the order of the page.

use sortie_core::expect::Expectation;
use sortie_core::outcome::Outcome;
use sortie_core::relay::Usability;
use sortie_core::verdict::State;

use super::attributes::{
    CONFIG_HASH, CONFIG_STATE, CPU_MODE, ERROR_TYPE, EXPECTED_STATE, HOST_TYPE, LOSS_REASON, NETWORK_TYPE,
    PORT_STATE, PROBE_MODE, PROBE_OUTCOME, RELAY_NAME, RELAY_STATE, SERVER_ADDRESS, SERVER_PORT,
    SERVICE_VERSION, SIGNAL, SKIP_REASON, STORE_STATE, TARGET_ROLE,
};
use super::subscription::{OFFER, QUOTA_ID, SPENDING_LIMIT, SUBSCRIPTION_STATE, SUBSCRIPTION_TYPE};
use super::{Kind, Metric, Stability};
use crate::bounds::{FAMILIES, RELAYS};
use crate::facts::{ConfigState, Skip, StoreState};
use crate::process::CpuMode;
use crate::spool::{Loss, Signal};

/// Handshakes within a rack take a tenth of a millisecond, around the world a third of a second; a SYN that was lost
/// once adds a second, twice three. In seconds, as far as the default window of 7 s.
const HANDSHAKE_BUCKETS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];

/// The 16 gRPC codes that are failures, or as many HTTP statuses of a gateway and what stands before it, the other
/// reasons, and none.
const EXPORT_ENDINGS: usize = 24;

/// `sortie.probe.attempts`
pub const PROBE_ATTEMPTS: Metric = Metric {
    name: "sortie.probe.attempts",
    kind: Kind::Counter,
    unit: "{attempt}",
    stability: Stability::Stable,
    attributes: &[NETWORK_TYPE, SERVER_ADDRESS, SERVER_PORT, PROBE_OUTCOME, TARGET_ROLE],
    says: "Attempts to reach a destination, by what they met; the SYNs of one attempt count once.",
    limit: |bounds| bounds.destinations * FAMILIES * Outcome::ALL.len(),
};
/// `sortie.probe.handshake.duration`
pub const PROBE_HANDSHAKE_DURATION: Metric = Metric {
    name: "sortie.probe.handshake.duration",
    kind: Kind::Histogram(HANDSHAKE_BUCKETS),
    unit: "s",
    stability: Stability::Stable,
    attributes: &[NETWORK_TYPE, SERVER_ADDRESS, SERVER_PORT, TARGET_ROLE],
    says: "Time from a SYN to its SYN-ACK, of completed handshakes alone.",
    limit: |bounds| bounds.destinations * FAMILIES,
};
/// `sortie.port.status`
pub const PORT_STATUS: Metric = Metric {
    name: "sortie.port.status",
    kind: Kind::StateSet,
    unit: "{port}",
    stability: Stability::Stable,
    attributes: &[NETWORK_TYPE, SERVER_PORT, PORT_STATE],
    says: "Who stops outbound mail on this port: 1 for the state it is in, 0 for each that it left.",
    limit: |bounds| bounds.ports * FAMILIES * State::ALL.len(),
};
/// `sortie.port.state.changes`
pub const PORT_STATE_CHANGES: Metric = Metric {
    name: "sortie.port.state.changes",
    kind: Kind::Counter,
    unit: "{change}",
    stability: Stability::Stable,
    attributes: &[NETWORK_TYPE, SERVER_PORT],
    says: "Changes of the state of this port.",
    limit: |bounds| bounds.ports * FAMILIES,
};
/// `sortie.port.last_conclusive.time`
pub const PORT_LAST_CONCLUSIVE_TIME: Metric = Metric {
    name: "sortie.port.last_conclusive.time",
    kind: Kind::Gauge,
    unit: "s",
    stability: Stability::Stable,
    attributes: &[NETWORK_TYPE, SERVER_PORT],
    says: "Unix time of the latest round that could judge this port; stands still while none can.",
    limit: |bounds| bounds.ports * FAMILIES,
};
/// `sortie.expectation.status`
pub const EXPECTATION_STATUS: Metric = Metric {
    name: "sortie.expectation.status",
    kind: Kind::StateSet,
    unit: "{port}",
    stability: Stability::Stable,
    attributes: &[NETWORK_TYPE, SERVER_PORT, EXPECTED_STATE],
    says: "What this port is expected to be: 1 for the current expectation, 0 for each that it left.",
    limit: |bounds| bounds.ports * FAMILIES * Expectation::ALL.len(),
};
/// `sortie.relay.status`
pub const RELAY_STATUS: Metric = Metric {
    name: "sortie.relay.status",
    kind: Kind::StateSet,
    unit: "{relay}",
    stability: Stability::Stable,
    attributes: &[RELAY_NAME, RELAY_STATE],
    says: "Whether mail can be handed to this relay: 1 for how its latest conversation went, 0 for how earlier ones did.",
    limit: |_| RELAYS * Usability::ALL.len(),
};
/// `sortie.subscription.info`
pub const SUBSCRIPTION_INFO: Metric = Metric {
    name: "sortie.subscription.info",
    kind: Kind::Gauge,
    unit: "{subscription}",
    stability: Stability::Stable,
    attributes: &[OFFER, QUOTA_ID, SPENDING_LIMIT, SUBSCRIPTION_STATE, SUBSCRIPTION_TYPE],
    says: "The subscription that this machine is in, always 1; from an agent that asks Azure Resource Manager.",
    // The one that a change replaces is let go only after the new one was seen.
    limit: |_| 2,
};
/// `sortie.agent.info`
pub const AGENT_INFO: Metric = Metric {
    name: "sortie.agent.info",
    kind: Kind::Gauge,
    unit: "{agent}",
    stability: Stability::Stable,
    attributes: &[HOST_TYPE, SERVICE_VERSION, CONFIG_HASH, PROBE_MODE],
    says: "The agent itself, always 1.",
    // The one that a reload replaces is let go only after the new one was seen.
    limit: |_| 2,
};
/// `sortie.agent.config.status`
pub const AGENT_CONFIG_STATUS: Metric = Metric {
    name: "sortie.agent.config.status",
    kind: Kind::StateSet,
    unit: "{config}",
    stability: Stability::Stable,
    attributes: &[CONFIG_STATE],
    says: "Whether the configuration file was accepted: 1 for how it is, 0 for how it was.",
    limit: |_| ConfigState::ALL.len(),
};
/// `sortie.agent.probe.skipped`
pub const AGENT_PROBE_SKIPPED: Metric = Metric {
    name: "sortie.agent.probe.skipped",
    kind: Kind::Counter,
    unit: "{round}",
    stability: Stability::Development,
    attributes: &[SKIP_REASON],
    says: "Rounds of probes that were not made or not believed.",
    limit: |_| Skip::ALL.len(),
};
/// `sortie.agent.exports`
pub const AGENT_EXPORTS: Metric = Metric {
    name: "sortie.agent.exports",
    kind: Kind::Counter,
    unit: "{export}",
    stability: Stability::Development,
    attributes: &[ERROR_TYPE, SIGNAL],
    says: "Exports over OTLP, by how they ended.",
    limit: |_| EXPORT_ENDINGS * Signal::ALL.len(),
};
/// `sortie.spool.usage`
pub const SPOOL_USAGE: Metric = Metric {
    name: "sortie.spool.usage",
    kind: Kind::Gauge,
    unit: "By",
    stability: Stability::Stable,
    attributes: &[SIGNAL],
    says: "What waits for the OTLP receiver.",
    limit: |_| Signal::ALL.len(),
};
/// `sortie.spool.limit`
pub const SPOOL_LIMIT: Metric = Metric {
    name: "sortie.spool.limit",
    kind: Kind::Gauge,
    unit: "By",
    stability: Stability::Stable,
    attributes: &[SIGNAL],
    says: "What may wait for the OTLP receiver; beyond it the oldest exports are dropped.",
    limit: |_| Signal::ALL.len(),
};
/// `sortie.spool.oldest.age`
pub const SPOOL_OLDEST_AGE: Metric = Metric {
    name: "sortie.spool.oldest.age",
    kind: Kind::Gauge,
    unit: "s",
    stability: Stability::Stable,
    attributes: &[SIGNAL],
    says: "How long the oldest export has waited for the OTLP receiver; 0 where none waits.",
    limit: |_| Signal::ALL.len(),
};
/// `sortie.spool.dropped`
pub const SPOOL_DROPPED: Metric = Metric {
    name: "sortie.spool.dropped",
    kind: Kind::Counter,
    unit: "{record}",
    stability: Stability::Stable,
    attributes: &[LOSS_REASON, SIGNAL],
    says: "Points of metrics and events that will never be delivered, those of earlier lives of the agent included.",
    limit: |_| Loss::ALL.len() * Signal::ALL.len(),
};
/// `sortie.store.status`
pub const STORE_STATUS: Metric = Metric {
    name: "sortie.store.status",
    kind: Kind::StateSet,
    unit: "{store}",
    stability: Stability::Stable,
    attributes: &[STORE_STATE],
    says: "Whether what is known survives the agent: 1 for how it is, 0 for how it was.",
    limit: |_| StoreState::ALL.len(),
};
/// `sortie.host.boot.time`
pub const HOST_BOOT_TIME: Metric = Metric {
    name: "sortie.host.boot.time",
    kind: Kind::Gauge,
    unit: "s",
    stability: Stability::Stable,
    attributes: &[],
    says: "Unix time at which this machine was booted: one that runs since before a moment has not been deallocated after it.",
    limit: |_| 1,
};
/// `process.uptime`
pub const PROCESS_UPTIME: Metric = Metric {
    name: "process.uptime",
    kind: Kind::Gauge,
    unit: "s",
    stability: Stability::Development,
    attributes: &[],
    says: "The time the process has been running.",
    limit: |_| 1,
};
/// `process.memory.usage`
pub const PROCESS_MEMORY_USAGE: Metric = Metric {
    name: "process.memory.usage",
    kind: Kind::UpDownCounter,
    unit: "By",
    stability: Stability::Development,
    attributes: &[],
    says: "The amount of physical memory in use.",
    limit: |_| 1,
};
/// `process.cpu.time`
pub const PROCESS_CPU_TIME: Metric = Metric {
    name: "process.cpu.time",
    kind: Kind::Counter,
    unit: "s",
    stability: Stability::Development,
    attributes: &[CPU_MODE],
    says: "Total CPU seconds broken down by different states.",
    limit: |_| CpuMode::ALL.len(),
};

/// Every metric, in the order of the page.
pub const REGISTRY: &[Metric] = &[
    PROBE_ATTEMPTS,
    PROBE_HANDSHAKE_DURATION,
    PORT_STATUS,
    PORT_STATE_CHANGES,
    PORT_LAST_CONCLUSIVE_TIME,
    EXPECTATION_STATUS,
    RELAY_STATUS,
    SUBSCRIPTION_INFO,
    AGENT_INFO,
    AGENT_CONFIG_STATUS,
    AGENT_PROBE_SKIPPED,
    AGENT_EXPORTS,
    SPOOL_USAGE,
    SPOOL_LIMIT,
    SPOOL_OLDEST_AGE,
    SPOOL_DROPPED,
    STORE_STATUS,
    HOST_BOOT_TIME,
    PROCESS_UPTIME,
    PROCESS_MEMORY_USAGE,
    PROCESS_CPU_TIME,
];
