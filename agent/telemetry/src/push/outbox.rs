//! Where the exporter believes the receiver to be: it takes what was encoded, and puts it into the queue.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use prost::Message as _;

use crate::ship;
use crate::spool::{Encoded, Signal, Spool};

pub(super) struct Outbox<S>(Arc<S>);

impl<S> Outbox<S> {
    pub(super) fn new(spool: Arc<S>) -> Self {
        Self(spool)
    }
}

#[async_trait]
impl<S: Spool> HttpClient for Outbox<S> {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let message = request.into_body();
        let records = points(&ExportMetricsServiceRequest::decode(message.clone())?);
        let body = ship::gzipped(&message);
        self.0.append(Encoded { signal: Signal::Metrics, records, body }).await;
        Ok(Response::new(Bytes::new()))
    }
}

impl<S> fmt::Debug for Outbox<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Outbox")
    }
}

/// How many points there are to lose.
fn points(export: &ExportMetricsServiceRequest) -> u32 {
    let scopes = export.resource_metrics.iter().flat_map(|resource| &resource.scope_metrics);
    let metrics = scopes.flat_map(|scope| &scope.metrics);
    let points = metrics.filter_map(|metric| metric.data.as_ref()).map(|data| match data {
        Data::Gauge(gauge) => gauge.data_points.len(),
        Data::Sum(sum) => sum.data_points.len(),
        Data::Histogram(histogram) => histogram.data_points.len(),
        Data::ExponentialHistogram(histogram) => histogram.data_points.len(),
        Data::Summary(summary) => summary.data_points.len(),
    });
    u32::try_from(points.sum::<usize>()).unwrap_or(u32::MAX)
}
