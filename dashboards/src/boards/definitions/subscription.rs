//! One subscription: what it is, which of its VMs are concerned, and how far an exemption has come.

use super::common::{
    ALERT, FAMILY, NOBODY_CAN_TELL, NOT_RECORDED, NOT_REPORTED, OF_SUBSCRIPTION as HERE, PORT, SUBSCRIPTION,
    VM, advice, list, stat, vms, vms_by_state,
};
use crate::boards::model::{
    Annotation, Board, Column, Empty, Key, Lines, Panel, Row, Series, Steps, Table, Timeline, Unit, View,
};
use crate::boards::palette::{BAD, CALM, DIM, GOOD, WARN};
use crate::boards::states::{self, HINDERED, STOPPED, UNDECIDED};

/// VMs in a table or a timeline: more lines are not read by anybody.
const VMS: u32 = 100;

pub(super) fn board() -> Board {
    Board {
        uid: "sortie-subscription",
        title: "Subscription",
        says: "One subscription: what is expected of it, which of its VMs cannot send, and how far an exemption has come.",
        hours: 24,
        variables: vec![SUBSCRIPTION, PORT, FAMILY],
        annotations: vec![
            Annotation {
                title: "Type changed",
                expr: r#"count by (cloud_account_id) (count by (cloud_account_id, sortie_subscription_type) (last_over_time(sortie_subscription_info{cloud_account_id="$subscription"}[10m]))) > 1"#,
                text: "The subscription has another type",
            },
            Annotation {
                title: "States changed",
                expr: r#"sum by (server_port, network_type) (increase(sortie_port_state_changes_total{cloud_account_id="$subscription", server_port="$port", network_type="$family"}[5m])) > 0"#,
                text: "VMs changed the state of port {{server_port}}, {{network_type}}",
            },
        ],
        rows: vec![
            Row { title: "Is anything wrong?", panels: stats() },
            Row {
                title: "What is it, and where?",
                panels: vec![subscription(), alerts(), concerned(), regions()],
            },
            Row {
                title: "Since when?",
                panels: vec![
                    timeline(),
                    vms_by_state("How many VMs of the subscription are in which state.", HERE),
                    exemption(),
                ],
            },
            Row { title: "What to do", panels: vec![next_steps()] },
        ],
    }
}

fn stats() -> Vec<Panel> {
    let of_port = |series: &str| format!("sum(cloud_account_port:{series}{{{HERE}}})");
    vec![
        stat(
            "Stopped unexpectedly",
            "VMs from which mail is expected to leave and does not.",
            NOT_RECORDED,
            Unit::Count,
            Steps::always(GOOD).then(1.0, BAD),
            of_port("sortie_vms_blocked_unexpectedly:count"),
        ),
        stat(
            "Blocked by the platform",
            "Share of the VMs with a conclusive verdict that the cloud platform blocks. From nine of ten on it is the \
             subscription's policy.",
            NOBODY_CAN_TELL,
            Unit::Share,
            Steps::always(GOOD).then(0.1, WARN).then(0.9, BAD),
            format!("max(cloud_account_port:sortie_vms_blocked:ratio{{{HERE}}})"),
        ),
        stat(
            "Stopped at all",
            "Share of the VMs with a conclusive verdict that the platform, the path or the VM itself stops.",
            NOBODY_CAN_TELL,
            Unit::Share,
            Steps::always(GOOD).then(0.1, WARN).then(0.9, BAD),
            format!("max(cloud_account_port:sortie_vms_stopped:ratio{{{HERE}}})"),
        ),
        stat(
            "Open unexpectedly",
            "VMs from which mail leaves though a block is expected: a hole in the policy.",
            NOT_RECORDED,
            Unit::Count,
            Steps::always(GOOD).then(1.0, WARN),
            of_port("sortie_vms_open_unexpectedly:count"),
        ),
        stat(
            "Nobody can tell",
            "VMs without a conclusive verdict. Not a block.",
            NOT_RECORDED,
            Unit::Count,
            Steps::always(GOOD).then(1.0, DIM),
            vms("cloud_account_port_state", HERE, UNDECIDED, ""),
        ),
        stat(
            "Agents that report",
            "Agents of this subscription whose telemetry arrives now.",
            NOT_RECORDED,
            Unit::Count,
            Steps::always(CALM),
            "sum(cloud_account:sortie_agents:count{cloud_account_id=\"$subscription\"})",
        ),
    ]
}

fn subscription() -> Panel {
    let labels = "azure_subscription_offer, azure_subscription_quota_id, azure_subscription_spending_limit, \
                  azure_subscription_state, sortie_subscription_type";
    Panel::new(
        "The subscription",
        "What Azure Resource Manager says of it, through an agent that may ask. It sets expectations and convicts nobody.",
        Empty::Fine("No agent of this subscription asks Azure Resource Manager ([cloud] arm)."),
        list(
            vec![
                Key::plain("sortie_subscription_type", "Type"),
                Key::plain("azure_subscription_quota_id", "Quota id"),
                Key::plain("azure_subscription_offer", "Offer"),
                Key::plain("azure_subscription_spending_limit", "Spending limit"),
                Key::plain("azure_subscription_state", "State"),
            ],
            Column::value(
                "Watchers",
                Unit::Count,
                format!("count by ({labels}) (sortie_subscription_info{{cloud_account_id=\"$subscription\"}})"),
            ),
            10,
        ),
    )
    .sized(12, 5)
}

fn alerts() -> Panel {
    let firing = r#"ALERTS{cloud_account_id="$subscription", alertname=~"Sortie.+", alertstate="firing"}"#;
    Panel::new(
        "Alerts that fire",
        "What the shipped rules say of this subscription at this moment.",
        Empty::Fine("No alert fires, or this source keeps no ALERTS series."),
        list(
            vec![
                Key::plain("severity", "Severity"),
                ALERT,
                Key::plain("server_port", "Port"),
                Key::plain("network_type", "Family"),
            ],
            Column::value(
                "Series",
                Unit::Count,
                format!("sum by (severity, alertname, server_port, network_type) ({firing})"),
            ),
            20,
        ),
    )
    .sized(12, 5)
}

/// A state set of the VMs that are not open, by the labels of a row and perhaps one more.
fn of_vms(set: &str, matching: &str, more: &str) -> String {
    format!("max by (host_name, host_id, cloud_region{more}) ({set}{{{HERE}{matching}}} == 1)")
}

fn concerned() -> Panel {
    let not_open = of_vms("sortie_port_status", ", sortie_port_state!=\"open\"", "");
    let of_host = r#"{cloud_account_id="$subscription"}"#;
    let colours = states::STATES.map(|(state, _, colour)| (state, colour)).to_vec();
    Panel::new(
        "VMs from which mail does not simply leave",
        "The hundred that run for the longest time, as an exemption takes effect after a VM was stopped and deallocated.",
        Empty::Fine("Mail leaves from every VM that reports."),
        View::Table(Table {
            keys: vec![VM, Key::plain("host_id", "Host id"), Key::plain("cloud_region", "Region")],
            columns: vec![
                Column::value(
                    "Running for",
                    Unit::Age,
                    format!(
                        "(time() - max by (host_name, host_id, cloud_region) (sortie_host_boot_time_seconds{of_host})) \
                         and on (host_id) {not_open}"
                    ),
                ),
                Column::word(
                    "State",
                    "sortie_port_state",
                    colours,
                    of_vms("sortie_port_status", "", ", sortie_port_state"),
                ),
                Column::label(
                    "Expected",
                    "sortie_expected_state",
                    of_vms("sortie_expectation_status", "", ", sortie_expected_state"),
                ),
                Column::value(
                    "Last conclusive",
                    Unit::Age,
                    format!(
                        "time() - max by (host_name, host_id, cloud_region) \
                         (sortie_port_last_conclusive_time_seconds{{{HERE}}})"
                    ),
                ),
            ],
            limit: VMS,
        }),
    )
}

fn regions() -> Panel {
    let in_states = |states| vms("cloud_account_region_port_state", HERE, states, "cloud_region");
    Panel::new(
        "Regions",
        "The VMs of the subscription by region. Where only one region is concerned, it is not the subscription's policy.",
        NOT_RECORDED,
        View::Table(Table {
            keys: vec![Key::plain("cloud_region", "Region")],
            columns: vec![
                Column::value(
                    "Agents",
                    Unit::Count,
                    "sum by (cloud_region) (cloud_account_region:sortie_agents:count{cloud_account_id=\"$subscription\"})",
                ),
                Column::value("Open", Unit::Count, in_states("open")),
                Column::value("Stopped", Unit::Count, in_states(STOPPED)),
                Column::value("Hindered", Unit::Count, in_states(HINDERED)),
                Column::value("Nobody can tell", Unit::Count, in_states(UNDECIDED)),
            ],
            limit: VMS,
        }),
    )
    .sized(24, 6)
}

fn timeline() -> Panel {
    Panel::new(
        "VMs over time",
        "The state of each VM; of more than a hundred those in the worst states. A gap is a time without telemetry.",
        NOT_REPORTED,
        View::Timeline(Timeline {
            expr: format!("topk({VMS}, {})", states::coded("host_name", HERE)),
            legend: "{{host_name}}",
            words: states::words(),
        }),
    )
    .sized(24, 12)
}

fn exemption() -> Panel {
    let conclusive = format!("(sum(cloud_account_port:sortie_vms_conclusive:count{{{HERE}}}) > 0)");
    let share = |of| format!("{} / {conclusive}", vms("cloud_account_port_state", HERE, of, ""));
    Panel::new(
        "Progress of an exemption",
        "Of the VMs with a conclusive verdict: those that are open and those that the platform blocks. While an exemption \
         takes effect the lines cross. The board Exemption names those that are left.",
        NOBODY_CAN_TELL,
        Lines::beside(
            Unit::Share,
            vec![
                Series::coloured(share("open"), "open", GOOD),
                Series::coloured(share("platform_blocked"), "blocked by the platform", BAD),
            ],
        ),
    )
}

fn next_steps() -> Panel {
    advice(
        "What to do",
        "What the numbers above ask for.",
        "* **Nine of ten or more are blocked by the platform, and open is expected:** the policy of the subscription \
         changed. Compare the type above with the time at which the lines step; take the evidence of one VM \
         (`sortie report --ticket --redact`) and open a ticket with the provider.\n\
         * **Some are blocked:** not the subscription. On those VMs `sortie check` names the state, and `sortie doctor` \
         what the VM itself has in the way; compare security groups and routes with a VM that is open.\n\
         * **An exemption was granted:** stop and deallocate each VM of the table and start it again; a reboot from \
         within is not enough. `sortie verify --since` waits for it on a VM.\n\
         * **No egress:** routes, NAT gateway, DNS. It is not a block of mail.",
    )
    .sized(24, 7)
}
