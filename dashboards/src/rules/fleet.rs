//! The numbers that alerts and the fleet's boards are made of: machines by state, subscription, port and IP family.
//!
//! A state counts where it is 1: a state that a machine has left is 0 and goes on. A share is absent where nobody could
//! judge, for "not measured" is not "fine".

use super::{BY_PORT, Record, Rule, block};
use crate::catalog::recorded::{
    AGENTS, BLOCKED_RATIO, BLOCKED_UNEXPECTEDLY, CONCLUSIVE, EXPECTED, NEWLY_BLOCKED, NO_EGRESS_RATIO,
    OPEN_UNEXPECTEDLY, REGION_AGENTS, REGION_STATES, RELAY_UNUSABLE_RATIO, STATES, STOPPED_RATIO,
    WITH_EGRESS,
};

/// Nothing is said about mail where nothing leaves, or the evidence is not enough.
const NOT_JUDGED: &str = "no_egress|inconclusive";
/// Who may stand in the way of mail.
const STOPPED: &str = "platform_blocked|path_blocked|locally_blocked";

pub(super) fn recorded() -> Vec<Rule> {
    [of_subscriptions(), of_regions()].concat()
}

fn of_subscriptions() -> Vec<Rule> {
    vec![
        record(
            REGION_STATES,
            "count by (cloud_account_id, cloud_region, server_port, network_type, sortie_port_state) (\n  \
             sortie_port_status == 1\n)"
                .to_owned(),
            "VMs in this state, by region",
        ),
        record(
            STATES,
            format!(
                "sum by (cloud_account_id, server_port, network_type, sortie_port_state) (\n  {REGION_STATES}\n)"
            ),
            "VMs in this state",
        ),
        record(
            CONCLUSIVE,
            format!(
                "sum {BY_PORT} ({STATES}{{sortie_port_state!~\"{NOT_JUDGED}\"}})\n\
                 or\n\
                 0 * sum {BY_PORT} ({STATES})"
            ),
            "VMs whose state is neither `no_egress` nor `inconclusive`",
        ),
        record(
            BLOCKED_RATIO,
            share_of_conclusive("sortie_port_state=\"platform_blocked\""),
            "share of those that the platform stops",
        ),
        record(
            STOPPED_RATIO,
            share_of_conclusive(&format!("sortie_port_state=~\"{STOPPED}\"")),
            "share of those that the platform, the path or the machine itself stops",
        ),
        record(
            EXPECTED,
            "count by (cloud_account_id, server_port, network_type, sortie_expected_state) (\n  \
             sortie_expectation_status == 1\n)"
                .to_owned(),
            "VMs with this expectation",
        ),
        record(
            BLOCKED_UNEXPECTEDLY,
            against_expectation(&format!("sortie_port_state=~\"{STOPPED}\""), "open"),
            "VMs that are stopped and expected to be `open`",
        ),
        record(
            OPEN_UNEXPECTEDLY,
            against_expectation("sortie_port_state=\"open\"", "blocked"),
            "VMs that are open and expected to be `blocked`",
        ),
        record(
            REGION_AGENTS,
            "count by (cloud_account_id, cloud_region) (\n  \
             group by (cloud_account_id, cloud_region, host_id) (sortie_agent_info)\n)"
                .to_owned(),
            "agents that report, by region",
        ),
        record(
            AGENTS,
            "count by (cloud_account_id) (\n  group by (cloud_account_id, host_id) (sortie_agent_info)\n)"
                .to_owned(),
            "agents that report",
        ),
        record(
            RELAY_UNUSABLE_RATIO,
            "(\n  \
               count by (cloud_account_id, sortie_relay_name) (\n    \
                 sortie_relay_status{sortie_relay_state=\"unusable\"} == 1\n  \
               )\n  \
               or\n  \
               0 * count by (cloud_account_id, sortie_relay_name) (sortie_relay_status == 1)\n\
             )\n\
             /\n\
             count by (cloud_account_id, sortie_relay_name) (sortie_relay_status == 1)"
                .to_owned(),
            "share of VMs that cannot hand mail to this relay",
        ),
        record(
            NEWLY_BLOCKED,
            block::newly_blocked(),
            "the share that the platform stops, only while `SortieSubscriptionPortBlocked` holds",
        ),
    ]
}

fn of_regions() -> Vec<Rule> {
    vec![
        record(
            NO_EGRESS_RATIO,
            format!(
                "(\n  \
                   sum by (cloud_account_id, cloud_region, server_port, network_type) (\n    \
                     {REGION_STATES}{{sortie_port_state=\"no_egress\"}}\n  \
                   )\n  \
                   or\n  \
                   0 * sum by (cloud_account_id, cloud_region, server_port, network_type) ({REGION_STATES})\n\
                 )\n\
                 /\n\
                 sum by (cloud_account_id, cloud_region, server_port, network_type) ({REGION_STATES})"
            ),
            "share of VMs that nothing leaves",
        ),
        record(
            WITH_EGRESS,
            format!(
                "sum by (cloud_account_id, cloud_region, server_port, network_type) (\n  \
                   {REGION_STATES}{{sortie_port_state!=\"no_egress\"}}\n\
                 )"
            ),
            "VMs that have a way out",
        ),
    ]
}

fn record(name: &'static str, expr: String, says: &'static str) -> Rule {
    Rule::Record(Record { name, expr, says })
}

fn share_of_conclusive(state: &str) -> String {
    format!(
        "(\n  \
           sum {BY_PORT} ({STATES}{{{state}}})\n  \
           or\n  \
           0 * {CONCLUSIVE}\n\
         )\n\
         /\n\
         ({CONCLUSIVE} > 0)"
    )
}

fn against_expectation(state: &str, expected: &str) -> String {
    format!(
        "count {BY_PORT} (\n  \
           sortie_port_status{{{state}}} == 1\n  \
           and on (host_id, server_port, network_type)\n  \
           sortie_expectation_status{{sortie_expected_state=\"{expected}\"}} == 1\n\
         )\n\
         or\n\
         0 * sum {BY_PORT} ({EXPECTED})"
    )
}
