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

    pub fn signal(&self) -> Signal {
        match self {
            Self::Metrics(_) => Signal::Metrics,
            Self::Events(_) => Signal::Events,
        }
    }
}
