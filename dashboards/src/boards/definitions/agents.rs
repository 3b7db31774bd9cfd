//! The agents: do all of them report, do they probe, and does what they say arrive.

use super::common::{NOT_RECORDED, NOT_REPORTED, SUBSCRIPTION, VM, advice, list, per_minute, stat};
use crate::boards::model::{Board, Column, Empty, Key, Lines, Panel, Row, Series, Steps, Unit};
use crate::boards::palette::{BAD, CALM, GOOD, WARN};

/// Agents in a table.
const AGENTS: u32 = 100;
/// Seconds that an export waits, before somebody should look.
const WAITS: f64 = 300.0;
/// The chosen subscription: agents are never counted one by one over the whole fleet.
const HERE: &str = r#"cloud_account_id="$subscription""#;

pub(super) fn board() -> Board {
    Board {
        uid: "sortie-agents",
        title: "Agents",
        says: "Are the ones who tell all this well themselves? What they use, what they lose and what they get wrong.",
        hours: 24,
        variables: vec![SUBSCRIPTION],
        annotations: Vec::new(),
        rows: vec![
            Row { title: "Is anything wrong?", panels: stats() },
            Row { title: "Who reports?", panels: vec![reporting(), versions()] },
            Row { title: "What gets lost?", panels: vec![waiting(), dropped(), failing(), exports()] },
            Row {
                title: "What is wrong with them?",
                panels: vec![rejected(), forgetful(), stalled(), skipped()],
            },
            Row { title: "What do they use?", panels: vec![memory(), processor(), restarts(), queue()] },
            Row { title: "What to do", panels: vec![next_steps()] },
        ],
    }
}

fn stats() -> Vec<Panel> {
    let sad = || Steps::always(GOOD).then(1.0, WARN);
    vec![
        stat(
            "Agents that report",
            "Agents of the chosen subscription whose telemetry arrives now.",
            NOT_RECORDED,
            Unit::Count,
            Steps::always(CALM),
            format!("sum(cloud_account:sortie_agents:count{{{HERE}}})"),
        ),
        stat(
            "Agents gone",
            "Agents of the chosen subscription that reported within six hours and do not now.",
            NOT_RECORDED,
            Unit::Count,
            sad(),
            format!(
                "clamp_min(sum(cloud_account:sortie_agents_seen6h:count{{{HERE}}}) \
                 - sum(cloud_account:sortie_agents:count{{{HERE}}}), 0)"
            ),
        ),
        stat(
            "Oldest export that waits",
            "How long the oldest export of any agent has waited for the gateway.",
            Empty::Fine("No agent exports over OTLP."),
            Unit::Age,
            Steps::always(GOOD).then(WAITS, WARN),
            format!("max(sortie_spool_oldest_age_seconds{{{HERE}}})"),
        ),
        stat(
            "Lost for good",
            "Points of metrics and events within the time that is looked at that nobody will deliver any more.",
            Empty::Fine("Nothing was lost."),
            Unit::Count,
            Steps::always(GOOD).then(1.0, BAD),
            format!("sum(increase(sortie_spool_dropped_total{{{HERE}}}[$__range]))"),
        ),
        stat(
            "Configurations refused",
            "Agents that go on with the last good configuration because they refused the file.",
            Empty::Fine("No agent refused its configuration."),
            Unit::Count,
            sad(),
            format!("sum(sortie_agent_config_status{{{HERE}, sortie_config_state=\"rejected\"}})"),
        ),
        stat(
            "Would forget",
            "Agents whose disk refuses, so that what they know lives in memory alone.",
            Empty::Fine("What every agent knows is on its disk."),
            Unit::Count,
            sad(),
            format!("sum(sortie_store_status{{{HERE}, sortie_store_state=\"memory\"}})"),
        ),
    ]
}

fn reporting() -> Panel {
    Panel::new(
        "Agents over time",
        "Agents of the chosen subscription that report now, and those that did within six hours.",
        NOT_RECORDED,
        Lines::beside(
            Unit::Count,
            vec![
                Series::coloured(format!("sum(cloud_account:sortie_agents:count{{{HERE}}})"), "report", GOOD),
                Series::coloured(
                    format!("sum(cloud_account:sortie_agents_seen6h:count{{{HERE}}})"),
                    "seen within 6 h",
                    CALM,
                ),
            ],
        ),
    )
}

fn versions() -> Panel {
    Panel::new(
        "Versions, engines and configurations",
        "How many agents run which. Many configurations in one subscription are seldom meant.",
        NOT_REPORTED,
        list(
            vec![
                Key::plain("service_version", "Version"),
                Key::plain("sortie_probe_mode", "Engine"),
                Key::plain("sortie_config_hash", "Configuration"),
            ],
            Column::value(
                "Agents",
                Unit::Count,
                format!(
                    "count by (service_version, sortie_probe_mode, sortie_config_hash) (sortie_agent_info{{{HERE}}})"
                ),
            ),
            AGENTS,
        ),
    )
    .sized(12, 8)
}

fn waiting() -> Panel {
    Panel::new(
        "Exports that wait",
        "Agents whose exports wait for the gateway, the oldest first. They are on the disk of the VM.",
        Empty::Fine("No export waits."),
        list(
            vec![VM, Key::plain("sortie_signal", "Signal")],
            Column::value(
                "Waits for",
                Unit::Age,
                format!("max by (host_name, sortie_signal) (sortie_spool_oldest_age_seconds{{{HERE}}}) > 60"),
            ),
            AGENTS,
        ),
    )
    .sized(12, 8)
}

fn dropped() -> Panel {
    Panel::new(
        "Losses over time",
        "Points of metrics and events that nobody will deliver any more, by why: refused by the receiver, too old, too \
         many, damaged on the disk, or more than memory holds.",
        Empty::Fine("Nothing was lost."),
        per_minute(
            "reason, sortie_signal",
            &format!("sortie_spool_dropped_total{{{HERE}}}"),
            "{{reason}}, {{sortie_signal}}",
        ),
    )
}

fn failing() -> Panel {
    Panel::new(
        "Exports that failed",
        "By the answer that they got. Those of agents that do not reach the gateway at all arrive later, with the rest.",
        Empty::Fine("No export failed."),
        per_minute(
            "error_type",
            &format!("sortie_agent_exports_total{{{HERE}, error_type!=\"\"}}"),
            "{{error_type}}",
        ),
    )
}

fn exports() -> Panel {
    Panel::new(
        "Exports that were taken",
        "Exports that the gateway acknowledged, by signal.",
        Empty::Fine("No agent exports over OTLP."),
        per_minute(
            "sortie_signal",
            &format!("sortie_agent_exports_total{{{HERE}, error_type=\"\"}}"),
            "{{sortie_signal}}",
        ),
    )
}

fn rejected() -> Panel {
    machines(
        "Configurations that were refused",
        "The page of such an agent says what is wrong with the file.",
        Empty::Fine("No agent refused its configuration."),
        &format!("sortie_agent_config_status{{{HERE}, sortie_config_state=\"rejected\"}}"),
    )
}

fn forgetful() -> Panel {
    machines(
        "Agents that would forget",
        "Their disk refuses, or there is no state directory: a restart begins with nothing.",
        Empty::Fine("What every agent knows is on its disk."),
        &format!("sortie_store_status{{{HERE}, sortie_store_state=\"memory\"}}"),
    )
}

/// The VMs whose agents are in this state of a state set.
fn machines(title: &'static str, says: &'static str, empty: Empty, state: &str) -> Panel {
    let agents = Column::value("Agents", Unit::Count, format!("max by (host_name) ({state} == 1)"));
    Panel::new(title, says, empty, list(vec![VM], agents, AGENTS)).sized(6, 7)
}

fn stalled() -> Panel {
    Panel::new(
        "Agents without a conclusive verdict",
        "Ports that no round could judge for a quarter of an hour: nothing leaves, the evidence is not enough, or the \
         agent hangs.",
        Empty::Fine("Every agent judges every port."),
        list(
            vec![VM, Key::plain("server_port", "Port"), Key::plain("network_type", "Family")],
            Column::value(
                "For",
                Unit::Age,
                format!(
                    "time() - max by (host_name, server_port, network_type) \
                     (sortie_port_last_conclusive_time_seconds{{{HERE}}}) > 900"
                ),
            ),
            AGENTS,
        ),
    )
    .sized(6, 7)
}

fn skipped() -> Panel {
    Panel::new(
        "Rounds that were not believed",
        "The machine stood still in the middle of a round, so that its clock says nothing about the network.",
        Empty::Fine("No round was skipped."),
        per_minute("reason", &format!("sortie_agent_probe_skipped_total{{{HERE}}}"), "{{reason}}"),
    )
    .sized(6, 7)
}

fn memory() -> Panel {
    let of = |what: &str| format!("{what}(process_memory_usage_bytes{{{HERE}}})");
    Panel::new(
        "Memory",
        "Physical memory of the agents: the largest, and the average.",
        NOT_REPORTED,
        Lines::beside(
            Unit::Bytes,
            vec![Series::coloured(of("max"), "largest", WARN), Series::coloured(of("avg"), "average", GOOD)],
        ),
    )
}

fn processor() -> Panel {
    let of = |what: &str| {
        format!("{what}(sum by (host_id) (rate(process_cpu_time_seconds_total{{{HERE}}}[$__rate_interval])))")
    };
    Panel::new(
        "CPU",
        "Share of one core: the busiest agent, and the average.",
        NOT_REPORTED,
        Lines::beside(
            Unit::Part,
            vec![Series::coloured(of("max"), "busiest", WARN), Series::coloured(of("avg"), "average", GOOD)],
        ),
    )
}

fn restarts() -> Panel {
    Panel::new(
        "Agents that started within the hour",
        "Again and again the same number: something ends them.",
        Empty::Fine("No agent started within the hour."),
        Lines::beside(
            Unit::Count,
            vec![Series::coloured(
                format!("count(process_uptime_seconds{{{HERE}}} < 3600)"),
                "started",
                CALM,
            )],
        ),
    )
}

fn queue() -> Panel {
    Panel::new(
        "Fullest queue",
        "Share of its limit that the fullest queue of any agent holds; beyond it the oldest exports are dropped.",
        Empty::Fine("No agent exports over OTLP."),
        Lines::beside(
            Unit::Part,
            vec![Series::plain(
                format!(
                    "max by (sortie_signal) (sortie_spool_usage_bytes{{{HERE}}} / sortie_spool_limit_bytes{{{HERE}}})"
                ),
                "{{sortie_signal}}",
            )],
        ),
    )
}

fn next_steps() -> Panel {
    advice(
        "What to do",
        "What ails an agent.",
        "* **Gone:** is the VM gone too? Else `systemctl status sortie` there; `sortie doctor` names what is in the way.\n\
         * **Exports wait, of all agents:** the gateway or its backend, see *Gateway*. Nothing is lost before \
         `otlp.max_age` or `otlp.max_bytes`.\n\
         * **Lost, `rejected`:** the backend takes no samples as old or as far ahead as these: a clock is wrong, or its \
         window for late samples is not set. The board *Gateway* names the agents.\n\
         * **Configuration refused:** `sortie config check` on the VM prints the line.",
    )
}
