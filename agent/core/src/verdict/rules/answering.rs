//! Somebody answers: the real servers, some of them, or something in their place.

use super::{
    CERTAIN, Evidence, Finding, State, View, counted, described, finding, inconclusive, may_convict,
    seen_lines,
};
use crate::distance::TOLERANCE;
use crate::hearing::{Control, Greeting, Symptom, Testimony};
use crate::ledger::{CLEAR, MIN_STREAK, Mode, Prior, symptom_weight};
use crate::target::MIN_OPERATORS;
use crate::verdict::view::{CALM, Placed};
use crate::walk::{Reach, Walk};

/// Walks that must agree before distance names a device: one may have met a load balancer.
const WALKS: usize = 2;
/// Rounds after which operators that keep failing beside others that answer are called partial.
const PARTIAL_ROUNDS: u32 = 3;

/// Something answers in the servers' place.
pub(super) fn replaced(view: &View<'_>) -> Option<Finding> {
    if !may_convict(view) || view.hearing.controls().0 == 0 {
        return None;
    }
    proxy(view).or_else(|| masked(view))
}

/// A handshake is completed by something nearer than the destination.
fn proxy(view: &View<'_>) -> Option<Finding> {
    let answered: Vec<_> = view.hearing.testimonies.iter().filter(|t| t.is_answered()).collect();
    let placed: Vec<_> = answered.iter().map(|t| (*t, view.placed(t, |r| *r == Reach::SynAck))).collect();
    let before = |p: &Placed| matches!(p, Placed::Before(_));
    let walked = one_place(view, placed.iter().filter(|(_, p)| before(p)).map(|(t, _)| *t).collect());
    let genuine = placed.iter().any(|(_, p)| *p == Placed::AtDestination);
    // Without a walk, the TTLs of SYN-ACKs of the same host on two ports tell the same, less sharply.
    let nearer = |t: &&&Testimony| {
        t.control == Control::SameHost
            && matches!((t.hop, t.control_hop), (Some(hop), Some(control)) if hop + TOLERANCE <= control)
    };
    let by_ttl: Vec<_> = answered.iter().filter(nearer).copied().collect();
    let witnesses = if walked.len() >= WALKS && !genuine {
        walked
    } else if by_ttl.len() >= MIN_OPERATORS && !genuine {
        by_ttl
    } else {
        return None;
    };
    let evidence: Vec<_> = witnesses
        .iter()
        .map(|t| {
            let by = match view.placed(t, |r| *r == Reach::SynAck) {
                Placed::Before(ttl) => {
                    format!("a SYN with TTL {ttl} completes the handshake, its control is farther away")
                }
                _ => format!(
                    "answered from hop {}, its control from hop {}",
                    t.hop.unwrap_or(0),
                    t.control_hop.unwrap_or(0)
                ),
            };
            Evidence::new(CERTAIN, format!("{}: {by}", t.operator))
        })
        .collect();
    let because = format!(
        "is intercepted: something nearer than the destinations answers in their place ({})",
        counted(witnesses.len(), "operator")
    );
    Some(finding(State::Intercepted, "proxy_smtp", because).evidence(evidence))
}

/// The witnesses, if one device can be all that they met. A control on the same host shares the destination's way;
/// another host of the operator may simply be farther away. A device stands at one distance from here, while servers
/// of different operators stand at several.
fn one_place<'a>(view: &View<'_>, witnesses: Vec<&'a Testimony>) -> Vec<&'a Testimony> {
    let drawn = |t: &Testimony| view.walk(t).and_then(|walk| walk.subject_draws(|r| *r == Reach::SynAck));
    let exact = |t: &Testimony| view.walk(t).is_some_and(Walk::same_host);
    let first = witnesses.first().and_then(|t| drawn(t));
    if witnesses.iter().all(|t| exact(t) || drawn(t) == first) { witnesses } else { Vec::new() }
}

/// A device on the way overwrites what the servers say.
fn masked(view: &View<'_>) -> Option<Finding> {
    let masked = view.failing(|s| *s == Symptom::Answered(Greeting::Masked));
    if masked.len() < MIN_OPERATORS || masked.len() <= view.good.len() {
        return None;
    }
    let because =
        "is intercepted: a device on the way rewrites the greetings of different operators to 220 ****";
    Some(finding(State::Intercepted, "greeting_masked", because).evidence(seen_lines(&masked)))
}

/// Real servers answer, or all that answer refuse.
pub(super) fn answered(view: &View<'_>) -> Option<Finding> {
    if let Some(found) = throttled(view) {
        return Some(found);
    }
    if view.good.is_empty() {
        return all_odd(view);
    }
    let (good, bad) = (view.good.len(), view.bad.len());
    // A failure that the next round does not repeat is loss, however many operators it hits.
    let passing = view.rounds() >= MIN_STREAK && view.lasting() <= 1;
    if bad <= 1 || passing {
        return Some(open(view));
    }
    let because =
        format!("fails at {}, while {} answered", counted(bad, "operator"), counted(good, "operator"));
    Some(
        finding(State::Partial, "silent_some", because)
            .confidence(0.9)
            .evidence(described(view.bad.iter().chain(&view.good)))
            .settled(view.rounds() >= PARTIAL_ROUNDS),
    )
}

fn open(view: &View<'_>) -> Finding {
    let greeted = view.good.iter().filter(|t| t.symptom == Symptom::Answered(Greeting::Valid)).count();
    let because = if greeted > 0 {
        format!("is open: mail servers of {} answered", counted(greeted, "operator"))
    } else {
        format!("is open: {} completed the handshake", counted(view.good.len(), "operator"))
    };
    // Everybody answered, or enough did that the rest is the rest's own affair once it was asked again.
    let unanimous = view.bad.is_empty() && view.good.len() >= MIN_OPERATORS.min(view.operators());
    finding(State::Open, "open", because)
        .confidence(1.0 - 0.1 / f64::from(u32::try_from(view.good.len()).unwrap_or(u32::MAX)).powi(2))
        .evidence(seen_lines(&view.good).into_iter().map(|line| Evidence::new(2.0, line.text)))
        .evidence(described(view.bad.iter().chain(&view.void)))
        .settled((unanimous || view.rounds() >= 2) && lifts(view))
}

/// Whether the answers outweigh a settled block.
fn lifts(view: &View<'_>) -> bool {
    view.prior() != Prior::Blocked || view.sum(Mode::Drop) <= CLEAR
}

/// Operators that answered a moment ago are silent now while their controls answer: a quota, not a block.
fn throttled(view: &View<'_>) -> Option<Finding> {
    let fell = view.fell_silent();
    let (subject, control) = view.tallies();
    let everybody = view.bad.is_empty() && view.void.is_empty();
    if fell < WALKS
        || everybody
        || control.loss() > CALM
        || subject.loss() <= 2.0 * control.loss()
        || view.fell_quiet()
        || !may_convict(view)
    {
        return None;
    }
    let silent = view.failing(|s| *s == Symptom::Silent);
    let because =
        format!("is throttled: {} answered first and fell silent within a minute", counted(fell, "operator"));
    let loss = format!(
        "{:.0} % of SYNs unanswered on the port, {:.0} % on the controls",
        100.0 * subject.loss(),
        100.0 * control.loss()
    );
    Some(
        finding(State::Throttled, "throttled", because)
            .confidence(0.8)
            .evidence([Evidence::new(symptom_weight(2), loss)])
            .evidence(described(silent.iter().chain(&view.good)))
            .settled(view.rounds() >= PARTIAL_ROUNDS),
    )
}

/// Handshakes everywhere and not one greeting.
fn all_odd(view: &View<'_>) -> Option<Finding> {
    let count = |greeting: Greeting| view.failing(|s| *s == Symptom::Answered(greeting));
    let lost: Vec<_> =
        view.void.iter().copied().filter(|t| t.symptom == Symptom::Answered(Greeting::Lost)).collect();
    let confirmed = view.rounds() >= 2;
    let rejected = count(Greeting::Rejected);
    if rejected.len() >= MIN_OPERATORS && may_convict(view) {
        let because = format!(
            "is refused by the destinations: {} greeted with a refusal",
            counted(rejected.len(), "operator")
        );
        return Some(
            finding(State::Refused, "greeting_rejected", because)
                .evidence(seen_lines(&rejected))
                .settled(confirmed),
        );
    }
    for (odd, rule, because) in [
        (
            count(Greeting::Silent),
            "synack_silent",
            "is connected and then silent: no server greets, and nothing shows who holds the greeting back",
        ),
        (
            count(Greeting::Reset),
            "synack_then_rst",
            "is connected and then reset before a greeting; nothing shows by whom",
        ),
        (
            count(Greeting::NotSmtp),
            "not_smtp",
            "is connected, but what answers does not speak SMTP; nothing shows who it is",
        ),
        (lost, "session_lost", "completes a handshake and loses the next one; no server greeted"),
    ] {
        if 2 * odd.len() > view.bad.len() + view.void.len() {
            return Some(inconclusive(rule, because).evidence(described(&odd)).settled(confirmed));
        }
    }
    None
}
