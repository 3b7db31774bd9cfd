//! OTLP as it goes over the wire: what is asked of whom, and what a body holds.
//!
//! Written against the protocol's definition and not against Sortie: neither its encoder nor its shipper is used here.

mod body;
mod grpc;
pub mod sample;
mod send;

use std::fmt;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::Metric;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use prost::Message as _;

pub use body::{compress, decompress, elements};
pub use grpc::{Frame, RetryInfo, status_details};
pub use send::{Answer, Sender};

/// How OTLP is spoken (OTLP specification, "OTLP/gRPC" and "OTLP/HTTP").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    Http,
    Grpc,
}

impl Protocol {
    pub const BOTH: [Self; 2] = [Self::Http, Self::Grpc];

    /// The word of `[otlp] protocol`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Http => "http/protobuf",
            Self::Grpc => "grpc",
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Signal {
    Metrics,
    Events,
}

impl Signal {
    pub const BOTH: [Self; 2] = [Self::Metrics, Self::Events];

    pub fn path(self, protocol: Protocol) -> &'static str {
        match (protocol, self) {
            (Protocol::Http, Self::Metrics) => "/v1/metrics",
            (Protocol::Http, Self::Events) => "/v1/logs",
            (Protocol::Grpc, Self::Metrics) => {
                "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"
            }
            (Protocol::Grpc, Self::Events) => "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
        }
    }

    /// Which signal a path means. A backend's OTLP endpoint has a path of its own before it.
    pub fn of_path(path: &str, protocol: Protocol) -> Option<Self> {
        Self::BOTH.into_iter().find(|signal| path.ends_with(signal.path(protocol)))
    }
}

fn points(metric: &Metric) -> usize {
    match &metric.data {
        Some(Data::Gauge(gauge)) => gauge.data_points.len(),
        Some(Data::Sum(sum)) => sum.data_points.len(),
        Some(Data::Histogram(histogram)) => histogram.data_points.len(),
        Some(Data::ExponentialHistogram(histogram)) => histogram.data_points.len(),
        Some(Data::Summary(summary)) => summary.data_points.len(),
        None => 0,
    }
}

fn moment(metric: &Metric) -> Option<u64> {
    match metric.data.as_ref()? {
        Data::Gauge(gauge) => Some(gauge.data_points.first()?.time_unix_nano),
        Data::Sum(sum) => Some(sum.data_points.first()?.time_unix_nano),
        Data::Histogram(histogram) => Some(histogram.data_points.first()?.time_unix_nano),
        Data::ExponentialHistogram(histogram) => Some(histogram.data_points.first()?.time_unix_nano),
        Data::Summary(summary) => Some(summary.data_points.first()?.time_unix_nano),
    }
}

/// A request's message.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    Metrics(ExportMetricsServiceRequest),
    Events(ExportLogsServiceRequest),
}

impl Message {
    pub fn decode(signal: Signal, bytes: &[u8]) -> Result<Self, prost::DecodeError> {
        Ok(match signal {
            Signal::Metrics => Self::Metrics(ExportMetricsServiceRequest::decode(bytes)?),
            Signal::Events => Self::Events(ExportLogsServiceRequest::decode(bytes)?),
        })
    }

    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Metrics(message) => message.encode_to_vec(),
            Self::Events(message) => message.encode_to_vec(),
        }
    }

    pub fn metrics(&self) -> Option<&ExportMetricsServiceRequest> {
        match self {
            Self::Metrics(message) => Some(message),
            Self::Events(_) => None,
        }
    }

    pub fn events(&self) -> Option<&ExportLogsServiceRequest> {
        match self {
            Self::Events(message) => Some(message),
            Self::Metrics(_) => None,
        }
    }

    /// Points of metrics, or records of events: what OTLP counts.
    pub fn count(&self) -> u64 {
        let count = match self {
            Self::Metrics(message) => {
                let scopes = message.resource_metrics.iter().flat_map(|of_host| &of_host.scope_metrics);
                scopes.flat_map(|scope| &scope.metrics).map(points).sum()
            }
            Self::Events(message) => {
                let scopes = message.resource_logs.iter().flat_map(|of_host| &of_host.scope_logs);
                scopes.map(|scope| scope.log_records.len()).sum::<usize>()
            }
        };
        count as u64
    }

    /// When the first point was taken or the first event happened, in nanoseconds since 1970.
    pub fn moment(&self) -> Option<u64> {
        match self {
            Self::Metrics(message) => {
                let scopes = message.resource_metrics.iter().flat_map(|of_host| &of_host.scope_metrics);
                scopes.flat_map(|scope| &scope.metrics).find_map(moment)
            }
            Self::Events(message) => {
                let scopes = message.resource_logs.iter().flat_map(|of_host| &of_host.scope_logs);
                scopes.flat_map(|scope| &scope.log_records).map(|record| record.time_unix_nano).next()
            }
        }
    }

    pub fn signal(&self) -> Signal {
        match self {
            Self::Metrics(_) => Signal::Metrics,
            Self::Events(_) => Signal::Events,
        }
    }
}
