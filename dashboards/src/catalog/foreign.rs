//! Series of the programs beside Sortie that rules and dashboards rely on, each with the place where its name was read.
//! It refuses whatever else those programs write: a name that nobody looked up is a name that may not exist.

/// One series that Sortie's agents do not write.
#[derive(Clone, Copy, Debug)]
pub struct Foreign {
    /// As it is queried.
    pub name: &'static str,
    /// The labels that may be used, each with its closed list; an empty list is an open one.
    pub labels: &'static [(&'static str, &'static [&'static str])],
    /// Who writes it, and where that was read.
    pub source: &'static str,
}

const GATEWAY: &str = "collector-config/gateway.yaml, which counts what its guards refuse";
const EXPORTER: &str = "OpenTelemetry Collector 0.161, exporter/exporterhelper/documentation.md";
const RECEIVER: &str = "OpenTelemetry Collector 0.161, receiver/receiverhelper/documentation.md";
const SERVICE: &str = "OpenTelemetry Collector 0.161, service/documentation.md";
const PROMETHEUS: &str = "Prometheus 3.16, tsdb/head.go";
const ALERTING: &str = "Prometheus 3.16, rules/alerting.go, and the labels of our own rules";

const REFUSED_FOR: &[&str] =
    &["foreign_name", "too_old", "future", "too_many", "no_host", "foreign_kind", "malformed"];
/// A gateway pushes what it tells of itself: it is a host like those of the agents.
const OF_A_GATEWAY: &[(&str, &[&str])] = &[("host_id", &[]), ("host_name", &[])];
const OF_EXPORTERS: &[(&str, &[&str])] = &[("exporter", &[]), ("host_id", &[]), ("host_name", &[])];
const OF_RECEIVERS: &[(&str, &[&str])] =
    &[("host_id", &[]), ("host_name", &[]), ("receiver", &[]), ("transport", &[])];
const SAMPLE_TYPE: &[(&str, &[&str])] = &[("type", &["float", "histogram"])];

/// Every one of them.
pub const FOREIGN: &[Foreign] = &[
    Foreign {
        name: "ALERTS",
        labels: &[
            ("alertname", &[]),
            ("alertstate", &["firing", "pending"]),
            ("cloud_account_id", &[]),
            ("network_type", &["ipv4", "ipv6"]),
            ("server_port", &[]),
            ("severity", &["critical", "info", "none", "warning"]),
        ],
        source: ALERTING,
    },
    Foreign {
        name: "sortie_gateway_late_points_total",
        labels: &[
            ("cloud_account_id", &[]),
            ("host_id", &[]),
            ("host_name", &[]),
            ("sortie_gateway_id", &[]),
        ],
        source: GATEWAY,
    },
    Foreign {
        name: "sortie_gateway_refused_points_total",
        labels: &[
            ("cloud_account_id", &[]),
            ("host_id", &[]),
            ("host_name", &[]),
            ("reason", REFUSED_FOR),
            ("sortie_gateway_id", &[]),
        ],
        source: GATEWAY,
    },
    Foreign {
        name: "sortie_gateway_refused_records_total",
        labels: &[
            ("cloud_account_id", &[]),
            ("host_id", &[]),
            ("host_name", &[]),
            ("reason", &["foreign_name", "too_long", "no_host"]),
            ("sortie_gateway_id", &[]),
        ],
        source: GATEWAY,
    },
    Foreign { name: "otelcol_exporter_queue_capacity", labels: OF_EXPORTERS, source: EXPORTER },
    Foreign { name: "otelcol_exporter_queue_size", labels: OF_EXPORTERS, source: EXPORTER },
    Foreign {
        name: "otelcol_exporter_send_failed_log_records_total",
        labels: OF_EXPORTERS,
        source: EXPORTER,
    },
    Foreign {
        name: "otelcol_exporter_send_failed_metric_points_total",
        labels: OF_EXPORTERS,
        source: EXPORTER,
    },
    Foreign { name: "otelcol_exporter_sent_log_records_total", labels: OF_EXPORTERS, source: EXPORTER },
    Foreign { name: "otelcol_exporter_sent_metric_points_total", labels: OF_EXPORTERS, source: EXPORTER },
    Foreign { name: "otelcol_process_cpu_seconds_total", labels: OF_A_GATEWAY, source: SERVICE },
    Foreign { name: "otelcol_process_memory_rss_bytes", labels: OF_A_GATEWAY, source: SERVICE },
    Foreign { name: "otelcol_process_uptime_seconds_total", labels: OF_A_GATEWAY, source: SERVICE },
    Foreign { name: "otelcol_receiver_accepted_log_records_total", labels: OF_RECEIVERS, source: RECEIVER },
    Foreign { name: "otelcol_receiver_accepted_metric_points_total", labels: OF_RECEIVERS, source: RECEIVER },
    Foreign { name: "otelcol_receiver_refused_log_records_total", labels: OF_RECEIVERS, source: RECEIVER },
    Foreign { name: "otelcol_receiver_refused_metric_points_total", labels: OF_RECEIVERS, source: RECEIVER },
    Foreign { name: "prometheus_tsdb_out_of_bound_samples_total", labels: SAMPLE_TYPE, source: PROMETHEUS },
    Foreign { name: "prometheus_tsdb_too_old_samples_total", labels: SAMPLE_TYPE, source: PROMETHEUS },
];
