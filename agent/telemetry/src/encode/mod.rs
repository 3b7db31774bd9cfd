//! From what was measured and what happened to the bytes of an OTLP request.
//!
//! ```text
//!   collected metrics ─▶ MetricExporter ──────────────────┐
//!                                                         ├─▶ protobuf ─▶ catch ─▶ resource ─▶ gzip ─▶ Encoded
//!   event ─▶ Logger ─▶ SimpleLogProcessor ─▶ LogExporter ─┘
//! ```
//!
//! OpenTelemetry's own exporters make the request; the client behind them sends nothing and keeps the finished bytes.
//! They are made once: whatever is delivered later, and however often, is this body.

mod catch;
mod request;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use futures_util::FutureExt as _;
use opentelemetry::InstrumentationScope;
use opentelemetry::logs::{Logger as _, LoggerProvider as _};
use opentelemetry_otlp::{
    ExporterBuildError, LogExporter, MetricExporter, Protocol, RetryPolicy, WithExportConfig, WithHttpConfig,
};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::{SdkLogger, SdkLoggerProvider};
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData, ResourceMetrics, ScopeMetrics};
use opentelemetry_sdk::metrics::exporter::PushMetricExporter as _;
use tracing::error;

use self::catch::Catch;
use self::request::Request;
use crate::events::{Event, record};
use crate::resource::SCHEMA_URL;
use crate::spool::{Encoded, Signal};

/// An exporter wants an address. Nothing is ever sent there, and the name resolves nowhere (RFC 2606 section 2).
const NOWHERE: &str = "http://nowhere.invalid/";

/// Both exporters, each with what it caught.
pub(crate) struct Encoder {
    metrics: Lane<MetricExporter>,
    events: Lane<SdkLogger>,
    /// Who speaks from now on.
    resource: Mutex<Resource>,
}

/// One at a time: what is caught belongs to whoever holds the lock.
struct Lane<E> {
    exporter: Mutex<E>,
    caught: Arc<Catch>,
}

impl Encoder {
    /// Everything carries this resource; events carry this scope, and collected metrics bring theirs along.
    pub(crate) fn new(resource: Resource, scope: InstrumentationScope) -> Result<Self, ExporterBuildError> {
        let caught = Arc::<Catch>::default();
        let exporter = set_up(MetricExporter::builder().with_http(), &caught)
            .with_temporality(Temporality::Cumulative)
            .build()?;
        let metrics = Lane { exporter: Mutex::new(exporter), caught };

        let caught = Arc::<Catch>::default();
        let exporter = set_up(LogExporter::builder().with_http(), &caught).build()?;
        let provider = SdkLoggerProvider::builder()
            .with_resource(Resource::builder_empty().with_schema_url([], SCHEMA_URL).build())
            .with_simple_exporter(exporter)
            .build();
        // The logger keeps its provider alive.
        let events = Lane { exporter: Mutex::new(provider.logger_with_scope(scope)), caught };
        Ok(Self { metrics, events, resource: Mutex::new(resource) })
    }

    /// Everything that is encoded from now on is spoken by this resource.
    pub(crate) fn speak_as(&self, resource: Resource) {
        *self.resource.lock().unwrap_or_else(PoisonError::into_inner) = resource;
    }

    /// Who speaks now.
    pub(crate) fn speaker(&self) -> Resource {
        self.resource.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Everything that was collected, as one export. Where that is nothing, collecting has failed and said so.
    pub(crate) fn metrics(&self, collected: &ResourceMetrics) -> Option<Encoded> {
        let points = points(collected);
        if points == 0 {
            return None;
        }
        let exporter = self.metrics.exporter.lock().unwrap_or_else(PoisonError::into_inner);
        match exporter.export(collected).now_or_never() {
            Some(Ok(())) => {
                self.encoded::<ExportMetricsServiceRequest>(&self.metrics.caught, Signal::Metrics, points)
            }
            Some(Err(reason)) => {
                error!("failed to encode the metrics: {reason}");
                None
            }
            None => {
                error!("failed to encode the metrics: the exporter waits for something");
                None
            }
        }
    }

    /// One event, as one export.
    pub(crate) fn event(&self, event: &Event<'_>, uid: &str, at: SystemTime) -> Option<Encoded> {
        let logger = self.events.exporter.lock().unwrap_or_else(PoisonError::into_inner);
        let mut log_record = logger.create_log_record();
        record::fill(&mut log_record, event, uid, at);
        logger.emit(log_record);
        self.encoded::<ExportLogsServiceRequest>(&self.events.caught, Signal::Events, 1)
    }

    fn encoded<R: Request>(&self, caught: &Catch, signal: Signal, records: usize) -> Option<Encoded> {
        let Some(body) = caught.take() else {
            error!("failed to encode {}: the exporter made no request", signal.code());
            return None;
        };
        let body = request::finished::<R>(&body, &self.speaker());
        let body = body.inspect_err(|reason| error!("failed to encode {}: {reason}", signal.code())).ok()?;
        Some(Encoded { signal, records: u32::try_from(records).unwrap_or(u32::MAX), body })
    }
}

impl fmt::Debug for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encoder").finish_non_exhaustive()
    }
}

/// What the environment says of the way (`OTEL_EXPORTER_OTLP_*`) is for whoever ships an export. Here its form is set,
/// and headers, which may be secrets, are not kept.
fn set_up<B: WithExportConfig + WithHttpConfig>(builder: B, caught: &Arc<Catch>) -> B {
    builder
        .with_shared_http_client(Arc::clone(caught) as _)
        .with_endpoint(NOWHERE)
        .with_protocol(Protocol::HttpBinary)
        .with_retry_policy(RetryPolicy::disabled())
}

/// Data points in all metrics together.
fn points(collected: &ResourceMetrics) -> usize {
    fn of<T>(data: &MetricData<T>) -> usize {
        match data {
            MetricData::Gauge(gauge) => gauge.data_points().count(),
            MetricData::Sum(sum) => sum.data_points().count(),
            MetricData::Histogram(histogram) => histogram.data_points().count(),
            MetricData::ExponentialHistogram(histogram) => histogram.data_points().count(),
        }
    }
    let metrics = collected.scope_metrics().flat_map(ScopeMetrics::metrics);
    metrics
        .map(|metric| match metric.data() {
            AggregatedMetrics::U64(data) => of(data),
            AggregatedMetrics::I64(data) => of(data),
            AggregatedMetrics::F64(data) => of(data),
        })
        .sum()
}
