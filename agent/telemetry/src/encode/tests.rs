//! What is in the bytes.

use std::io::Read as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use flate2::read::GzDecoder;
use opentelemetry::InstrumentationScope;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use prost::Message as _;
use sortie_core::alert::{Alert, Cause, Severity};
use sortie_core::target::Role;
use sortie_core::verdict::State;

use super::{Encoder, points};
use crate::testing::{self, observed, verdict};
use crate::{About, Alerted, Encoded, Event, Signal};

const UID: &str = "019ab6c5-3a00-7cc1-8f3e-2d1f0c9b8a77";

/// The only member of a gzip stream.
fn unpacked(export: &Encoded) -> Vec<u8> {
    let mut rest: &[u8] = &export.body;
    let mut message = Vec::new();
    GzDecoder::new(&mut rest).read_to_end(&mut message).expect("gzip");
    assert_eq!(rest, b"", "there is one member");
    message
}

fn happened() -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(1_795_000_000_250)
}

fn told(event: &Event<'_>) -> (ExportLogsServiceRequest, LogRecord) {
    let export = testing::telemetry().event(event, UID, happened()).expect("bytes");
    assert_eq!((export.signal, export.records), (Signal::Events, 1));
    let request = ExportLogsServiceRequest::decode(&*unpacked(&export)).expect("a request");
    let [resource] = &request.resource_logs[..] else { panic!("{request:?}") };
    let [scope] = &resource.scope_logs[..] else { panic!("{request:?}") };
    let [record] = &scope.log_records[..] else { panic!("{request:?}") };
    let record = record.clone();
    (request, record)
}

fn text(value: Option<&AnyValue>) -> String {
    match value.and_then(|value| value.value.as_ref()).expect("a value") {
        Value::StringValue(text) => text.clone(),
        Value::IntValue(number) => number.to_string(),
        Value::DoubleValue(number) => format!("{number:?}"),
        Value::BoolValue(yes) => yes.to_string(),
        Value::ArrayValue(array) => {
            array.values.iter().map(|value| text(Some(value))).collect::<Vec<_>>().join("|")
        }
        other => panic!("{other:?} is not flat"),
    }
}

fn lines(attributes: &[KeyValue]) -> Vec<String> {
    attributes.iter().map(|pair| format!("{}={}", pair.key, text(pair.value.as_ref()))).collect()
}

#[test]
fn an_export_of_metrics_is_all_that_is_measured_and_counts_its_points() {
    let telemetry = testing::telemetry();
    telemetry.observed(&observed("mx.example:25", Role::Subject, Some(Duration::from_millis(12))));
    let export = telemetry.metrics().expect("bytes");
    let request = ExportMetricsServiceRequest::decode(&*unpacked(&export)).expect("a request");
    assert_eq!(request.resource_metrics.len(), 1);
    let collected = ExportMetricsServiceRequest::from(&telemetry.collect());
    let names = |request: &ExportMetricsServiceRequest| {
        let scopes = request.resource_metrics[0].scope_metrics.clone().into_iter();
        scopes.flat_map(|scope| scope.metrics).map(|metric| metric.name).collect::<Vec<_>>()
    };
    assert_eq!(names(&request), names(&collected));
    assert_eq!(export.signal, Signal::Metrics);
    let counted = points(&telemetry.collect());
    assert_eq!(usize::try_from(export.records), Ok(counted));
    assert!(counted >= 3, "an attempt, its handshake and the skipped rounds, not {counted}");
}

#[test]
fn where_nothing_was_collected_there_is_no_export() {
    let resource = Resource::builder_empty().build();
    let encoder =
        Encoder::new(resource, InstrumentationScope::builder("sortie").build()).expect("an encoder");
    assert_eq!(encoder.metrics(&ResourceMetrics::default()), None);
}

#[test]
fn metrics_and_events_speak_for_the_same_machine_and_program() {
    let telemetry = testing::telemetry();
    let metrics = telemetry.metrics().expect("bytes");
    let metrics = ExportMetricsServiceRequest::decode(&*unpacked(&metrics)).expect("a request");
    let (events, _) = told(&Event::AgentStop { reason: "SIGTERM" });
    let (metrics, events) = (&metrics.resource_metrics[0], &events.resource_logs[0]);
    let sorted = |attributes: &[KeyValue]| {
        let mut lines = lines(attributes);
        lines.sort();
        lines
    };
    let of_metrics = metrics.resource.as_ref().expect("a resource");
    let of_events = events.resource.as_ref().expect("a resource");
    assert_eq!(sorted(&of_metrics.attributes), sorted(&of_events.attributes));
    let schemas = [
        &metrics.schema_url,
        &events.schema_url,
        &metrics.scope_metrics[0].schema_url,
        &events.scope_logs[0].schema_url,
    ];
    assert_eq!(schemas, ["https://opentelemetry.io/schemas/1.44.0"; 4]);
    let scope = events.scope_logs[0].scope.as_ref().expect("a scope");
    assert_eq!(metrics.scope_metrics[0].scope.as_ref(), Some(scope));
    assert_eq!((scope.name.as_str(), scope.version.as_str()), ("sortie", "1.2.3"));
}

#[test]
fn a_change_of_state_tells_who_when_and_all_the_evidence() {
    let (_, record) = told(&Event::PortStateChange {
        verdict: &verdict(State::PlatformBlocked),
        previous: Some(State::Open),
    });
    assert_eq!(record.event_name, "sortie.port.state_change");
    assert_eq!(record.severity_number, 13);
    assert_eq!(record.time_unix_nano, 1_795_000_000_250_000_000);
    assert_ne!(record.observed_time_unix_nano, 0);
    assert_eq!(
        text(record.body.as_ref()),
        "Port 25 over IPv4, outbound from this machine, is stopped by the network provider."
    );
    assert_eq!(
        lines(&record.attributes),
        [
            &format!("log.record.uid={UID}"),
            "server.port=25",
            "network.type=ipv4",
            "sortie.port.state=platform_blocked",
            "sortie.expected.state=open",
            "sortie.port.state.previous=open",
            "sortie.block.signature=silent_drop",
            "sortie.block.attribution=platform_or_security_group",
            "sortie.verdict.confidence=0.9997",
            "sortie.verdict.rule=silent_all",
            "sortie.evidence.text=google: no answer in 2 rounds, control answered|yahoo: no answer in 2 rounds",
            "sortie.evidence.weight=1.7|-0.25",
        ]
    );
}

#[test]
fn a_first_verdict_has_no_state_before_it() {
    let (_, record) = told(&Event::PortStateChange { verdict: &verdict(State::Open), previous: None });
    assert!(lines(&record.attributes).iter().all(|line| !line.contains("previous")), "{record:?}");
}

#[test]
fn an_event_is_as_urgent_as_what_it_tells() {
    let change = |state| told(&Event::PortStateChange { verdict: &verdict(state), previous: None }).1;
    for (state, number) in [
        (State::Open, 9),
        (State::Inconclusive, 9),
        (State::PlatformBlocked, 13),
        (State::Throttled, 13),
        (State::Refused, 13),
        (State::NoEgress, 13),
    ] {
        assert_eq!(change(state).severity_number, number, "{state:?}");
    }
    let verdict = verdict(State::PlatformBlocked);
    for (severity, number) in [(Severity::Critical, 17), (Severity::Warning, 13)] {
        let alert = Alert { cause: Cause::PortBlocked, severity };
        let alert = Alerted { alert, fingerprint: "9f86d081884c7d65", about: About::Port(&verdict) };
        assert_eq!(told(&Event::AlertRaised(alert)).1.severity_number, number, "{severity:?}");
        assert_eq!(told(&Event::AlertCleared(alert)).1.severity_number, 9, "{severity:?}");
    }
}

#[test]
fn an_alert_says_what_is_wrong_and_what_to_do_next() {
    let verdict = verdict(State::PlatformBlocked);
    let alert = Alert { cause: Cause::PortBlocked, severity: Severity::Critical };
    let alert = Alerted { alert, fingerprint: "9f86d081884c7d65", about: About::Port(&verdict) };
    let (_, raised) = told(&Event::AlertRaised(alert));
    assert_eq!(
        text(raised.body.as_ref()),
        "Port 25 over IPv4, outbound from this machine, is stopped by the network provider. \
         Ask the network provider. Send through a relay."
    );
    let (_, cleared) = told(&Event::AlertCleared(alert));
    assert!(text(cleared.body.as_ref()).starts_with("SortiePortBlocked is over. Port 25"), "{cleared:?}");
    assert_eq!(lines(&raised.attributes), lines(&cleared.attributes), "one alert, told twice");
}

#[test]
fn exports_that_are_made_at_once_do_not_mix() {
    let telemetry = testing::telemetry();
    std::thread::scope(|scope| {
        for number in 0..4_u32 {
            let telemetry = &telemetry;
            scope.spawn(move || {
                for round in 0..50 {
                    let uid = format!("{number}-{round}");
                    let event = Event::AgentStop { reason: "SIGTERM" };
                    let export = telemetry.event(&event, &uid, happened()).expect("bytes");
                    let request = ExportLogsServiceRequest::decode(&*unpacked(&export)).expect("a request");
                    let record = &request.resource_logs[0].scope_logs[0].log_records[0];
                    assert_eq!(lines(&record.attributes)[0], format!("log.record.uid={uid}"));
                }
            });
        }
    });
}
