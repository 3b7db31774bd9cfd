//! The request that an exporter made, with the resource as it is now: exporters keep the one that they began with, and the
//! cloud tells who this machine is when it likes.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use opentelemetry_http::Bytes;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource as Speaker;
use opentelemetry_sdk::Resource;
use prost::Message;

/// A request of one signal.
pub(super) trait Request: Message + Default {
    /// Who speaks in each of its parts.
    fn speakers(&mut self) -> impl Iterator<Item = &mut Option<Speaker>>;
}

impl Request for ExportMetricsServiceRequest {
    fn speakers(&mut self) -> impl Iterator<Item = &mut Option<Speaker>> {
        self.resource_metrics.iter_mut().map(|part| &mut part.resource)
    }
}

impl Request for ExportLogsServiceRequest {
    fn speakers(&mut self) -> impl Iterator<Item = &mut Option<Speaker>> {
        self.resource_logs.iter_mut().map(|part| &mut part.resource)
    }
}

/// The body that is kept: this request spoken by this resource, packed. The error is a sentence for a log.
pub(super) fn finished<R: Request>(body: &[u8], resource: &Resource) -> Result<Bytes, String> {
    let mut request = R::decode(body).map_err(|error| format!("the exporter made no request: {error}"))?;
    for speaker in request.speakers() {
        *speaker = Some(speaking(resource));
    }
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    let packed = packed.write_all(&request.encode_to_vec()).and_then(|()| packed.finish());
    packed.map(Bytes::from).map_err(|error| format!("failed to pack the request: {error}"))
}

fn speaking(resource: &Resource) -> Speaker {
    let attribute = |(key, value): (&opentelemetry::Key, &opentelemetry::Value)| KeyValue {
        key: key.as_str().to_owned(),
        value: Some(AnyValue::from(value.clone())),
        ..KeyValue::default()
    };
    Speaker { attributes: resource.iter().map(attribute).collect(), ..Speaker::default() }
}
