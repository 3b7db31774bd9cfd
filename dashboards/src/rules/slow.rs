//! Numbers that need every series of every machine over some time: they are recorded every five minutes.

use super::{Record, Rule};
use crate::catalog::recorded::{AGENTS, AGENTS_SEEN, AGENTS_STALLED, FAILURES, HANDSHAKE};

/// Conversations are rare, so that most attempts that succeed are `established`.
const ARRIVED: &str = "established|greeted";
/// In seconds: thirty rounds of the default interval.
const STALLED: u32 = 1_800;

pub(super) fn recorded() -> Vec<Rule> {
    let record = |name, expr: String, says| Rule::Record(Record { name, expr, says });
    vec![
        record(
            AGENTS_SEEN,
            "count by (cloud_account_id) (\n  \
               group by (cloud_account_id, host_id) (last_over_time(sortie_agent_info[6h]))\n\
             )"
            .to_owned(),
            "agents that reported within six hours, those that were replaced included",
        ),
        record(
            AGENTS_STALLED,
            format!(
                "count by (cloud_account_id) (\n  \
                   group by (cloud_account_id, host_id) (\n    \
                     time() - sortie_port_last_conclusive_time_seconds > {STALLED}\n    \
                     unless on (host_id, server_port, network_type)\n    \
                     sortie_port_status{{sortie_port_state=~\"no_egress|inconclusive\"}} == 1\n  \
                   )\n\
                 )\n\
                 or\n\
                 0 * {AGENTS}"
            ),
            "agents that report, could judge, and have not for half an hour",
        ),
        record(
            FAILURES,
            format!(
                "(\n  \
                   sum by (server_address, server_port, network_type) (\n    \
                     rate(sortie_probe_attempts_total{{sortie_target_role=~\"subject|anchor\",sortie_probe_outcome!~\"{ARRIVED}\"}}[10m])\n  \
                   )\n  \
                   or\n  \
                   0 * sum by (server_address, server_port, network_type) (\n    \
                     rate(sortie_probe_attempts_total{{sortie_target_role=~\"subject|anchor\"}}[10m])\n  \
                   )\n\
                 )\n\
                 /\n\
                 (\n  \
                   sum by (server_address, server_port, network_type) (\n    \
                     rate(sortie_probe_attempts_total{{sortie_target_role=~\"subject|anchor\"}}[10m])\n  \
                   ) > 0\n\
                 )"
            ),
            "share of attempts to reach this destination that failed, of the port under test",
        ),
        record(
            HANDSHAKE,
            "sum by (cloud_region, server_port, network_type) (\n  \
               rate(sortie_probe_handshake_duration_seconds_sum{sortie_target_role=~\"subject|anchor\"}[10m])\n\
             )\n\
             /\n\
             (\n  \
               sum by (cloud_region, server_port, network_type) (\n    \
                 rate(sortie_probe_handshake_duration_seconds_count{sortie_target_role=~\"subject|anchor\"}[10m])\n  \
               ) > 0\n\
             )"
            .to_owned(),
            "mean time of a handshake; a percentile would read six times as many series",
        ),
    ]
}
