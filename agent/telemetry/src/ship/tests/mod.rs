//! Against real receivers on loopback: every ending of both protocols, and what the queue looks like afterwards.

mod delivery;
mod grpc;
mod http;
mod memory;
mod proxy;
mod receiver;
mod secrets;
mod tls;

use std::time::Duration;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{
    Gauge, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, number_data_point,
};
use prost::Message as _;
use tokio::task::JoinHandle;

use self::memory::Memory;
use self::receiver::{Arrived, Receiver};
use super::*;
use crate::spool::Encoded;
use crate::testing::{self, lines};

/// Short, so that no test waits for long: backoff is up to 100 ms, backlog goes every 3 ms.
const INTERVAL: Duration = Duration::from_millis(20);

/// A shipper under way, between its queue and a receiver.
struct Shipping {
    spool: Arc<Memory>,
    telemetry: Arc<Telemetry>,
    task: JoinHandle<()>,
}

impl Shipping {
    fn start(settings: &ShipSettings, spool: &Arc<Memory>) -> Self {
        let telemetry = Arc::new(testing::telemetry());
        let shipper = Shipper::new(settings, Arc::clone(spool), Arc::clone(&telemetry));
        let mut shipper = shipper.expect("valid settings");
        let task = tokio::spawn(async move { shipper.run().await });
        Self { spool: Arc::clone(spool), telemetry, task }
    }

    /// How often requests of either signal ended in this way so far; without a word: were taken.
    fn counted(&self, error_type: &str) -> u64 {
        let labels = match error_type {
            "" => "sortie_signal=".to_owned(),
            word => format!("error_type=\"{word}\","),
        };
        let page = self.telemetry.prometheus();
        let ended = lines(&page, &format!("sortie_agent_exports_total{{{labels}"));
        ended.iter().filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
    }

    /// Waits until a request has ended in this way.
    async fn ended(&self, error_type: &str) {
        while self.counted(error_type) == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

impl Drop for Shipping {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn settings(receiver: &Receiver, protocol: Protocol) -> ShipSettings {
    ShipSettings { protocol, ..ShipSettings::to(&receiver.url, INTERVAL) }
}

/// An export of one metric with these values.
fn points(values: &[i64]) -> Encoded {
    let point = |value: &i64| NumberDataPoint {
        value: Some(number_data_point::Value::AsInt(*value)),
        ..NumberDataPoint::default()
    };
    let data = Data::Gauge(Gauge { data_points: values.iter().map(point).collect() });
    let metric = Metric { name: "test".to_owned(), data: Some(data), ..Metric::default() };
    let scope = ScopeMetrics { metrics: vec![metric], ..ScopeMetrics::default() };
    let resource = ResourceMetrics { scope_metrics: vec![scope], ..ResourceMetrics::default() };
    encoded(Signal::Metrics, values.len(), &ExportMetricsServiceRequest { resource_metrics: vec![resource] })
}

/// An export of events with these names.
fn records(names: &[&str]) -> Encoded {
    let record = |name: &&str| LogRecord { event_name: (*name).to_owned(), ..LogRecord::default() };
    let scope = ScopeLogs { log_records: names.iter().map(record).collect(), ..ScopeLogs::default() };
    let resource = ResourceLogs { scope_logs: vec![scope], ..ResourceLogs::default() };
    encoded(Signal::Events, names.len(), &ExportLogsServiceRequest { resource_logs: vec![resource] })
}

fn encoded(signal: Signal, records: usize, message: &impl prost::Message) -> Encoded {
    let body = payload::gzipped(&message.encode_to_vec());
    Encoded { signal, records: u32::try_from(records).expect("a few"), body }
}

/// The values in a request of metrics.
fn values(arrived: &Arrived) -> Vec<i64> {
    let message = ExportMetricsServiceRequest::decode(arrived.message()).expect("an export of metrics");
    let scopes = message.resource_metrics.into_iter().flat_map(|resource| resource.scope_metrics);
    let metrics = scopes.flat_map(|scope| scope.metrics);
    let points = metrics.flat_map(|metric| match metric.data {
        Some(Data::Gauge(gauge)) => gauge.data_points,
        other => panic!("{other:?}"),
    });
    let value = |point: NumberDataPoint| match point.value {
        Some(number_data_point::Value::AsInt(value)) => value,
        other => panic!("{other:?}"),
    };
    points.map(value).collect()
}

/// The names in a request of events.
fn names(arrived: &Arrived) -> Vec<String> {
    let message = ExportLogsServiceRequest::decode(arrived.message()).expect("an export of events");
    let scopes = message.resource_logs.into_iter().flat_map(|resource| resource.scope_logs);
    scopes.flat_map(|scope| scope.log_records).map(|record| record.event_name).collect()
}
