//! The gateway between agents and backends: how much goes through it, what fails, how long its queue is, and whom its
//! guards refuse.

use super::common::{self, VM, advice, list, stat};
use crate::boards::model::{Board, Column, Empty, Key, Lines, Panel, Row, Series, Steps, To, Unit};
use crate::boards::palette::{BAD, CALM, GOOD, WARN};

/// Without this nothing is known of the gateway, and nothing is wrong because of that.
const NOT_TOLD: Empty = Empty::Fine("What the gateway tells of itself does not arrive.");
/// Agents in a table.
const AGENTS: u32 = 100;
/// The share of a queue at which it is about to refuse: that of the alert.
const FULL: f64 = 0.8;

pub(super) fn board() -> Board {
    Board {
        uid: "sortie-gateway",
        title: "Gateway",
        says: "The collector between agents and backends: rate, errors and duration, and the agents that it refuses.",
        hours: 6,
        variables: Vec::new(),
        annotations: Vec::new(),
        rows: vec![
            Row { title: "Is anything wrong?", panels: stats() },
            Row { title: "How much, and what fails?", panels: vec![accepted(), refused(), sent(), failed()] },
            Row { title: "Whom does it refuse?", panels: vec![by_reason(), agents()] },
            Row { title: "What does it use?", panels: vec![queue(), memory(), processor(), backlog()] },
            Row { title: "What to do", panels: vec![next_steps()] },
        ],
    }
}

/// Each second, summed over the gateways.
fn rate(series: &str) -> String {
    format!("sum(rate({series}[$__rate_interval]))")
}

fn stats() -> Vec<Panel> {
    vec![
        stat(
            "Accepted points / s",
            "Points of metrics that agents handed over, each second.",
            NOT_TOLD,
            Unit::PerSecond,
            Steps::always(CALM),
            rate("otelcol_receiver_accepted_metric_points_total"),
        ),
        stat(
            "Refused points / s",
            "Points of metrics that the gateway did not take, each second. The agents keep them and come again.",
            NOT_TOLD,
            Unit::PerSecond,
            Steps::always(GOOD).then(0.01, WARN),
            rate("otelcol_receiver_refused_metric_points_total"),
        ),
        stat(
            "Undelivered points / s",
            "Points of metrics that a backend did not take, each second.",
            Empty::Fine("Every backend takes everything."),
            Unit::PerSecond,
            Steps::always(GOOD).then(0.01, BAD),
            rate("otelcol_exporter_send_failed_metric_points_total"),
        ),
        stat(
            "Fullest queue",
            "Share of its capacity that the fullest queue holds.",
            NOT_TOLD,
            Unit::Share,
            Steps::always(GOOD).then(FULL, BAD),
            "max(otelcol_exporter_queue_size / otelcol_exporter_queue_capacity)",
        ),
        stat(
            "Agents refused",
            "Agents of which the guards refused points within the time that is looked at.",
            Empty::Fine("The guards refused no agent."),
            Unit::Count,
            Steps::always(GOOD).then(1.0, WARN),
            "count(sum by (host_id) (increase(sortie_gateway_refused_points_total[$__range])) > 0)",
        ),
        stat(
            "Running for",
            "Since the youngest gateway was started.",
            NOT_TOLD,
            Unit::Age,
            Steps::always(CALM),
            // It counts seconds: the number itself is how long it runs.
            "min(otelcol_process_uptime_seconds_total)",
        ),
    ]
}

/// Points and events beside each other, in their own colours.
fn both(points: &str, events: &str) -> Vec<Series> {
    vec![
        Series::coloured(rate(points), "points of metrics", CALM),
        Series::coloured(rate(events), "events", WARN),
    ]
}

fn accepted() -> Panel {
    Panel::new(
        "Accepted",
        "What agents handed over.",
        NOT_TOLD,
        Lines::beside(
            Unit::PerSecond,
            both(
                "otelcol_receiver_accepted_metric_points_total",
                "otelcol_receiver_accepted_log_records_total",
            ),
        ),
    )
}

fn refused() -> Panel {
    Panel::new(
        "Refused",
        "What the gateway did not take, for want of memory or because a backend did not. Agents keep it and come again.",
        NOT_TOLD,
        Lines::beside(
            Unit::PerSecond,
            both(
                "otelcol_receiver_refused_metric_points_total",
                "otelcol_receiver_refused_log_records_total",
            ),
        ),
    )
}

fn sent() -> Panel {
    Panel::new(
        "Delivered",
        "What each backend took.",
        NOT_TOLD,
        Lines::beside(
            Unit::PerSecond,
            vec![
                Series::plain(
                    "sum by (exporter) (rate(otelcol_exporter_sent_metric_points_total[$__rate_interval]))",
                    "{{exporter}}, points",
                ),
                Series::plain(
                    "sum by (exporter) (rate(otelcol_exporter_sent_log_records_total[$__rate_interval]))",
                    "{{exporter}}, events",
                ),
            ],
        ),
    )
}

fn failed() -> Panel {
    Panel::new(
        "Not delivered",
        "What a backend did not take. The gateway keeps nothing: its answer to an agent is the backend's.",
        Empty::Fine("Every backend takes everything."),
        Lines::beside(
            Unit::PerSecond,
            vec![
                Series::plain(
                    "sum by (exporter) (rate(otelcol_exporter_send_failed_metric_points_total[$__rate_interval]))",
                    "{{exporter}}, points",
                ),
                Series::plain(
                    "sum by (exporter) (rate(otelcol_exporter_send_failed_log_records_total[$__rate_interval]))",
                    "{{exporter}}, events",
                ),
            ],
        ),
    )
}

fn by_reason() -> Panel {
    Panel::new(
        "Points that the guards refuse",
        "By why: a name that no agent has, too old for the backend, in the future, or too many series of one agent.",
        Empty::Fine("The guards refuse nothing."),
        Lines::stacked(
            Unit::PerSecond,
            vec![Series::plain(
                "sum by (reason) (rate(sortie_gateway_refused_points_total[$__rate_interval]))",
                "{{reason}}",
            )],
        ),
    )
}

fn agents() -> Panel {
    Panel::new(
        "Agents that the guards refuse",
        "Those with the most refused points within the time that is looked at. Old and future points come from a wrong \
         clock.",
        Empty::Fine("The guards refused no agent."),
        list(
            vec![
                Key { to: Some(TO_VM), ..VM },
                Key { to: Some(TO_SUBSCRIPTION), ..common::TO_SUBSCRIPTION },
                Key::plain("reason", "Reason"),
            ],
            Column::value(
                "Points",
                Unit::Count,
                "sum by (host_name, cloud_account_id, reason) \
                 (increase(sortie_gateway_refused_points_total[$__range])) > 0",
            ),
            AGENTS,
        ),
    )
    .sized(12, 8)
}

/// This board has nothing chosen that could be handed on: all stands in the row.
const TO_VM: To = To::Board {
    uid: "sortie-vm",
    sets: &[("vm", "host_name"), ("subscription", "cloud_account_id")],
    keeps: &[],
};
const TO_SUBSCRIPTION: To =
    To::Board { uid: "sortie-subscription", sets: &[("subscription", "cloud_account_id")], keeps: &[] };

fn queue() -> Panel {
    Panel::new(
        "Queues",
        "Requests that wait for the answer of a backend, beside how many may.",
        NOT_TOLD,
        Lines::beside(
            Unit::Count,
            vec![
                Series::plain("sum by (exporter) (otelcol_exporter_queue_size)", "{{exporter}}"),
                Series::plain(
                    "sum by (exporter) (otelcol_exporter_queue_capacity)",
                    "{{exporter}}, capacity",
                ),
            ],
        ),
    )
}

fn memory() -> Panel {
    Panel::new(
        "Memory",
        "Physical memory of the largest gateway. At its limit it refuses until some is free again.",
        NOT_TOLD,
        Lines::beside(
            Unit::Bytes,
            vec![Series::coloured("max(otelcol_process_memory_rss_bytes)", "largest", CALM)],
        ),
    )
}

fn processor() -> Panel {
    Panel::new(
        "CPU",
        "Cores that all gateways use together.",
        NOT_TOLD,
        Lines::beside(
            Unit::Count,
            vec![Series::coloured(rate("otelcol_process_cpu_seconds_total"), "cores", CALM)],
        ),
    )
}

fn backlog() -> Panel {
    Panel::new(
        "Samples that Prometheus refuses",
        "Older than its window for late samples, or out of bounds. The guards of the gateway should refuse them before.",
        Empty::Fine("Prometheus refuses nothing, or its own metrics are not scraped."),
        Lines::beside(
            Unit::PerSecond,
            vec![
                Series::coloured(rate("prometheus_tsdb_too_old_samples_total"), "too old", WARN),
                Series::coloured(rate("prometheus_tsdb_out_of_bound_samples_total"), "out of bounds", BAD),
            ],
        ),
    )
}

fn next_steps() -> Panel {
    advice(
        "What to do",
        "What ails the gateway.",
        "* **Not delivered:** the backend is down or refuses. Nothing is lost: agents keep what was not acknowledged, and \
         deliver it when the backend is back.\n\
         * **Refused, and the memory is at its limit:** more gateways, or more memory for each.\n\
         * **An agent is refused for its clock:** set the clock of that VM; `chronyc tracking` or `timedatectl` there.\n\
         * **A foreign name:** somebody else sends to this gateway, or an agent is newer than it.",
    )
}
