//! The series that the recording rules make, which dashboards and alerts may use. A test of the rules holds that they
//! record exactly these, with these labels.

/// One recorded series.
#[derive(Clone, Copy, Debug)]
pub struct Recorded {
    /// `level:metric:operation`.
    pub name: &'static str,
    /// Sorted.
    pub labels: &'static [&'static str],
}

/// VMs in a state, by subscription, region, port and family.
pub(crate) const REGION_STATES: &str = "cloud_account_region_port_state:sortie_vms:count";
/// VMs in a state, by subscription, port and family.
pub(crate) const STATES: &str = "cloud_account_port_state:sortie_vms:count";
/// VMs that could judge.
pub(crate) const CONCLUSIVE: &str = "cloud_account_port:sortie_vms_conclusive:count";
/// Share of those that the platform stops.
pub(crate) const BLOCKED_RATIO: &str = "cloud_account_port:sortie_vms_blocked:ratio";
/// Share of those that the platform, the path or the machine stops.
pub(crate) const STOPPED_RATIO: &str = "cloud_account_port:sortie_vms_stopped:ratio";
/// The condition of the page about a block.
pub(crate) const NEWLY_BLOCKED: &str = "cloud_account_port:sortie_vms_newly_blocked:ratio";
/// VMs with an expectation.
pub(crate) const EXPECTED: &str = "cloud_account_port_expected:sortie_vms:count";
/// VMs that are stopped and should be open.
pub(crate) const BLOCKED_UNEXPECTEDLY: &str = "cloud_account_port:sortie_vms_blocked_unexpectedly:count";
/// VMs that are open and should be blocked.
pub(crate) const OPEN_UNEXPECTEDLY: &str = "cloud_account_port:sortie_vms_open_unexpectedly:count";
/// Share of VMs that nothing leaves.
pub(crate) const NO_EGRESS_RATIO: &str = "cloud_account_region_port:sortie_no_egress:ratio";
/// VMs that have a way out.
pub(crate) const WITH_EGRESS: &str = "cloud_account_region_port:sortie_vms_with_egress:count";
/// Agents that report, by region.
pub(crate) const REGION_AGENTS: &str = "cloud_account_region:sortie_agents:count";
/// Agents that report.
pub(crate) const AGENTS: &str = "cloud_account:sortie_agents:count";
/// Agents that reported within six hours.
pub(crate) const AGENTS_SEEN: &str = "cloud_account:sortie_agents_seen6h:count";
/// Agents that could judge and have not.
pub(crate) const AGENTS_STALLED: &str = "cloud_account:sortie_agents_stalled:count";
/// Share of VMs that cannot hand mail to a relay.
pub(crate) const RELAY_UNUSABLE_RATIO: &str = "cloud_account_relay:sortie_vms_unusable:ratio";
/// Mean time of a handshake.
pub(crate) const HANDSHAKE: &str = "cloud_region_port:sortie_handshake_seconds:mean10m";
/// Share of attempts to reach a destination that failed.
pub(crate) const FAILURES: &str = "server_address_port:sortie_probe_failures:ratio_rate10m";

const ACCOUNT: &[&str] = &["cloud_account_id"];
const ACCOUNT_REGION: &[&str] = &["cloud_account_id", "cloud_region"];
const ACCOUNT_PORT: &[&str] = &["cloud_account_id", "network_type", "server_port"];
const ACCOUNT_REGION_PORT: &[&str] = &["cloud_account_id", "cloud_region", "network_type", "server_port"];

const fn recorded(name: &'static str, labels: &'static [&'static str]) -> Recorded {
    Recorded { name, labels }
}

/// Every one of them.
pub const RECORDED: &[Recorded] = &[
    recorded(
        REGION_STATES,
        &["cloud_account_id", "cloud_region", "network_type", "server_port", "sortie_port_state"],
    ),
    recorded(STATES, &["cloud_account_id", "network_type", "server_port", "sortie_port_state"]),
    recorded(CONCLUSIVE, ACCOUNT_PORT),
    recorded(BLOCKED_RATIO, ACCOUNT_PORT),
    recorded(STOPPED_RATIO, ACCOUNT_PORT),
    recorded(NEWLY_BLOCKED, ACCOUNT_PORT),
    recorded(EXPECTED, &["cloud_account_id", "network_type", "server_port", "sortie_expected_state"]),
    recorded(BLOCKED_UNEXPECTEDLY, ACCOUNT_PORT),
    recorded(OPEN_UNEXPECTEDLY, ACCOUNT_PORT),
    recorded(NO_EGRESS_RATIO, ACCOUNT_REGION_PORT),
    recorded(WITH_EGRESS, ACCOUNT_REGION_PORT),
    recorded(REGION_AGENTS, ACCOUNT_REGION),
    recorded(AGENTS, ACCOUNT),
    recorded(AGENTS_SEEN, ACCOUNT),
    recorded(AGENTS_STALLED, ACCOUNT),
    recorded(RELAY_UNUSABLE_RATIO, &["cloud_account_id", "sortie_relay_name"]),
    recorded(HANDSHAKE, &["cloud_region", "network_type", "server_port"]),
    recorded(FAILURES, &["network_type", "server_address", "server_port"]),
];
