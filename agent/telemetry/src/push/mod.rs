//! Push: everything that is measured, each interval, into the queue that is shipped.
//!
//! ```text
//!   interval ─▶ collect ─▶ exporter: encode ─▶ outbox: compress ─▶ queue
//! ```
//!
//! What is exported is encoded once; whatever becomes of it on its way is not decided here. It runs on the runtime of
//! whoever calls it and has no thread of its own.

mod latest;
mod outbox;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use opentelemetry_otlp::{
    ExporterBuildError, MetricExporter, Protocol, RetryPolicy, WithExportConfig as _, WithHttpConfig as _,
};
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter as _;
use tokio::time::{Instant, MissedTickBehavior};
use tracing::error;

pub use self::latest::Latest;
use self::outbox::Outbox;
use crate::spool::Spool;
use crate::telemetry::Telemetry;

/// The exporter wants an endpoint; no request goes there.
const OUTBOX: &str = "http://outbox.invalid/v1/metrics";

/// Why nothing can be pushed.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// An interval of zero.
    #[error("the time between two exports of metrics must not be zero")]
    Interval,
    /// The exporter refused its settings.
    #[error("failed to prepare the OTLP exporter")]
    Exporter(#[from] ExporterBuildError),
}

/// A push that was not begun yet.
#[derive(Debug)]
pub struct Push {
    telemetry: Arc<Telemetry>,
    exporter: MetricExporter,
    interval: Duration,
}

impl Push {
    /// Prepares to export into this queue.
    pub fn new<S: Spool>(
        interval: Duration,
        spool: Arc<S>,
        telemetry: Arc<Telemetry>,
    ) -> Result<Self, PushError> {
        if interval.is_zero() {
            return Err(PushError::Interval);
        }
        let exporter = MetricExporter::builder()
            .with_http()
            .with_http_client(Outbox::new(spool))
            .with_endpoint(OUTBOX)
            .with_protocol(Protocol::HttpBinary)
            .with_retry_policy(RetryPolicy::disabled())
            .with_temporality(Temporality::Cumulative)
            .build()?;
        Ok(Self { telemetry, exporter, interval })
    }

    /// Exports for ever. A fleet that starts at once is spread over the first interval.
    pub async fn run(self) {
        let first = Instant::now() + self.interval.mul_f64(self.telemetry.phase());
        let mut timer = tokio::time::interval_at(first, self.interval);
        timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            timer.tick().await;
            let metrics = self.telemetry.collect();
            if let Err(reason) = self.exporter.export(&metrics).await {
                error!("failed to encode the metrics: {reason}");
            }
        }
    }
}
