//! The gateway with other settings than those that everybody else here uses.

use std::time::{Duration, SystemTime};

use anyhow::{Result, ensure};
use e2e::agent::Stage;
use e2e::backend::{Backend, Gateway, Overlay, PROMETHEUS, VICTORIA, Victoria};
use e2e::ledger::Events;
use e2e::netns;
use e2e::otlp::sample::Agent;
use e2e::otlp::{Message, Protocol};

use crate::gateway::{exports, points, require_stored, require_taken};
use crate::world::in_the_end;
use crate::{Alone, Case};

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

const HOUR: Duration = Duration::from_secs(3600);

pub(crate) const CASES: &[Case] = &[
    (talkative, "the_gateway_tells_the_backend_about_itself_under_its_own_name", about_itself),
    (
        remote_write,
        "by_remote_write_arrives_what_arrives_by_otlp_and_the_answer_is_the_backends",
        over_remote_write,
    ),
    (
        without_logs_backend,
        "without_a_logs_backend_events_are_in_a_file_whose_folder_nobody_has_made",
        events_in_file,
    ),
];

pub(crate) const ALONE: &[(&str, Alone)] =
    &[("victoria_metrics_keeps_what_prometheus_keeps_without_job_and_instance", victoria)];

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

fn remote_write() -> Gateway {
    Gateway {
        overlays: vec![Overlay::Shipped("variants/remote-write.yaml")],
        environment: vec![("SORTIE_REMOTE_WRITE", format!("http://{PROMETHEUS}/api/v1/write"))],
        ..Gateway::default()
    }
}

/// The same series by another way: job and instance, too, are made by the same rules.
fn over_remote_write(backend: &mut Backend<'_>) -> Result<()> {
    let now = SystemTime::now();
    let mut sent = exports("vm", now, 3);
    sent.extend(exports("vm", now - 23 * HOUR, 3));
    require_taken(&backend.send(Protocol::Http, &sent, &[])?)?;
    require_stored(backend, &sent)?;
    // What OTLP refuses: another value for the same moment. Here nobody is told, and the first one stays.
    require_taken(&backend.send(Protocol::Http, &[Agent::new("vm", now).export(now, 17)], &[])?)?;
    require_stored(backend, &sent)?;
    backend.prometheus.service().kill()?;
    let late = exports("late", now, 1);
    for (protocol, code) in [(Protocol::Http, 503), (Protocol::Grpc, 14)] {
        let answers = backend.send(protocol, &late, &[])?;
        ensure!(answers[0].code() == Some(code), "{protocol}: {answers:?}");
    }
    backend.prometheus.service().start()?;
    require_taken(&backend.send(Protocol::Http, &late, &[])?)?;
    require_stored(backend, &[sent, late].concat())
}

/// The logs backend of a trial stands beside it, and is told nothing.
fn without_logs_backend() -> Gateway {
    Gateway {
        overlays: vec![Overlay::Shipped("variants/events-in-file.yaml")],
        events_file: "nobody/made/this/events.jsonl",
        ..Gateway::default()
    }
}

fn events_in_file(backend: &mut Backend<'_>) -> Result<()> {
    let now = SystemTime::now();
    let sent = [Agent::new("vm", now).event(now, "a"), Agent::new("vm", now).event(now, "b")];
    require_taken(&backend.send(Protocol::Http, &sent, &[])?)?;
    let expected = Events::of(sent.iter().filter_map(Message::events))?;
    expected.require_same(&backend.collector.events()?, ["what was sent", "the file"])?;
    ensure!(backend.logs.records().is_empty(), "a logs backend was told something");
    Ok(())
}

fn victoria(stage: &Stage) -> Result<()> {
    let namespace = netns::alone("backend")?;
    let folder = stage.desk()?.state_dir();
    let mut victoria = Victoria::start(&namespace, &folder)?;
    let gateway = Gateway {
        environment: vec![("SORTIE_METRICS_BACKEND", format!("http://{VICTORIA}/opentelemetry"))],
        ..Gateway::default()
    };
    let backend = Backend::start_with(&gateway, &namespace, &folder)?;
    let now = SystemTime::now();
    let mut sent = exports("vm", now, 3);
    // The newest first, and the day after it; and what an agent is not sure about, again.
    sent.extend(exports("vm", now - 23 * HOUR, 3));
    for protocol in Protocol::BOTH {
        require_taken(&backend.send(protocol, &sent, &[])?)?;
    }
    require_kept(&victoria, &sent)?;
    victoria.service().kill()?;
    let meanwhile = exports("late", now, 2);
    for (protocol, code) in [(Protocol::Http, 503), (Protocol::Grpc, 14)] {
        let answers = backend.send(protocol, &meanwhile, &[])?;
        ensure!(answers.iter().all(|answer| answer.code() == Some(code)), "{protocol}: {answers:?}");
    }
    victoria.service().start()?;
    require_taken(&backend.send(Protocol::Http, &meanwhile, &[])?)?;
    require_kept(&victoria, &[sent, meanwhile].concat())
}

/// All of it and nothing else, in the end: it shows what it took some seconds later.
fn require_kept(victoria: &Victoria<'_>, sent: &[Message]) -> Result<()> {
    let expected = points(sent)?.without(&["job", "instance"])?;
    in_the_end(|| {
        let kept = victoria.points(r#"{__name__=~"sortie_.*"}"#)?;
        expected.require_same(&kept, ["what was sent", "VictoriaMetrics"])
    })
}
