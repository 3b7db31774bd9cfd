//! What every destination answered, in rows: from the report, else from what is remembered.

use std::collections::BTreeMap;
use std::time::Duration;

use sortie_core::history::Sample;
use sortie_core::report::{Report, Sighting};

use super::document::Probe;
use super::moment::written;
use super::sources::Past;

/// The rows of the last round that is known, as the report orders them.
pub(super) fn of(report: &Report, past: &Past) -> Vec<Probe> {
    if report.observations.is_empty() {
        return past.latest.iter().map(|(sample, at)| remembered(sample, *at)).collect();
    }
    report.observations.iter().map(seen).collect()
}

fn seen(sighting: &Sighting) -> Probe {
    Probe {
        operator: sighting.operator.clone(),
        role: sighting.role,
        address: sighting.address.clone(),
        peer: sighting.peer.clone(),
        port: sighting.port,
        family: sighting.family,
        outcome: sighting.outcome,
        dns: sighting.detail.dns,
        syns: syns(sighting),
        greeting: sighting.detail.greeting.clone(),
        ms: sighting.peer.is_some().then_some(sighting.duration_ms),
        at: None,
    }
}

/// `3 × silent`, `1 × SYN-ACK ttl 52, 2 × silent`.
fn syns(sighting: &Sighting) -> Option<String> {
    let mut alike: BTreeMap<&str, usize> = BTreeMap::new();
    for attempt in &sighting.attempts {
        *alike.entry(&attempt.seen).or_default() += 1;
    }
    let told: Vec<String> = alike.iter().map(|(seen, count)| format!("{count} × {seen}")).collect();
    (!told.is_empty()).then(|| told.join(", "))
}

fn remembered(sample: &Sample, at: Duration) -> Probe {
    Probe {
        operator: sample.operator.clone(),
        role: sample.role,
        address: sample.address.clone(),
        peer: None,
        port: sample.port,
        family: sample.family,
        outcome: sample.outcome.code(),
        dns: None,
        syns: None,
        greeting: None,
        ms: sample.handshake_us.map(|took| Duration::from_micros(took).as_secs_f64() * 1e3),
        at: Some(written(at)),
    }
}

#[cfg(test)]
mod tests {
    use sortie_core::outcome::Outcome;
    use sortie_core::target::{Family, Port, Role};

    use super::*;
    use crate::render::sample;

    #[test]
    fn a_report_with_observations_is_believed_before_what_is_remembered() {
        let sample = Sample {
            operator: Some("google".to_owned()),
            role: Role::Anchor,
            address: "mx.example:25".to_owned(),
            port: Port::SMTP,
            family: Family::Ipv4,
            outcome: Outcome::Greeted,
            handshake_us: Some(12_500),
        };
        let past = Past { latest: vec![(sample, Duration::from_secs(60))], ..Past::default() };
        let report = sample::report();
        assert_eq!(of(&report, &past).len(), report.observations.len());
        let kept = of(&Report { observations: Vec::new(), ..report }, &past);
        assert_eq!((kept[0].outcome, kept[0].ms, kept[0].syns.as_deref()), ("greeted", Some(12.5), None));
        assert_eq!(kept[0].at.as_deref(), Some("1970-01-01T00:01:00.000Z"));
    }

    #[test]
    fn syns_that_drew_the_same_are_counted() {
        let report = sample::report();
        assert_eq!(syns(&report.observations[0]).as_deref(), Some("3 × silent"));
        assert_eq!(syns(&report.observations[3]), None, "its name gave no address");
    }
}
