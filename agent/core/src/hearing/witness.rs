//! One operator as a witness: from its observations to one symptom, and what its control did.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::{Control, Greeting, LocalCause, Symptom, Testimony};
use crate::distance;
use crate::errno::Refusal;
use crate::observation::{Attempt, Observation, Peer, SessionEnd};
use crate::outcome::{self, Decisive, Outcome};
use crate::smtp;
use crate::target::Operator;

/// Operators that share an address which they did not configure as a literal.
pub(super) fn shared_names(by_operator: &BTreeMap<&Operator, Vec<&Observation>>) -> BTreeSet<Operator> {
    let mut owners: BTreeMap<IpAddr, BTreeSet<&Operator>> = BTreeMap::new();
    for (operator, observations) in by_operator {
        for ip in observations.iter().filter_map(|o| o.ip()) {
            owners.entry(ip).or_default().insert(operator);
        }
    }
    owners.into_values().filter(|operators| operators.len() > 1).flatten().cloned().collect()
}

pub(super) fn testify(
    operator: &Operator,
    subjects: &[&Observation],
    controls: &[&Observation],
    globals: &[&Observation],
) -> Testimony {
    let (observation, symptom) = strongest(subjects);
    let answering = |o: &&&Observation| outcome::classify(o).is_handshake();
    let answering_globals = || globals.iter().filter(answering);
    let own_control = controls.iter().filter(answering).max_by_key(|o| o.ip() == observation.ip());
    let control = match own_control {
        Some(control) if control.ip() == observation.ip() => Control::SameHost,
        Some(_) => Control::OtherHost,
        None if !controls.is_empty() => Control::Failed,
        None if globals.is_empty() => Control::Absent,
        None if 2 * answering_globals().count() >= globals.len() => Control::Global,
        None => Control::Failed,
    };
    Testimony {
        operator: operator.clone(),
        symptom,
        control,
        peer: observation.ip(),
        hop: sender_hop(observation),
        control_hop: match own_control {
            Some(control) => sender_hop(control),
            None => answering_globals().filter_map(|global| sender_hop(global)).min(),
        },
        raced: subjects.iter().any(|o| outcome::is_raced(o)),
        on_link: observation.on_link,
        is_routed: observation.is_routed,
    }
}

/// The observation that speaks for the operator: a genuine answer, else the symptom that most addresses show.
fn strongest<'a>(subjects: &[&'a Observation]) -> (&'a Observation, Symptom) {
    let judged: Vec<_> = subjects.iter().map(|o| (*o, symptom(o))).collect();
    let alike = |symptom: &Symptom| {
        judged
            .iter()
            .filter(|(_, other)| std::mem::discriminant(other) == std::mem::discriminant(symptom))
            .count()
    };
    let rank = |symptom: &Symptom| match symptom {
        Symptom::Answered(Greeting::Valid) => (4, 0),
        Symptom::Answered(Greeting::NotHeard | Greeting::Lost) => (3, 0),
        Symptom::Answered(_) => (2, 0),
        Symptom::Unresolved(_) => (0, 0),
        other => (1, alike(other)),
    };
    let best = (0..judged.len()).max_by_key(|i| rank(&judged[*i].1)).unwrap_or_default();
    judged[best].clone()
}

fn symptom(observation: &Observation) -> Symptom {
    if let Peer::Unresolved(failure) = observation.peer {
        return Symptom::Unresolved(failure);
    }
    // The session is a real `connect()`: what it was refused, mail is refused.
    if let Some(SessionEnd::Refused(errno)) = observation.session.as_ref().map(|s| &s.end) {
        return local(outcome::classify(observation), Decisive::Refused(*errno));
    }
    if outcome::is_connected(observation) {
        return Symptom::Answered(greeting(observation));
    }
    match outcome::deciding(observation) {
        Decisive::SynAck(_) => Symptom::Answered(greeting(observation)),
        Decisive::Reset(_) => Symptom::Reset,
        Decisive::Icmp(icmp) if !icmp.from_self => Symptom::Icmp(*icmp),
        Decisive::Silence => Symptom::Silent,
        // An output rule that rejects with a reset: only the SYNs that were watched tell whose reset it was.
        Decisive::NotSent if observation.attempts.iter().any(is_reset) => Symptom::Local(LocalCause::Reject),
        decisive => local(outcome::classify(observation), decisive),
    }
}

fn is_reset(attempt: &Attempt) -> bool {
    matches!(outcome::decisive(attempt), Decisive::Reset(_))
}

fn local(outcome: Outcome, decisive: Decisive<'_>) -> Symptom {
    match (outcome, decisive) {
        (Outcome::NoRoute, _) => Symptom::NoRoute,
        (Outcome::LocalError, _) => Symptom::Exhausted,
        (_, Decisive::DroppedOnArrival(_)) => Symptom::Local(LocalCause::Input),
        (_, Decisive::Icmp(_)) => Symptom::Local(LocalCause::Reject),
        (_, Decisive::Refused(errno)) if errno.refusal() == Refusal::Dropped => {
            Symptom::Local(LocalCause::Egress)
        }
        _ => Symptom::Local(LocalCause::Output),
    }
}

fn greeting(observation: &Observation) -> Greeting {
    match observation.session.as_ref().map(|session| &session.end) {
        Some(SessionEnd::Greeting { code: 220, text }) if smtp::is_masked(text) => Greeting::Masked,
        Some(SessionEnd::Greeting { code: 200..=299, .. }) => Greeting::Valid,
        Some(SessionEnd::Greeting { code: 400..=599, .. }) => Greeting::Rejected,
        Some(SessionEnd::Greeting { .. } | SessionEnd::NotSmtp(_)) => Greeting::NotSmtp,
        Some(SessionEnd::Silent | SessionEnd::Closed) => Greeting::Silent,
        Some(SessionEnd::Reset) => Greeting::Reset,
        Some(SessionEnd::NotConnected | SessionEnd::Rejected) => Greeting::Lost,
        None if outcome::classify(observation) == Outcome::ResetAfterHandshake => Greeting::Reset,
        Some(SessionEnd::Refused(_)) | None => Greeting::NotHeard,
    }
}

fn sender_hop(observation: &Observation) -> Option<u8> {
    let ttl = match outcome::deciding(observation) {
        Decisive::SynAck(segment) | Decisive::Reset(segment) => segment.hop_limit,
        Decisive::Icmp(icmp) => icmp.hop_limit,
        _ => None,
    };
    ttl.and_then(distance::hop)
}
