//! Exports within requests: one travels alone, several as one message.

use e2e::otlp::Message;
use e2e::receiver::Record;
use opentelemetry_proto::tonic::logs::v1::ResourceLogs;
use opentelemetry_proto::tonic::metrics::v1::ResourceMetrics;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use prost::Message as _;

/// One export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Export {
    /// When it was made, in nanoseconds since 1970.
    pub(super) at: u64,
    /// What it says. Copies of one export are alike.
    pub(super) bytes: Vec<u8>,
}

/// The exports of a message, one for each time that a resource is told.
pub(super) fn exports(message: &Message) -> Vec<Export> {
    let bytes: Vec<_> = match message {
        Message::Metrics(metrics) => {
            metrics.resource_metrics.iter().map(ResourceMetrics::encode_to_vec).collect()
        }
        Message::Events(events) => events.resource_logs.iter().map(ResourceLogs::encode_to_vec).collect(),
    };
    moments(message).into_iter().zip(bytes).map(|(at, bytes)| Export { at, bytes }).collect()
}

/// How many of the exports that were made before a moment these requests have delivered.
pub(super) fn delivered(records: &[Record], before: u64) -> usize {
    let taken = records.iter().filter(|record| record.is_acknowledged());
    let messages = taken.filter_map(|record| record.message.as_ref().ok());
    messages.flat_map(moments).filter(|at| *at < before).count()
}

/// When each of the exports was made: all points of one are of one moment.
fn moments(message: &Message) -> Vec<u64> {
    match message {
        Message::Metrics(metrics) => metrics.resource_metrics.iter().map(of_points).collect(),
        Message::Events(events) => events.resource_logs.iter().map(of_records).collect(),
    }
}

fn of_points(of_host: &ResourceMetrics) -> u64 {
    let metrics = of_host.scope_metrics.iter().flat_map(|scope| &scope.metrics);
    let mut points = metrics.filter_map(|metric| match &metric.data {
        Some(Data::Gauge(gauge)) => gauge.data_points.first(),
        Some(Data::Sum(sum)) => sum.data_points.first(),
        _ => None,
    });
    points.next().map_or(0, |point| point.time_unix_nano)
}

fn of_records(of_host: &ResourceLogs) -> u64 {
    let mut records = of_host.scope_logs.iter().flat_map(|scope| &scope.log_records);
    records.next().map_or(0, |record| record.time_unix_nano)
}
