//! The fleet: is anything wrong, and in which subscription. It reads recorded series alone, whatever the size of the fleet.

use super::common::{
    ALERT, CHOSEN, FAMILY, NOBODY_CAN_TELL, NOT_RECORDED, PORT, TO_SUBSCRIPTION, advice, stat, vms,
    vms_by_state,
};
use crate::boards::model::{
    Annotation, Board, Colour, Column, Empty, Key, Lines, Panel, Row, Series, Steps, Table, Timeline, Unit,
    View, Word,
};
use crate::boards::palette::{BAD, CALM, DIM, GOOD, WARN};
use crate::boards::states::{HINDERED, STOPPED, UNDECIDED};

/// Subscriptions in a table: more are not read by anybody, and the worst stand first.
const SUBSCRIPTIONS: u32 = 200;

pub(super) fn board() -> Board {
    Board {
        uid: "sortie-fleet",
        title: "Fleet",
        says: "Can mail leave our machines, where can it not, and since when? From recorded series alone.",
        hours: 24,
        variables: vec![PORT, FAMILY],
        annotations: vec![Annotation {
            title: "Alerts",
            expr: r#"ALERTS{alertname=~"Sortie.+", alertstate="firing", severity=~"critical|warning"}"#,
            text: "{{alertname}} {{cloud_account_id}}",
        }],
        rows: vec![
            Row { title: "Is anything wrong?", panels: stats() },
            Row { title: "Where?", panels: vec![subscriptions(), alerts(), regions()] },
            Row {
                title: "Since when?",
                panels: vec![
                    timeline(),
                    vms_by_state("How many VMs are in which state.", CHOSEN),
                    shares(),
                    agents(),
                ],
            },
            Row { title: "What to do", panels: vec![next_steps()] },
        ],
    }
}

fn stats() -> Vec<Panel> {
    vec![
        stat(
            "Stopped unexpectedly",
            "VMs from which mail is expected to leave and does not: the number that wants somebody.",
            NOT_RECORDED,
            Unit::Count,
            Steps::always(GOOD).then(1.0, BAD),
            format!("sum(cloud_account_port:sortie_vms_blocked_unexpectedly:count{{{CHOSEN}}})"),
        ),
        stat(
            "Subscriptions concerned",
            "Subscriptions with at least one VM that is stopped against expectation.",
            NOT_RECORDED,
            Unit::Count,
            Steps::always(GOOD).then(1.0, BAD),
            format!("sum(cloud_account_port:sortie_vms_blocked_unexpectedly:count{{{CHOSEN}}} > bool 0)"),
        ),
        stat(
            "Blocked by the platform",
            "Share of the VMs with a conclusive verdict that the cloud platform blocks, expected or not.",
            NOBODY_CAN_TELL,
            Unit::Share,
            // How many are expected to be blocked differs from fleet to fleet: no share is good or bad by itself.
            Steps::always(CALM),
            format!(
                "{} / (sum(cloud_account_port:sortie_vms_conclusive:count{{{CHOSEN}}}) > 0)",
                vms("cloud_account_port_state", CHOSEN, "platform_blocked", "")
            ),
        ),
        stat(
            "Nobody can tell",
            "VMs without a conclusive verdict: nothing leaves them at all, or the evidence is not enough. Not a block.",
            NOT_RECORDED,
            Unit::Count,
            Steps::always(GOOD).then(1.0, DIM),
            vms("cloud_account_port_state", CHOSEN, UNDECIDED, ""),
        ),
        stat(
            "Agents that report",
            "Agents whose telemetry arrives now.",
            NOT_RECORDED,
            Unit::Count,
            Steps::always(CALM),
            "sum(cloud_account:sortie_agents:count)",
        ),
        stat(
            "Agents gone",
            "Agents that reported within the last six hours and do not now.",
            NOT_RECORDED,
            Unit::Count,
            Steps::always(GOOD).then(1.0, WARN),
            "clamp_min(sum(cloud_account:sortie_agents_seen6h:count) - sum(cloud_account:sortie_agents:count), 0)",
        ),
    ]
}

fn alerts() -> Panel {
    let firing = r#"ALERTS{alertname=~"Sortie.+", alertstate="firing", severity=~"critical|warning|info"}"#;
    let key = Key::plain;
    Panel::new(
        "Alerts that fire",
        "What the shipped rules say at this moment. Where rules are evaluated by a service that keeps no ALERTS series, \
         as in Azure Monitor, look there.",
        Empty::Fine("No alert fires, or this source keeps no ALERTS series."),
        View::Table(Table {
            keys: vec![
                key("severity", "Severity"),
                ALERT,
                TO_SUBSCRIPTION,
                key("server_port", "Port"),
                key("network_type", "Family"),
            ],
            columns: vec![Column::value(
                "Series",
                Unit::Count,
                format!("sum by (severity, alertname, cloud_account_id, server_port, network_type) ({firing})"),
            )],
            limit: 50,
        }),
    )
    .sized(14, 7)
}

fn subscriptions() -> Panel {
    let in_states = |states| vms("cloud_account_port_state", CHOSEN, states, "cloud_account_id");
    let of_port =
        |series: &str| format!("max by (cloud_account_id) (cloud_account_port:{series}{{{CHOSEN}}})");
    let concerned = Steps::always(GOOD).then(1.0, BAD);
    Panel::new(
        "Subscriptions",
        "Each subscription with its VMs by what stops their mail; a click leads to its VMs. An empty name is that of \
         machines outside a known cloud.",
        NOT_RECORDED,
        View::Table(Table {
            keys: vec![TO_SUBSCRIPTION],
            columns: vec![
                Column::judged(
                    "Stopped unexpectedly",
                    Unit::Count,
                    concerned,
                    of_port("sortie_vms_blocked_unexpectedly:count"),
                ),
                Column::value(
                    "Agents",
                    Unit::Count,
                    "sum by (cloud_account_id) (cloud_account:sortie_agents:count)",
                ),
                Column::value("Blocked by the platform", Unit::Share, of_port("sortie_vms_blocked:ratio")),
                Column::value("Open", Unit::Count, in_states("open")),
                Column::value("Stopped", Unit::Count, in_states(STOPPED)),
                Column::value("Hindered", Unit::Count, in_states(HINDERED)),
                Column::value("Nobody can tell", Unit::Count, in_states(UNDECIDED)),
                Column::judged(
                    "Open unexpectedly",
                    Unit::Count,
                    Steps::always(GOOD).then(1.0, WARN),
                    of_port("sortie_vms_open_unexpectedly:count"),
                ),
            ],
            limit: SUBSCRIPTIONS,
        }),
    )
}

fn regions() -> Panel {
    let in_states = |states| vms("cloud_account_region_port_state", CHOSEN, states, "cloud_region");
    Panel::new(
        "Regions",
        "The same by region. What is the same in all subscriptions of one region is the region's: nothing that leaves \
         it at all is an outage and not a block.",
        NOT_RECORDED,
        View::Table(Table {
            keys: vec![Key::plain("cloud_region", "Region")],
            columns: vec![
                Column::value(
                    "Agents",
                    Unit::Count,
                    "sum by (cloud_region) (cloud_account_region:sortie_agents:count)",
                ),
                Column::value("Open", Unit::Count, in_states("open")),
                Column::value("Stopped", Unit::Count, in_states(STOPPED)),
                Column::value("Hindered", Unit::Count, in_states(HINDERED)),
                Column::value("No egress", Unit::Count, in_states("no_egress")),
                Column::value("Inconclusive", Unit::Count, in_states("inconclusive")),
            ],
            limit: 100,
        }),
    )
    .sized(10, 7)
}

/// The shares at which a subscription counts as stopped, and as mixed: those of the alerts.
const ALMOST_ALL: &str = "0.9";
const ALMOST_NONE: &str = "0.1";

/// Stopped, and not by the platform: the tone of a block, lighter.
const IN_PLACES: Colour = Colour("#cc5a52");

fn timeline() -> Panel {
    let stopped = format!("cloud_account_port:sortie_vms_stopped:ratio{{{CHOSEN}}}");
    let blocked = format!("cloud_account_port:sortie_vms_blocked:ratio{{{CHOSEN}}}");
    let conclusive = format!("cloud_account_port:sortie_vms_conclusive:count{{{CHOSEN}}}");
    let unexpectedly = format!("cloud_account_port:sortie_vms_blocked_unexpectedly:count{{{CHOSEN}}}");
    let words = [
        (1, "nobody can tell", DIM),
        (2, "open", GOOD),
        (3, "mixed", WARN),
        (4, "stopped, as expected", CALM),
        (5, "stopped on the path or locally", IN_PLACES),
        (6, "blocked by the platform", BAD),
    ];
    Panel::new(
        "Subscriptions over time",
        "Almost all VMs of a subscription (nine of ten) in one word. Mixed are some of them: look for a security group, \
         a route, or VMs that were not restarted.",
        NOT_RECORDED,
        View::Timeline(Timeline {
            expr: format!(
                "topk({SUBSCRIPTIONS}, ((2 + ({stopped} > bool {ALMOST_NONE}) + ({stopped} >= bool {ALMOST_ALL}) \
                 * (1 + ({unexpectedly} > bool 0) * (1 + ({blocked} >= bool {ALMOST_ALL})))) and {conclusive} > 0) \
                 or 1 + 0 * ({conclusive} == 0))"
            ),
            legend: "{{cloud_account_id}}",
            words: words.into_iter().map(|(code, says, colour)| Word { code, says, colour }).collect(),
        }),
    )
}

fn shares() -> Panel {
    Panel::new(
        "Share blocked by the platform",
        "Of the VMs with a conclusive verdict, in each subscription. A step of one line is a change of its policy; steps \
         of all lines are the platform's.",
        NOBODY_CAN_TELL,
        Lines::beside(
            Unit::Share,
            vec![Series::plain(
                format!("topk({SUBSCRIPTIONS}, cloud_account_port:sortie_vms_blocked:ratio{{{CHOSEN}}})"),
                "{{cloud_account_id}}",
            )],
        ),
    )
}

fn agents() -> Panel {
    Panel::new(
        "Agents",
        "Agents that report now, and those that did within six hours. A gap between the lines is missing machines, or \
         telemetry that does not arrive.",
        NOT_RECORDED,
        Lines::beside(
            Unit::Count,
            vec![
                Series::coloured("sum(cloud_account:sortie_agents:count)", "report", GOOD),
                Series::coloured("sum(cloud_account:sortie_agents_seen6h:count)", "seen within 6 h", CALM),
            ],
        ),
    )
    .sized(24, 8)
}

fn next_steps() -> Panel {
    advice(
        "What to do",
        "The way from here to a support ticket.",
        "* **One subscription is blocked by the platform.** Click on it: the board *Subscription* tells its type, \
             what is expected of it and which VMs it is. An exemption takes effect after a VM was stopped and \
             deallocated: the board *Exemption* counts those that wait for it.\n\
             * **Many at once.** That is the platform's or the tenant's policy: one ticket, not many. The evidence of any \
             of the VMs is in `sortie report --ticket` there.\n\
             * **Mixed.** Not the platform: a security group, a route, a firewall. The board *VM* tells which state.\n\
             * **Nobody can tell.** Nothing leaves (`no_egress`) or the evidence is not enough: it is no block, and \
             a ticket about a block would be refused.\n\
             * **Agents gone.** Absence says nothing about mail: see *Agents* and *Gateway*.",
    )
    .sized(24, 6)
}
