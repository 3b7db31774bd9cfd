//! An event as a log record of OpenTelemetry.

use std::time::SystemTime;

use opentelemetry::logs::{AnyValue, LogRecord, Severity};
use sortie_core::drift::Change;
use sortie_core::report::PortVerdict;

use super::{About, Alerted, Event, Exemption, words};
use crate::facts::ConfigState;
use crate::registry::{self, Attribute, Level};

type Pairs = Vec<(&'static str, AnyValue)>;

/// Writes the event into an empty record: `uid` is a UUID of version 7, `at` the moment when it happened.
pub(crate) fn fill(record: &mut impl LogRecord, event: &Event<'_>, uid: &str, at: SystemTime) {
    record.set_event_name(event.kind().name);
    record.set_severity_number(severity(event.level()));
    record.set_timestamp(at);
    record.set_body(words::body(event).into());
    record.add_attribute(registry::RECORD_UID.key, uid.to_owned());
    record.add_attributes(attributes(event));
}

fn severity(level: Level) -> Severity {
    match level {
        Level::Info => Severity::Info,
        Level::Warn => Severity::Warn,
        Level::Error => Severity::Error,
    }
}

fn attributes(event: &Event<'_>) -> Pairs {
    match *event {
        Event::PortStateChange { verdict, previous } => {
            let mut pairs = port(verdict);
            pairs.extend(previous.map(|state| pair(registry::PORT_STATE_PREVIOUS, state.code())));
            pairs.extend(finding(verdict));
            pairs
        }
        Event::AlertRaised(alert) | Event::AlertCleared(alert) => {
            let mut pairs = match alert.about {
                About::Port(verdict) => port(verdict),
                About::Relay { name, .. } => vec![pair(registry::RELAY_NAME, name.to_owned())],
                About::Machine { .. } => Vec::new(),
            };
            pairs.extend(of_alert(&alert));
            pairs
        }
        Event::SubscriptionTypeChange(change) => subscription(change),
        Event::ExemptionVerified(exemption) | Event::ExemptionRegressed(exemption) => {
            let Exemption { reason, verdict } = exemption;
            let mut pairs = port(verdict);
            pairs.push(pair(registry::EXEMPTION_REASON, reason.code()));
            pairs.push(pair(registry::PORT_STATE_SINCE, verdict.since.clone()));
            pairs.extend(grounds(verdict));
            pairs
        }
        Event::AgentStart { config_hash, engine, resumed } => vec![
            pair(registry::CONFIG_HASH, config_hash.to_owned()),
            pair(registry::PROBE_MODE, engine.code()),
            pair(registry::AGENT_RESUMED, resumed),
        ],
        Event::AgentStop { reason } => vec![pair(registry::STOP_REASON, reason.to_owned())],
        Event::AgentConfigChange { hash, previous, accepted } => vec![
            pair(registry::CONFIG_HASH, hash.to_owned()),
            pair(registry::CONFIG_HASH_PREVIOUS, previous.to_owned()),
            pair(registry::CONFIG_STATE, ConfigState::of(accepted).code()),
        ],
        Event::AgentClockStep { seconds } => vec![pair(registry::CLOCK_STEP, seconds)],
        Event::AgentDataDropped { signal, reason, records } => vec![
            pair(registry::SIGNAL, signal.code()),
            pair(registry::LOSS_REASON, reason.code()),
            pair(registry::RECORD_COUNT, i64::try_from(records).unwrap_or(i64::MAX)),
        ],
    }
}

/// How the port stands: on every event about one.
fn port(verdict: &PortVerdict) -> Pairs {
    vec![
        pair(registry::SERVER_PORT, i64::from(verdict.port.number())),
        pair(registry::NETWORK_TYPE, verdict.family.code()),
        pair(registry::PORT_STATE, verdict.state),
        pair(registry::EXPECTED_STATE, verdict.expected),
    ]
}

/// What is, beside what was.
fn subscription(Change { previous, current }: &Change) -> Pairs {
    let types = [
        pair(registry::SUBSCRIPTION_TYPE, current.kind.code()),
        pair(registry::SUBSCRIPTION_TYPE_PREVIOUS, previous.kind.code()),
    ];
    let told = registry::WATCHED.into_iter().flat_map(|(now, before, read)| {
        let text = |attribute, told| read(told).map(|text| pair(attribute, text.to_owned()));
        [text(now, current), text(before, previous)]
    });
    types.into_iter().chain(told.flatten()).collect()
}

/// Why the verdict is what it is, whole.
fn finding(verdict: &PortVerdict) -> Pairs {
    let signature = verdict.signature.map(|signature| pair(registry::BLOCK_SIGNATURE, signature));
    let attribution = verdict.attribution.map(|attribution| pair(registry::BLOCK_ATTRIBUTION, attribution));
    signature.into_iter().chain(attribution).chain(grounds(verdict)).collect()
}

/// The rule, how sure it is, and all the evidence.
fn grounds(verdict: &PortVerdict) -> [(&'static str, AnyValue); 4] {
    let texts: AnyValue = verdict.evidence.iter().map(|evidence| evidence.text.clone()).collect();
    let weights: AnyValue = verdict.evidence.iter().map(|evidence| evidence.weight).collect();
    [
        pair(registry::VERDICT_CONFIDENCE, verdict.confidence),
        pair(registry::VERDICT_RULE, verdict.rule),
        pair(registry::EVIDENCE_TEXT, texts),
        pair(registry::EVIDENCE_WEIGHT, weights),
    ]
}

fn of_alert(alert: &Alerted<'_>) -> [(&'static str, AnyValue); 3] {
    [
        pair(registry::ALERT_NAME, alert.alert.cause.code()),
        pair(registry::ALERT_SEVERITY, alert.alert.severity.code()),
        pair(registry::ALERT_FINGERPRINT, alert.fingerprint.to_owned()),
    ]
}

fn pair(attribute: Attribute, value: impl Into<AnyValue>) -> (&'static str, AnyValue) {
    (attribute.key, value.into())
}
