//! Exports as an agent makes them, for tests without one: every kind of metric, and an event.

use std::time::{SystemTime, UNIX_EPOCH};

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Gauge, Histogram, HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics,
    ScopeMetrics, Sum,
};
use opentelemetry_proto::tonic::resource::v1::Resource;

use super::Message;

/// An agent that never was.
#[derive(Clone, Debug)]
pub struct Agent {
    host: String,
    since: SystemTime,
}

impl Agent {
    pub fn new(host: &str, since: SystemTime) -> Self {
        Self { host: host.to_owned(), since }
    }

    /// All series of a moment. `turn` makes the values differ from export to export.
    pub fn export(&self, at: SystemTime, turn: u32) -> Message {
        let metrics = vec![
            self.counter("sortie.probe.attempts", at, turn, &destination()),
            self.histogram("sortie.probe.handshake.duration", at, turn, &target()),
            Self::gauge("sortie.port.status", at, 1.0, &state("open")),
            Self::gauge("sortie.port.status", at, 0.0, &state("platform_blocked")),
            Self::gauge("sortie.port.last_conclusive.time", at, 1.7e9 + f64::from(turn) / 8.0, &port()),
        ];
        let scope_metrics = vec![ScopeMetrics { metrics, ..ScopeMetrics::default() }];
        let of_host =
            ResourceMetrics { resource: Some(self.resource()), scope_metrics, ..ResourceMetrics::default() };
        Message::Metrics(ExportMetricsServiceRequest { resource_metrics: vec![of_host] })
    }

    /// One change of a state.
    pub fn event(&self, at: SystemTime, uid: &str) -> Message {
        let record = LogRecord {
            time_unix_nano: nanoseconds(at),
            observed_time_unix_nano: nanoseconds(at),
            event_name: "sortie.port.state_change".to_owned(),
            attributes: [
                [word("log.record.uid", uid), word("sortie.port.state.previous", "open")].to_vec(),
                state("platform_blocked"),
            ]
            .concat(),
            ..LogRecord::default()
        };
        let scope_logs = vec![ScopeLogs { log_records: vec![record], ..ScopeLogs::default() }];
        let of_host = ResourceLogs { resource: Some(self.resource()), scope_logs, ..ResourceLogs::default() };
        Message::Events(ExportLogsServiceRequest { resource_logs: vec![of_host] })
    }

    fn resource(&self) -> Resource {
        let attributes = vec![
            word("service.name", "sortie"),
            word("service.version", "0.0.0"),
            word("service.instance.id", &format!("instance-of-{}", self.host)),
            word("cloud.account.id", "00000000-0000-0000-0000-000000000000"),
            word("cloud.region", "westeurope"),
            word("host.id", &format!("id-of-{}", self.host)),
            word("host.name", &self.host),
        ];
        Resource { attributes, ..Resource::default() }
    }

    fn counter(&self, name: &str, at: SystemTime, value: u32, attributes: &[KeyValue]) -> Metric {
        let point = NumberDataPoint {
            start_time_unix_nano: nanoseconds(self.since),
            ..point(at, Number::AsInt(value.into()), attributes)
        };
        let sum = Sum {
            data_points: vec![point],
            aggregation_temporality: AggregationTemporality::Cumulative.into(),
            is_monotonic: true,
        };
        metric(name, Data::Sum(sum))
    }

    fn gauge(name: &str, at: SystemTime, value: f64, attributes: &[KeyValue]) -> Metric {
        metric(name, Data::Gauge(Gauge { data_points: vec![point(at, Number::AsDouble(value), attributes)] }))
    }

    fn histogram(&self, name: &str, at: SystemTime, turn: u32, attributes: &[KeyValue]) -> Metric {
        let [fast, slow] = [u64::from(turn), 2];
        let point = HistogramDataPoint {
            attributes: attributes.to_vec(),
            start_time_unix_nano: nanoseconds(self.since),
            time_unix_nano: nanoseconds(at),
            count: fast + slow,
            sum: Some(f64::from(turn) * 0.0625 + 2.0),
            explicit_bounds: vec![0.0025, 0.1, 1.0],
            bucket_counts: vec![0, fast, slow, 0],
            ..HistogramDataPoint::default()
        };
        let histogram = Histogram {
            data_points: vec![point],
            aggregation_temporality: AggregationTemporality::Cumulative.into(),
        };
        metric(name, Data::Histogram(histogram))
    }
}

/// An attribute that is text.
pub fn word(key: &str, value: &str) -> KeyValue {
    let value = AnyValue { value: Some(Value::StringValue(value.to_owned())) };
    KeyValue { key: key.to_owned(), value: Some(value), ..KeyValue::default() }
}

fn metric(name: &str, data: Data) -> Metric {
    let unit = if name.ends_with("duration") || name.ends_with("time") { "s" } else { "{thing}" };
    Metric { name: name.to_owned(), unit: unit.to_owned(), data: Some(data), ..Metric::default() }
}

fn point(at: SystemTime, value: Number, attributes: &[KeyValue]) -> NumberDataPoint {
    NumberDataPoint {
        attributes: attributes.to_vec(),
        time_unix_nano: nanoseconds(at),
        value: Some(value),
        ..NumberDataPoint::default()
    }
}

fn port() -> Vec<KeyValue> {
    vec![
        KeyValue {
            key: "server.port".to_owned(),
            value: Some(AnyValue { value: Some(Value::IntValue(25)) }),
            ..KeyValue::default()
        },
        word("network.type", "ipv4"),
    ]
}

fn state(state: &str) -> Vec<KeyValue> {
    [port(), vec![word("sortie.port.state", state)]].concat()
}

fn target() -> Vec<KeyValue> {
    [port(), vec![word("server.address", "192.0.2.25"), word("sortie.target.role", "subject")]].concat()
}

fn destination() -> Vec<KeyValue> {
    [target(), vec![word("sortie.probe.outcome", "established")]].concat()
}

fn nanoseconds(at: SystemTime) -> u64 {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
