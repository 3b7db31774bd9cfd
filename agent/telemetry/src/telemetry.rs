//! The one set of instruments, and what is read from it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, SystemTime};

use opentelemetry::metrics::MeterProvider as _;
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::reader::MetricReader;
use opentelemetry_sdk::metrics::{InstrumentKind, ManualReader, Pipeline, SdkMeterProvider, Temporality};
use sortie_core::observation::Observation;
use sortie_core::outcome;
use sortie_core::report::compose;
use sortie_core::target::{Family, Port};
use tracing::error;
use uuid::Uuid;

use crate::bounds::Bounds;
use crate::encode::Encoder;
use crate::events::Event;
use crate::exposition;
use crate::facts::{Facts, Skip, SpoolUsage};
use crate::instruments::{self, Instruments};
use crate::registry;
use crate::resource::{self, CloudIdentity, Identity};
use crate::shown::{Shown, Waiting};
use crate::spool::{Encoded, Loss, Signal};

/// Why there are no instruments.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TelemetryError {
    /// Series of two machines would be one.
    #[error(
        "neither a host id nor a host name is known, so nothing tells the metrics of this machine from others: set `agent.host_id`"
    )]
    NoIdentity,
    /// Nothing to measure, or more than a configuration can hold.
    #[error(
        "metrics have room for 1 to {} destinations and 1 to {} ports, not for {} and {}",
        Bounds::MOST.destinations, Bounds::MOST.ports, .0.destinations, .0.ports
    )]
    Bounds(Bounds),
    /// OpenTelemetry refused its settings.
    #[error("failed to prepare the OTLP encoding: {0}")]
    Encoding(String),
}

/// What is measured and shown. Nothing here waits, and nothing fails once it exists.
pub struct Telemetry {
    instruments: Instruments,
    shown: Arc<Mutex<Shown>>,
    reader: Arc<ManualReader>,
    encoder: Encoder,
    /// Why what is of a signal is not delivered.
    undelivered: Mutex<BTreeMap<Signal, String>>,
    instance: Uuid,
    identity: Identity,
    /// Ends the pipeline when it is dropped.
    _provider: SdkMeterProvider,
}

impl Telemetry {
    /// Makes every instrument of the registry, and reads `OTEL_RESOURCE_ATTRIBUTES` and `OTEL_SERVICE_NAME`.
    pub fn new(identity: &Identity, bounds: &Bounds) -> Result<Self, TelemetryError> {
        let instance = identity.instance().ok_or(TelemetryError::NoIdentity)?;
        let bounds = bounds.check().ok_or(TelemetryError::Bounds(*bounds))?.with_room();
        let resource = resource::resource(identity, instance);
        let scope = InstrumentationScope::builder("sortie")
            .with_version(identity.service_version)
            .with_schema_url(resource::SCHEMA_URL)
            .build();
        let encoder = Encoder::new(resource, scope.clone())
            .map_err(|error| TelemetryError::Encoding(error.to_string()))?;
        let reader = Arc::new(ManualReader::builder().with_temporality(Temporality::Cumulative).build());
        let provider = SdkMeterProvider::builder()
            .with_resource(Resource::builder_empty().with_schema_url([], resource::SCHEMA_URL).build())
            .with_reader(OnDemand(Arc::clone(&reader)))
            .with_view(move |instrument: &_| instruments::stream(&bounds, instrument))
            .build();
        let shown = Arc::default();
        let instruments =
            Instruments::new(&provider.meter_with_scope(scope), identity.service_version, &shown);
        // A counter that begins at one hides its first increase from every rate.
        for skip in Skip::ALL {
            instruments.skipped.add(0, &[skip_reason(skip)]);
        }
        Ok(Self {
            instruments,
            shown,
            reader,
            encoder,
            undelivered: Mutex::default(),
            instance,
            identity: identity.clone(),
            _provider: provider,
        })
    }

    /// The cloud has told who this machine is: everything that is exported from now on says so.
    pub fn identify(&self, cloud: CloudIdentity) {
        let identity = Identity { cloud, ..self.identity.clone() };
        self.encoder.speak_as(resource::resource(&identity, self.instance));
    }

    /// Counts an attempt, and how long its handshake took where one was completed.
    pub fn observed(&self, observation: &Observation) {
        let [family, port] = instruments::port_attributes(observation.port(), observation.family);
        let address = KeyValue::new(registry::SERVER_ADDRESS.key, observation.address.host_text());
        let role = KeyValue::new(registry::TARGET_ROLE.key, observation.role.code());
        if let Some(took) = compose::handshake(observation) {
            let attributes = [family.clone(), address.clone(), port.clone(), role.clone()];
            self.instruments.handshake.record(took.as_secs_f64(), &attributes);
        }
        let outcome = KeyValue::new(registry::PROBE_OUTCOME.key, outcome::classify(observation).code());
        self.instruments.attempts.add(1, &[family, address, port, outcome, role]);
    }

    /// Counts a change of the state of a port.
    pub fn changed(&self, port: Port, family: Family) {
        self.instruments.changes.add(1, &instruments::port_attributes(port, family));
    }

    /// Counts a round that was left out.
    pub fn skipped(&self, skip: Skip) {
        self.instruments.skipped.add(1, &[skip_reason(skip)]);
    }

    /// What the gauges say from now on.
    pub fn show(&self, facts: Facts) {
        for port in &facts.ports {
            self.instruments.changes.add(0, &instruments::port_attributes(port.port, port.family));
        }
        self.shown().turn(facts);
    }

    /// What waits in this lane of the queue as of now. A lane of which nothing was said has no series.
    pub fn spooled(&self, signal: Signal, usage: SpoolUsage) {
        // Every loss is there before it happens.
        for loss in Loss::ALL {
            self.dropped(signal, loss, 0);
        }
        self.shown().spool.insert(signal, Waiting::new(usage));
    }

    /// Nothing is exported any more. What was lost stays counted.
    pub fn unspooled(&self) {
        self.shown().spool.clear();
    }

    /// Counts records that will never be delivered: those of earlier lives at the start, then each loss as it happens.
    pub fn dropped(&self, signal: Signal, reason: Loss, records: u64) {
        let reason = KeyValue::new(registry::LOSS_REASON.key, reason.code());
        let signal = KeyValue::new(registry::SIGNAL.key, signal.code());
        self.instruments.dropped.add(records, &[reason, signal]);
    }

    /// The page for Prometheus, to be served as [`crate::PROMETHEUS_CONTENT_TYPE`].
    pub fn prometheus(&self) -> String {
        exposition::page(&self.collect(), &self.encoder.speaker())
    }

    /// Everything that is measured and shown as of now, as one export. `None` where it could not be encoded, which the
    /// log tells.
    pub fn metrics(&self) -> Option<Encoded> {
        self.encoder.metrics(&self.collect())
    }

    /// Something that happened at this moment, as one export. `uid` is a UUID of version 7 that nothing else has, the
    /// same on every face that tells it. `None` where it could not be encoded, which the log tells.
    pub fn event(&self, event: &Event<'_>, uid: &str, at: SystemTime) -> Option<Encoded> {
        self.encoder.event(event, uid, at)
    }

    /// Why the latest request of a signal was not taken, to finish the sentence "metrics do not reach the receiver: …".
    /// `None` where it was, or nothing was sent.
    pub fn undelivered(&self, signal: Signal) -> Option<String> {
        self.lock_undelivered().get(&signal).cloned()
    }

    /// How the latest request of a signal ended: `None` where it was taken.
    pub(crate) fn reached(&self, signal: Signal, failure: Option<String>) {
        let mut undelivered = self.lock_undelivered();
        match failure {
            Some(failure) => drop(undelivered.insert(signal, failure)),
            None => drop(undelivered.remove(&signal)),
        }
    }

    fn lock_undelivered(&self) -> MutexGuard<'_, BTreeMap<Signal, String>> {
        self.undelivered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything as of now.
    pub(crate) fn collect(&self) -> ResourceMetrics {
        let mut metrics = ResourceMetrics::default();
        if let Err(reason) = self.reader.collect(&mut metrics) {
            error!("failed to collect the metrics: {reason}");
        }
        metrics
    }

    /// Counts exports that ended in one way; the reason is absent where they were taken.
    pub(crate) fn exported(&self, signal: Signal, count: u64, failure: Option<&str>) {
        let signal = KeyValue::new(registry::SIGNAL.key, signal.code());
        match failure {
            None => self.instruments.exports.add(count, &[signal]),
            Some(reason) => {
                let reason = KeyValue::new(registry::ERROR_TYPE.key, reason.to_owned());
                self.instruments.exports.add(count, &[reason, signal]);
            }
        }
    }

    /// From 0 to 1, the same in every life of this machine and spread evenly over a fleet.
    pub(crate) fn phase(&self) -> f64 {
        let [.., a, b, c, d] = *self.instance.as_bytes();
        f64::from(u32::from_be_bytes([a, b, c, d])) / (f64::from(u32::MAX) + 1.0)
    }
}

impl fmt::Debug for Telemetry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Telemetry").field("instance", &self.instance).finish_non_exhaustive()
    }
}

fn skip_reason(skip: Skip) -> KeyValue {
    KeyValue::new(registry::SKIP_REASON.key, skip.code())
}

/// The provider wants a reader of its own; page and push read the same one.
#[derive(Debug)]
struct OnDemand(Arc<ManualReader>);

impl MetricReader for OnDemand {
    fn register_pipeline(&self, pipeline: Weak<Pipeline>) {
        self.0.register_pipeline(pipeline);
    }

    fn collect(&self, metrics: &mut ResourceMetrics) -> OTelSdkResult {
        self.0.collect(metrics)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }

    /// A gauge has no temporality on the wire, and to the SDK it says what becomes of a series that nobody observes any
    /// more: "cumulative" keeps it for ever, "delta" lets go of it.
    fn temporality(&self, kind: InstrumentKind) -> Temporality {
        match kind {
            InstrumentKind::ObservableGauge => Temporality::Delta,
            _ => self.0.temporality(kind),
        }
    }
}

#[cfg(test)]
mod tests;
