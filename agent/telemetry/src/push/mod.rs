//! Push: everything, each interval, to an OTLP receiver.
//!
//! ```text
//!   interval ─▶ collect ─▶ encode ─▶ POST {endpoint}/v1/metrics ─▶ ending ─▶ counted, and told where it is news
//! ```
//!
//! Nothing is kept for later and nothing is sent twice: what is exported is cumulative, so the next export makes up for
//! one that was lost. No failure ends it. It runs on the runtime of whoever calls it and has no thread of its own.

mod client;
mod condition;
mod ending;
mod settings;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use opentelemetry_otlp::{MetricExporter, Protocol, RetryPolicy, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter as _;
use tokio::time::{Instant, MissedTickBehavior};

use self::client::Client;
use self::condition::Condition;
use self::ending::Ending;
pub use self::settings::{PushError, PushSettings};
use crate::spool::Signal;
use crate::telemetry::Telemetry;

/// An export that takes longer counts as failed (OpenTelemetry specification, `OTEL_EXPORTER_OTLP_TIMEOUT`).
const TIMEOUT: Duration = Duration::from_secs(10);

/// A receiver that asks for more patience than this is asked again all the same.
const RETRY_AFTER_MOST: Duration = Duration::from_secs(300);

/// A push that was not begun yet.
#[derive(Debug)]
pub struct Push {
    telemetry: Arc<Telemetry>,
    exporter: MetricExporter,
    client: Arc<Client>,
    endpoint: String,
    interval: Duration,
}

impl Push {
    /// Checks the settings and loads the certificates of the system where the endpoint needs them.
    pub fn new(settings: &PushSettings, telemetry: Arc<Telemetry>) -> Result<Self, PushError> {
        let interval = settings.checked_interval()?;
        let url = settings.url()?;
        let client = Arc::new(Client::new(settings.checked_headers()?, url.scheme() == "https")?);
        let exporter = MetricExporter::builder()
            .with_http()
            .with_shared_http_client(Arc::clone(&client) as _)
            .with_endpoint(url.as_str())
            .with_protocol(Protocol::HttpBinary)
            .with_timeout(TIMEOUT)
            // The next export is the retry: it says all that this one did.
            .with_retry_policy(RetryPolicy::disabled())
            .with_temporality(Temporality::Cumulative)
            .build()?;
        telemetry.exported(Signal::Metrics, 0, None);
        Ok(Self { telemetry, exporter, client, endpoint: url.into(), interval })
    }

    /// Exports for ever. A fleet that starts at once is spread over the first interval.
    pub async fn run(self) {
        let first = Instant::now() + self.interval.mul_f64(self.telemetry.phase());
        let mut timer = tokio::time::interval_at(first, self.interval);
        timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut condition = Condition::default();
        loop {
            timer.tick().await;
            let ending = self.export().await;
            self.telemetry.exported(Signal::Metrics, 1, ending.error_type().as_deref());
            condition.turn(&ending).tell(&self.endpoint);
            if let Some(hold) = ending.hold() {
                timer.reset_after(hold.min(RETRY_AFTER_MOST).max(self.interval));
            }
        }
    }

    async fn export(&self) -> Ending {
        let metrics = self.telemetry.collect();
        let exported = self.exporter.export(&metrics).await;
        match (self.client.take_ending(), exported) {
            (Some(ending), _) => ending,
            (None, Ok(())) => Ending::Taken,
            (None, Err(unsent)) => Ending::Other(unsent.to_string()),
        }
    }
}
