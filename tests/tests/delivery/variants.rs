//! The gateway with other settings than those that everybody else here uses.

use std::time::SystemTime;

use anyhow::{Result, ensure};
use e2e::backend::{Backend, Gateway, Overlay};
use e2e::otlp::Protocol;
use e2e::otlp::sample::Agent;

use crate::Case;
use crate::gateway::{exports, require_taken};
use crate::world::in_the_end;

/// As shipped, but for the time between two times of telling.
const TALKATIVE: Overlay = Overlay::Text(
    "service: {telemetry: {metrics: {readers: [{periodic: {interval: 500, exporter: {otlp: \
     {protocol: http/protobuf, endpoint: \"${env:SORTIE_METRICS_BACKEND}/v1/metrics\"}}}}]}}}\n",
);
/// What rules and dashboards ask about gateways.
const ABOUT_ITSELF: &[&str] = &[
    "otelcol_exporter_queue_capacity",
    "otelcol_exporter_queue_size",
    "otelcol_exporter_sent_log_records_total",
    "otelcol_exporter_sent_metric_points_total",
    "otelcol_process_cpu_seconds_total",
    "otelcol_process_memory_rss_bytes",
    "otelcol_process_uptime_seconds_total",
    "otelcol_receiver_accepted_log_records_total",
    "otelcol_receiver_accepted_metric_points_total",
    "otelcol_receiver_refused_metric_points_total",
];

pub(crate) const CASES: &[Case] =
    &[(talkative, "the_gateway_tells_the_backend_about_itself_under_its_own_name", about_itself)];

fn talkative() -> Gateway {
    Gateway {
        overlays: vec![TALKATIVE],
        environment: vec![("SORTIE_GATEWAY_ID", "west-1".to_owned())],
        ..Gateway::default()
    }
}

fn about_itself(backend: &mut Backend<'_>) -> Result<()> {
    let now = SystemTime::now();
    let sent = exports("vm", now, 1);
    require_taken(&backend.send(Protocol::Http, &sent, &[])?)?;
    require_taken(&backend.send(Protocol::Http, &[Agent::new("vm", now).event(now, "a")], &[])?)?;
    in_the_end(|| {
        for name in ABOUT_ITSELF {
            let told =
                backend.prometheus.series(&format!(r#"{name}{{host_id="west-1",host_name="west-1"}}"#))?;
            ensure!(!told.is_empty(), "{name} is not told");
        }
        Ok(())
    })?;
    let accepted = backend.prometheus.query("otelcol_receiver_accepted_metric_points_total")?;
    let accepted = accepted[0]["value"][1].as_str().unwrap_or_default();
    ensure!(accepted == sent[0].count().to_string(), "{accepted} points are told");
    Ok(())
}
