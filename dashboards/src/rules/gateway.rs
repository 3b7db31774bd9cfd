//! The collector between agents and backends, as it tells it by itself. Its answer to an agent is the backend's: most of
//! what is wrong here is wrong behind it.

use super::{Alert, Board, Minutes, Rule, Severity};

/// Of what the gateway passes on.
const FAILING: f64 = 0.1;
/// Of the queue between its two halves.
const FILLED: f64 = 0.8;

pub(super) fn alerts() -> Vec<Rule> {
    let failed = |sent: &str, failed: &str| {
        format!(
            "sum by (exporter) (rate({failed}[5m]))\n  \
               / (sum by (exporter) (rate({sent}[5m])) + sum by (exporter) (rate({failed}[5m])) > 0) > {FAILING}"
        )
    };
    let alert = |name, expr, wait, summary, description| {
        Rule::Alert(Alert {
            name,
            severity: Severity::Warning,
            expr,
            unless: None,
            wait,
            keep: Some(Minutes(15)),
            summary,
            description,
            board: Board::Gateway,
        })
    };
    vec![
        alert(
            "SortieGatewayDown",
            // By who was there: a scrape's `up` would need a name for the job. What is pushed has no end, so one that was
            // started again, or replaced, counts twice for five minutes: by name, and the most that were there for half an
            // hour.
            "(count(count by (host_id) (otelcol_process_uptime_seconds_total)) or vector(0))\n  \
               < max_over_time(min_over_time(count(count by (host_id) (otelcol_process_uptime_seconds_total))[30m:1m])[1h:5m])"
                .to_owned(),
            Some(Minutes(5)),
            "Fewer gateways run than within the last hour",
            "<value> gateways tell of themselves, and more did for half an hour on end, within the last hour. Agents keep what \
             they cannot deliver for a day. After a deliberate change the alert ends within an hour.",
        ),
        alert(
            "SortieGatewayExportFailing",
            [
                (
                    "otelcol_exporter_sent_metric_points_total",
                    "otelcol_exporter_send_failed_metric_points_total",
                ),
                ("otelcol_exporter_sent_log_records_total", "otelcol_exporter_send_failed_log_records_total"),
            ]
            .map(|(sent, not_sent)| failed(sent, not_sent))
            .join("\nor\n"),
            Some(Minutes(10)),
            "The gateway cannot deliver through <exporter>",
            "<percent> of what the gateway sends through <exporter> is not taken. The gateway's log says why: the backend is down, \
             too slow, or refuses. Agents keep and repeat what is not refused for good.",
        ),
        alert(
            "SortieGatewayRefusing",
            ["otelcol_receiver_refused_metric_points_total", "otelcol_receiver_refused_log_records_total"]
                .map(|refused| format!("sum by (receiver) (rate({refused}[5m])) > 0"))
                .join("\nor\n"),
            Some(Minutes(10)),
            "The gateway refuses what agents send",
            "The gateway turns away <rate> points or records a second: the backend does not take them, or its own memory is at \
             the limit. Agents repeat them later; when it lasts for a day, they lose them.",
        ),
        alert(
            "SortieGatewayQueueFilling",
            format!(
                "max by (exporter) (otelcol_exporter_queue_size)\n  \
                   / (max by (exporter) (otelcol_exporter_queue_capacity) > 0) > {FILLED}"
            ),
            Some(Minutes(10)),
            "The gateway's queue before <exporter> is almost full",
            "<percent> of the queue before <exporter> is taken: the backend answers slower than agents send. Add a gateway or \
             make the backend faster; beyond the queue agents are told to come later.",
        ),
        alert(
            "SortieBacklogRejected",
            ["prometheus_tsdb_too_old_samples_total", "prometheus_tsdb_out_of_bound_samples_total"]
                .map(|refused| format!("sum(increase({refused}[15m])) > 0"))
                .join("\nor\n"),
            None,
            "Prometheus refuses samples as too old",
            "Prometheus refused <value> samples within 15 minutes because they are too old, and with each everything else in the \
             same request. Its out_of_order_time_window must be as long as the agents' [otlp] max_age: see \
             collector-config/prometheus.yaml.",
        ),
    ]
}
