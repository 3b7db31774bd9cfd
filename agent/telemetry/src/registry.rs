//! Every metric that Sortie exports, as data: instruments are made from it, documents and dashboards are checked
//! against it.
//!
//! Names follow the OpenTelemetry conventions: dots between namespaces, no unit and no `_total` in a name. A unit in
//! braces counts things; the unit `1` is for ratios alone, because Prometheus renames gauges that have it.

use sortie_core::outcome::Outcome;
use sortie_core::verdict::State;

use crate::bounds::{Bounds, FAMILIES};
use crate::facts::{ConfigState, EXPECTATIONS, Skip};
use crate::naming;

/// One metric.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// OpenTelemetry name.
    pub name: &'static str,
    /// Which instrument it is.
    pub kind: Kind,
    /// UCUM unit, or an annotation in braces.
    pub unit: &'static str,
    /// What tells its series apart.
    pub attributes: &'static [Attribute],
    /// One sentence: the help text, and the line in the reference.
    pub says: &'static str,
    /// Series at most; what goes beyond is one series with `otel.metric.overflow`.
    pub limit: fn(&Bounds) -> usize,
}

impl Metric {
    /// The name under which Prometheus knows it.
    pub fn prometheus_name(&self) -> String {
        naming::metric(self.name, self.unit, matches!(self.kind, Kind::Counter))
    }
}

/// The instrument of a metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Only ever rises.
    Counter,
    /// One for what holds, zero for what held earlier; nothing for what never did.
    StateSet,
    /// The latest value.
    Gauge,
    /// Distribution over buckets with these upper bounds, in the unit of the metric.
    Histogram(&'static [f64]),
}

/// An attribute of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// OpenTelemetry key.
    pub key: &'static str,
    /// One fragment: what it holds.
    pub says: &'static str,
}

impl Attribute {
    /// The name of the label by which Prometheus knows it.
    pub fn prometheus_label(&self) -> String {
        naming::label(self.key)
    }
}

/// `server.address`
pub const SERVER_ADDRESS: Attribute = Attribute {
    key: "server.address",
    says: "the host as it is configured: a name, `mx:` and a domain, or a literal; never an address that a name gave",
};
/// `server.port`
pub const SERVER_PORT: Attribute = Attribute { key: "server.port", says: "the TCP port, an integer" };
/// `network.type`
pub const NETWORK_TYPE: Attribute = Attribute { key: "network.type", says: "`ipv4` or `ipv6`" };
/// `sortie.target.role`
pub const TARGET_ROLE: Attribute =
    Attribute { key: "sortie.target.role", says: "why it is probed: `subject`, `anchor` or `control`" };
/// `sortie.probe.outcome`
pub const PROBE_OUTCOME: Attribute =
    Attribute { key: "sortie.probe.outcome", says: "what the attempt met, a word of the outcomes" };
/// `sortie.probe.mode`
pub const PROBE_MODE: Attribute =
    Attribute { key: "sortie.probe.mode", says: "the engine in use: `raw` or `connect`" };
/// `sortie.port.state`
pub const PORT_STATE: Attribute =
    Attribute { key: "sortie.port.state", says: "the state, a word of the states" };
/// `sortie.expected.state`
pub const EXPECTED_STATE: Attribute =
    Attribute { key: "sortie.expected.state", says: "`open`, `blocked` or `any`" };
/// `sortie.config.state`
pub const CONFIG_STATE: Attribute =
    Attribute { key: "sortie.config.state", says: "`accepted`, or `rejected` where an older one is kept" };
/// `sortie.config.hash`
pub const CONFIG_HASH: Attribute =
    Attribute { key: "sortie.config.hash", says: "tells one configuration from another" };
/// `service.version`
pub const SERVICE_VERSION: Attribute =
    Attribute { key: "service.version", says: "the version of the program" };
/// `host.type`
pub const HOST_TYPE: Attribute =
    Attribute { key: "host.type", says: "the size of the virtual machine, where the cloud told it" };
/// `reason`
pub const REASON: Attribute = Attribute {
    key: "reason",
    says: "why: `suspended` (the machine stood still, so the clock says nothing about the network)",
};
/// `error.type`
pub const ERROR_TYPE: Attribute = Attribute {
    key: "error.type",
    says: "absent for an export that was taken; else the HTTP status, `timeout`, `connection`, `points_rejected` or `_OTHER`",
};

/// Handshakes within a rack take a tenth of a millisecond, around the world a third of a second; a SYN that was lost
/// once adds a second, twice three. In seconds, as far as the default window of 7 s.
const HANDSHAKE_BUCKETS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];

/// HTTP statuses that a gateway and what stands before it are known to answer with, and the other reasons.
const EXPORT_ENDINGS: usize = 16;

/// `sortie.probe.attempts`
pub const PROBE_ATTEMPTS: Metric = Metric {
    name: "sortie.probe.attempts",
    kind: Kind::Counter,
    unit: "{attempt}",
    attributes: &[NETWORK_TYPE, SERVER_ADDRESS, SERVER_PORT, PROBE_OUTCOME, TARGET_ROLE],
    says: "Attempts to reach a destination, by what they met; the SYNs of one attempt count once.",
    limit: |bounds| bounds.destinations * FAMILIES * Outcome::ALL.len(),
};
/// `sortie.probe.handshake.duration`
pub const PROBE_HANDSHAKE_DURATION: Metric = Metric {
    name: "sortie.probe.handshake.duration",
    kind: Kind::Histogram(HANDSHAKE_BUCKETS),
    unit: "s",
    attributes: &[NETWORK_TYPE, SERVER_ADDRESS, SERVER_PORT, TARGET_ROLE],
    says: "Time from a SYN to its SYN-ACK, of completed handshakes alone.",
    limit: |bounds| bounds.destinations * FAMILIES,
};
/// `sortie.port.status`
pub const PORT_STATUS: Metric = Metric {
    name: "sortie.port.status",
    kind: Kind::StateSet,
    unit: "{port}",
    attributes: &[NETWORK_TYPE, SERVER_PORT, PORT_STATE],
    says: "Who stops outbound mail on this port: 1 for the state it is in, 0 for each that it left.",
    limit: |bounds| bounds.ports * FAMILIES * State::ALL.len(),
};
/// `sortie.port.state.changes`
pub const PORT_STATE_CHANGES: Metric = Metric {
    name: "sortie.port.state.changes",
    kind: Kind::Counter,
    unit: "{change}",
    attributes: &[NETWORK_TYPE, SERVER_PORT],
    says: "Changes of the state of this port.",
    limit: |bounds| bounds.ports * FAMILIES,
};
/// `sortie.port.last_conclusive.time`
pub const PORT_LAST_CONCLUSIVE_TIME: Metric = Metric {
    name: "sortie.port.last_conclusive.time",
    kind: Kind::Gauge,
    unit: "s",
    attributes: &[NETWORK_TYPE, SERVER_PORT],
    says: "Unix time of the latest round that could judge this port; stands still while none can.",
    limit: |bounds| bounds.ports * FAMILIES,
};
/// `sortie.expectation.status`
pub const EXPECTATION_STATUS: Metric = Metric {
    name: "sortie.expectation.status",
    kind: Kind::StateSet,
    unit: "{port}",
    attributes: &[NETWORK_TYPE, SERVER_PORT, EXPECTED_STATE],
    says: "What this port is expected to be: 1 for the current expectation, 0 for each that it left.",
    limit: |bounds| bounds.ports * FAMILIES * EXPECTATIONS,
};
/// `sortie.agent.info`
pub const AGENT_INFO: Metric = Metric {
    name: "sortie.agent.info",
    kind: Kind::Gauge,
    unit: "{agent}",
    attributes: &[HOST_TYPE, SERVICE_VERSION, CONFIG_HASH, PROBE_MODE],
    says: "The agent itself, always 1.",
    limit: |_| 1,
};
/// `sortie.agent.config.status`
pub const AGENT_CONFIG_STATUS: Metric = Metric {
    name: "sortie.agent.config.status",
    kind: Kind::StateSet,
    unit: "{config}",
    attributes: &[CONFIG_STATE],
    says: "Whether the configuration file was accepted: 1 for how it is, 0 for how it was.",
    limit: |_| ConfigState::ALL.len(),
};
/// `sortie.agent.probe.skipped`
pub const AGENT_PROBE_SKIPPED: Metric = Metric {
    name: "sortie.agent.probe.skipped",
    kind: Kind::Counter,
    unit: "{round}",
    attributes: &[REASON],
    says: "Rounds of probes that were not made or not believed.",
    limit: |_| Skip::ALL.len(),
};
/// `sortie.agent.exports`
pub const AGENT_EXPORTS: Metric = Metric {
    name: "sortie.agent.exports",
    kind: Kind::Counter,
    unit: "{export}",
    attributes: &[ERROR_TYPE],
    says: "Exports of metrics over OTLP, by how they ended.",
    limit: |_| EXPORT_ENDINGS,
};

/// Every metric, in the order of the page.
pub const REGISTRY: &[Metric] = &[
    PROBE_ATTEMPTS,
    PROBE_HANDSHAKE_DURATION,
    PORT_STATUS,
    PORT_STATE_CHANGES,
    PORT_LAST_CONCLUSIVE_TIME,
    EXPECTATION_STATUS,
    AGENT_INFO,
    AGENT_CONFIG_STATUS,
    AGENT_PROBE_SKIPPED,
    AGENT_EXPORTS,
];
