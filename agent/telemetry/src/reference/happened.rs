//! Everything that can be told as an event, once, and what is on the records.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::time::{Duration, UNIX_EPOCH};

use flate2::read::GzDecoder;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use prost::Message as _;
use sortie_core::alert::{Alert, Cause, Severity};
use sortie_core::drift::{Change, Told as Subscribed};
use sortie_core::expect::Expectation;
use sortie_core::knowledge::Subscription;
use sortie_core::observation::EngineKind;
use sortie_core::report::PortVerdict;
use sortie_core::target::Family;
use sortie_core::verdict::rules::ids;
use sortie_core::verdict::{Attribution, Signature, State};
use sortie_core::verification::Reason;

use super::emitted::{Point, point};
use crate::testing;
use crate::{About, Alerted, Event, Exemption, Loss, Signal};

/// All records of one name together.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// The severity numbers.
    pub(super) levels: BTreeSet<i32>,
    /// The attributes of each record.
    pub(super) points: BTreeSet<Point>,
}

/// By name, what a receiver is sent.
pub(super) fn by_otlp() -> BTreeMap<String, Told> {
    let telemetry = testing::telemetry();
    let at = UNIX_EPOCH + Duration::from_secs(1_795_000_000);
    let mut all: BTreeMap<String, Told> = BTreeMap::new();
    happen(|event| {
        let export = telemetry.event(event, "019ab6c5-3a00-7cc1-8f3e-2d1f0c9b8a77", at).expect("bytes");
        let record = only_record(&export.body);
        assert!(record.body.is_some() && record.severity_text.is_empty(), "{record:?}");
        let told = all.entry(record.event_name).or_default();
        told.levels.insert(record.severity_number);
        told.points.insert(point(&record.attributes));
    });
    all
}

fn only_record(body: &[u8]) -> LogRecord {
    let mut message = Vec::new();
    GzDecoder::new(body).read_to_end(&mut message).expect("gzip");
    let request = ExportLogsServiceRequest::decode(&*message).expect("a request");
    let resources = request.resource_logs.into_iter();
    let mut records = resources.flat_map(|r| r.scope_logs).flat_map(|scope| scope.log_records);
    let record = records.next().expect("a record");
    assert!(records.next().is_none(), "one record");
    record
}

fn happen(mut tell: impl FnMut(&Event<'_>)) {
    for verdict in verdicts() {
        tell(&Event::PortStateChange { verdict: &verdict, previous: None });
        for reason in Reason::ALL {
            let exemption = Exemption { reason, verdict: &verdict };
            tell(&Event::ExemptionVerified(exemption));
            tell(&Event::ExemptionRegressed(exemption));
        }
        for cause in Cause::ALL {
            for severity in Severity::ALL {
                let alert = Alert { cause, severity };
                let next_steps = &verdict.next_steps;
                for about in [
                    About::Port(&verdict),
                    About::Relay { name: "own", summary: "It is unusable" },
                    About::Machine { summary: "Something changed", next_steps },
                ] {
                    let alert = Alerted { alert, fingerprint: "9f86d081884c7d65", about };
                    tell(&Event::AlertRaised(alert));
                    tell(&Event::AlertCleared(alert));
                }
            }
        }
    }
    for previous in State::ALL {
        let verdict = testing::verdict(State::Open);
        tell(&Event::PortStateChange { verdict: &verdict, previous: Some(previous) });
    }
    for change in changes() {
        tell(&Event::SubscriptionTypeChange(&change));
    }
    for engine in EngineKind::ALL {
        for resumed in [false, true] {
            tell(&Event::AgentStart { config_hash: "0123456789abcdef", engine, resumed });
        }
    }
    tell(&Event::AgentStop { reason: "SIGTERM" });
    for accepted in [false, true] {
        let (hash, previous) = ("0123456789abcdef", "fedcba9876543210");
        tell(&Event::AgentConfigChange { hash, previous, accepted });
    }
    tell(&Event::AgentClockStep { seconds: -0.75 });
    for signal in Signal::ALL {
        for reason in Loss::ALL {
            tell(&Event::AgentDataDropped { signal, reason, records: 47 });
        }
    }
}

/// Each type before and after, with everything told and with nothing.
fn changes() -> Vec<Change> {
    let bare = |kind| Subscribed { kind, ..testing::nothing_told() };
    let types = Subscription::ALL.map(|kind| Change { previous: bare(kind), current: bare(kind) });
    let whole = Change { previous: testing::told(), current: testing::told() };
    types.into_iter().chain([whole]).collect()
}

/// Each state, signature, attribution, rule, expectation and family, and one without any evidence.
fn verdicts() -> Vec<PortVerdict> {
    let open = || testing::verdict(State::Open);
    let states = State::ALL.map(testing::verdict).into_iter();
    let signatures =
        Signature::ALL.map(|signature| PortVerdict { signature: Some(signature.code()), ..open() });
    let attributions =
        Attribution::ALL.map(|whose| PortVerdict { attribution: Some(whose.code()), ..open() });
    let rules = ids::ALL.map(|rule| PortVerdict { rule, ..open() });
    let expectations = Expectation::ALL.map(|expected| PortVerdict { expected: expected.code(), ..open() });
    let families = Family::ALL.map(|family| PortVerdict { family, ..open() });
    let bare = PortVerdict { evidence: Vec::new(), ..open() };
    let rest = states.chain(signatures).chain(attributions).chain(rules);
    rest.chain(expectations).chain(families).chain([bare]).collect()
}
