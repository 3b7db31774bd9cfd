//! The registry brought to life: one instrument for each metric, each with its limit of series.

use std::sync::{Arc, Mutex, PoisonError};

use opentelemetry::KeyValue;
use opentelemetry::metrics::{AsyncInstrument, Counter, Histogram, Meter};
use opentelemetry_sdk::metrics::{Instrument, Stream};
use sortie_core::expect::Expectation;
use sortie_core::knowledge;
use sortie_core::relay::Usability;
use sortie_core::target::{Family, Port};
use sortie_core::verdict::State;

use crate::bounds::Bounds;
use crate::facts::{ConfigState, StoreState};
use crate::process;
use crate::registry::{self, Kind, Metric, REGISTRY};
use crate::shown::{Shown, Standing, Waiting, seconds};

/// Series are keyed by their attributes in the order in which they are given; in any other order than that of their
/// keys, the SDK keeps every series twice. Arrays of attributes in this crate are sorted by key.
#[derive(Debug)]
pub(crate) struct Instruments {
    pub(crate) attempts: Counter<u64>,
    pub(crate) handshake: Histogram<f64>,
    pub(crate) changes: Counter<u64>,
    pub(crate) skipped: Counter<u64>,
    pub(crate) exports: Counter<u64>,
    pub(crate) dropped: Counter<u64>,
}

impl Instruments {
    /// Makes every instrument of the registry; the gauges read what is `shown` whenever they are asked.
    pub(crate) fn new(meter: &Meter, version: &'static str, shown: &Arc<Mutex<Shown>>) -> Self {
        let attempts = counter(meter, &registry::PROBE_ATTEMPTS);
        let handshake = histogram(meter, &registry::PROBE_HANDSHAKE_DURATION);
        state_set(meter, &registry::PORT_STATUS, shown, port_status);
        let changes = counter(meter, &registry::PORT_STATE_CHANGES);
        gauge(meter, &registry::PORT_LAST_CONCLUSIVE_TIME, shown, last_conclusive);
        state_set(meter, &registry::EXPECTATION_STATUS, shown, expectation_status);
        state_set(meter, &registry::RELAY_STATUS, shown, relay_status);
        gauge(meter, &registry::SUBSCRIPTION_INFO, shown, subscription_info);
        gauge(meter, &registry::AGENT_INFO, shown, move |shown, at| agent_info(version, shown, at));
        state_set(meter, &registry::AGENT_CONFIG_STATUS, shown, config_status);
        let skipped = counter(meter, &registry::AGENT_PROBE_SKIPPED);
        let exports = counter(meter, &registry::AGENT_EXPORTS);
        gauge(meter, &registry::SPOOL_USAGE, shown, |shown, at| of_spool(shown, at, |w| w.usage.bytes));
        gauge(meter, &registry::SPOOL_LIMIT, shown, |shown, at| of_spool(shown, at, |w| w.usage.limit));
        gauge(meter, &registry::SPOOL_OLDEST_AGE, shown, |shown, at| {
            of_spool(shown, at, |waiting| waiting.oldest().as_secs());
        });
        let dropped = counter(meter, &registry::SPOOL_DROPPED);
        state_set(meter, &registry::STORE_STATUS, shown, store_status);
        gauge(meter, &registry::HOST_BOOT_TIME, shown, boot_time);
        process::instruments(meter);
        Self { attempts, handshake, changes, skipped, exports, dropped }
    }
}

/// How an instrument is kept: by the limit of its metric.
pub(crate) fn stream(bounds: &Bounds, instrument: &Instrument) -> Option<Stream> {
    let metric = REGISTRY.iter().find(|metric| metric.name == instrument.name())?;
    Stream::builder().with_cardinality_limit((metric.limit)(bounds)).build().ok()
}

/// The attributes of a port in a family.
pub(crate) fn port_attributes(port: Port, family: Family) -> [KeyValue; 2] {
    [
        KeyValue::new(registry::NETWORK_TYPE.key, family.code()),
        KeyValue::new(registry::SERVER_PORT.key, i64::from(port.number())),
    ]
}

type At<'a, T> = &'a dyn AsyncInstrument<T>;

fn counter(meter: &Meter, metric: &Metric) -> Counter<u64> {
    meter.u64_counter(metric.name).with_unit(metric.unit).with_description(metric.says).build()
}

fn histogram(meter: &Meter, metric: &Metric) -> Histogram<f64> {
    let buckets = if let Kind::Histogram(buckets) = metric.kind { buckets } else { &[] };
    let builder = meter.f64_histogram(metric.name).with_unit(metric.unit).with_description(metric.says);
    builder.with_boundaries(buckets.to_vec()).build()
}

/// A gauge: what holds now, and no sum over time.
fn state_set(
    meter: &Meter,
    metric: &Metric,
    shown: &Arc<Mutex<Shown>>,
    read: impl Fn(&Shown, At<'_, i64>) + Send + Sync + 'static,
) {
    let shown = Arc::clone(shown);
    let builder = meter.i64_observable_gauge(metric.name).with_unit(metric.unit);
    let builder = builder.with_description(metric.says);
    builder.with_callback(move |at| read(&shown.lock().unwrap_or_else(PoisonError::into_inner), at)).build();
}

fn gauge(
    meter: &Meter,
    metric: &Metric,
    shown: &Arc<Mutex<Shown>>,
    read: impl Fn(&Shown, At<'_, u64>) + Send + Sync + 'static,
) {
    let shown = Arc::clone(shown);
    let builder = meter.u64_observable_gauge(metric.name).with_unit(metric.unit);
    let builder = builder.with_description(metric.says);
    builder.with_callback(move |at| read(&shown.lock().unwrap_or_else(PoisonError::into_inner), at)).build();
}

fn port_status(shown: &Shown, at: At<'_, i64>) {
    of_ports(shown, at, registry::PORT_STATE.key, |standing| {
        standing.state.series().map(|(state, value)| (State::code(state), value)).collect()
    });
}

fn expectation_status(shown: &Shown, at: At<'_, i64>) {
    of_ports(shown, at, registry::EXPECTED_STATE.key, |standing| {
        standing.expected.series().map(|(expected, value)| (Expectation::code(expected), value)).collect()
    });
}

fn of_ports(
    shown: &Shown,
    at: At<'_, i64>,
    key: &'static str,
    set: impl Fn(&Standing) -> Vec<(&'static str, i64)>,
) {
    for (&(port, family), standing) in &shown.ports {
        for (state, value) in set(standing) {
            let [family, port] = port_attributes(port, family);
            at.observe(value, &[family, port, KeyValue::new(key, state)]);
        }
    }
}

fn last_conclusive(shown: &Shown, at: At<'_, u64>) {
    for (&(port, family), standing) in &shown.ports {
        if let Some(seconds) = standing.last_conclusive() {
            at.observe(seconds, &port_attributes(port, family));
        }
    }
}

fn relay_status(shown: &Shown, at: At<'_, i64>) {
    for (name, set) in &shown.relays {
        for (state, value) in set.series() {
            let name = KeyValue::new(registry::RELAY_NAME.key, name.clone());
            at.observe(value, &[name, KeyValue::new(registry::RELAY_STATE.key, Usability::code(state))]);
        }
    }
}

fn agent_info(version: &'static str, shown: &Shown, at: At<'_, u64>) {
    let Some(agent) = &shown.agent else { return };
    let host_type = agent.host_type.clone().map(|size| KeyValue::new(registry::HOST_TYPE.key, size));
    let rest = [
        KeyValue::new(registry::SERVICE_VERSION.key, version),
        KeyValue::new(registry::CONFIG_HASH.key, agent.config_hash.clone()),
        KeyValue::new(registry::PROBE_MODE.key, agent.probe_mode),
    ];
    at.observe(1, &host_type.into_iter().chain(rest).collect::<Vec<_>>());
}

fn subscription_info(shown: &Shown, at: At<'_, u64>) {
    let Some(told) = shown.agent.as_ref().and_then(|agent| agent.subscription.as_ref()) else { return };
    let offer = told.quota_id.as_deref().and_then(|id| knowledge::azure().offer(id)).map(|offer| offer.name);
    let facts = [
        (registry::OFFER, offer),
        (registry::QUOTA_ID, told.quota_id.as_deref()),
        (registry::SPENDING_LIMIT, told.spending_limit.as_deref()),
        (registry::SUBSCRIPTION_STATE, told.state.as_deref()),
        (registry::SUBSCRIPTION_TYPE, Some(told.kind.code())),
    ];
    let told = facts
        .into_iter()
        .filter_map(|(attribute, fact)| Some(KeyValue::new(attribute.key, fact?.to_owned())));
    at.observe(1, &told.collect::<Vec<_>>());
}

fn config_status(shown: &Shown, at: At<'_, i64>) {
    let Some(agent) = &shown.agent else { return };
    for (state, value) in agent.config.series() {
        at.observe(value, &[KeyValue::new(registry::CONFIG_STATE.key, ConfigState::code(state))]);
    }
}

fn store_status(shown: &Shown, at: At<'_, i64>) {
    let Some(agent) = &shown.agent else { return };
    for (state, value) in agent.store.series() {
        at.observe(value, &[KeyValue::new(registry::STORE_STATE.key, StoreState::code(state))]);
    }
}

fn boot_time(shown: &Shown, at: At<'_, u64>) {
    let Some(agent) = &shown.agent else { return };
    at.observe(seconds(agent.booted), &[]);
}

fn of_spool(shown: &Shown, at: At<'_, u64>, number: impl Fn(&Waiting) -> u64) {
    for (signal, waiting) in &shown.spool {
        at.observe(number(waiting), &[KeyValue::new(registry::SIGNAL.key, signal.code())]);
    }
}
