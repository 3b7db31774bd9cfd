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
        "cloud_account_region_port_state:sortie_vms:count",
        &["cloud_account_id", "cloud_region", "network_type", "server_port", "sortie_port_state"],
    ),
    recorded(
        "cloud_account_port_state:sortie_vms:count",
        &["cloud_account_id", "network_type", "server_port", "sortie_port_state"],
    ),
    recorded("cloud_account_port:sortie_vms_conclusive:count", ACCOUNT_PORT),
    recorded("cloud_account_port:sortie_vms_blocked:ratio", ACCOUNT_PORT),
    recorded("cloud_account_port:sortie_vms_stopped:ratio", ACCOUNT_PORT),
    recorded("cloud_account_port:sortie_vms_newly_blocked:ratio", ACCOUNT_PORT),
    recorded(
        "cloud_account_port_expected:sortie_vms:count",
        &["cloud_account_id", "network_type", "server_port", "sortie_expected_state"],
    ),
    recorded("cloud_account_port:sortie_vms_blocked_unexpectedly:count", ACCOUNT_PORT),
    recorded("cloud_account_port:sortie_vms_open_unexpectedly:count", ACCOUNT_PORT),
    recorded("cloud_account_region_port:sortie_no_egress:ratio", ACCOUNT_REGION_PORT),
    recorded("cloud_account_region:sortie_agents:count", ACCOUNT_REGION),
    recorded("cloud_account:sortie_agents:count", ACCOUNT),
    recorded("cloud_account:sortie_agents_seen6h:count", ACCOUNT),
    recorded("cloud_account:sortie_agents_stalled:count", ACCOUNT),
    recorded("cloud_account_relay:sortie_vms_unusable:ratio", &["cloud_account_id", "sortie_relay_name"]),
    recorded(
        "cloud_region_port:sortie_handshake_seconds:mean10m",
        &["cloud_region", "network_type", "server_port"],
    ),
    recorded(
        "server_address_port:sortie_probe_failures:ratio_rate10m",
        &["network_type", "server_address", "server_port"],
    ),
];
