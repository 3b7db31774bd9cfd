//! Silence: convicted by the ledger, unless something shows that the packets pass the platform.

use std::collections::BTreeMap;

use super::{
    Evidence, Finding, Signature, State, View, counted, finding, inconclusive, ledger_lines, may_convict,
};
use crate::distance::PLATFORM_HOPS;
use crate::hearing::{Symptom, Testimony};
use crate::ledger::{Mode, RAISE};
use crate::observation::EngineKind;
use crate::target::MIN_OPERATORS;
use crate::walk::{Reach, Walk};

/// Walks whose subject stops inside the platform while the control travels on (facts §3.2: L).
const STOPS_INSIDE: f64 = 2.0;
/// Walks that must agree before they count.
const WALKS: usize = 2;
/// Rounds after which an unproven silence stays unproven.
const ENOUGH_ROUNDS: u32 = 4;

/// How evidence that the packets pass the platform is shown. It is not added up: it is a veto.
const VETO: f64 = -3.0;

/// What one walk says about a silent subject.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Travel {
    /// Seen to die within the platform's hops, the control seen beyond.
    StopsInside(u8),
    /// Last seen at the platform's last hop: whoever drops it stands on one side of the edge or the other.
    StopsAtEdge(u8),
    /// Seen to stop at this hop, beyond the platform and before the destination.
    StopsBeyond(u8),
    /// Seen beyond the platform's hops, or at the last hop before the destination.
    Passes(u8),
    /// Nothing to compare.
    Unknown,
}

pub(super) fn decide(view: &View<'_>) -> Option<Finding> {
    let silent = view.failing(|s| *s == Symptom::Silent);
    if silent.len() < MIN_OPERATORS
        || !view.good.is_empty()
        || 2 * silent.len() <= view.bad.len()
        || !may_convict(view)
    {
        return None;
    }
    let travels: Vec<_> = silent.iter().map(|t| (*t, travel(view, t))).collect();
    let count = |wanted: fn(Travel) -> bool| travels.iter().filter(|(_, travel)| wanted(*travel)).count();
    let inside = count(|t| matches!(t, Travel::StopsInside(_)));
    let passing = count(|t| matches!(t, Travel::Passes(_) | Travel::StopsBeyond(_)));
    let edge = count(|t| matches!(t, Travel::StopsAtEdge(_)));
    let localised = if inside >= WALKS && passing == 0 { STOPS_INSIDE } else { 0.0 };
    let bans = view.sum(Mode::Drop) + localised;
    let mut evidence = ledger_lines(view, Mode::Drop, &silent);
    evidence.extend(walk_lines(&travels, localised));
    let operators = counted(silent.len(), "operator");
    let proven = bans >= RAISE && view.quorum(Mode::Drop) >= MIN_OPERATORS && view.walked();
    let enough = view.rounds() >= ENOUGH_ROUNDS;

    if passing > 0 || answers_from_afar(view) {
        return Some(beyond(view, &travels, evidence, bans, proven));
    }
    if edge >= WALKS {
        let because = format!(
            "gets no answer from {operators}: SYNs vanish at the provider's last hop or the first one beyond, and nothing shows on which side"
        );
        return Some(
            inconclusive("silent_edge", because)
                .evidence(evidence)
                .settled(view.rounds() >= 2 && view.walked()),
        );
    }
    if view.late() > 0 {
        let because = format!(
            "is answered too late: {} completed a handshake after the window had closed",
            counted(view.late(), "operator")
        );
        return Some(inconclusive("silent_late", because).evidence(evidence).settled(enough));
    }
    if dropped_on_arrival(view, &silent) {
        evidence.push(Evidence::new(
            -STOPS_INSIDE,
            format!("{} packets arrived at this machine and were delivered to nobody", view.undelivered()),
        ));
        let because = format!(
            "gets no answer from {operators}, and this machine dropped packets that arrived meanwhile: its own input rules may hide the answers"
        );
        return Some(inconclusive("answers_undelivered", because).evidence(evidence).settled(enough));
    }
    if view.answered_recently() {
        let because = format!(
            "gets no answer from {operators}, but was answered within the last minute: a throttle looks the same"
        );
        let settled = enough && !view.is_torn();
        return Some(inconclusive("silent_answered_before", because).evidence(evidence).settled(settled));
    }
    if !proven {
        let because =
            format!("gets no answer from {operators} while their controls answer; that is not yet proof");
        return Some(
            inconclusive("silent_all", because).evidence(evidence).bans(bans.min(0.0)).settled(enough),
        );
    }
    // Also those before this sitting: a later one that confirms in a single round takes nothing back.
    let rounds = silent.iter().map(|testimony| view.streak(testimony, Mode::Drop)).min().unwrap_or_default();
    let because = format!(
        "is blocked by {}: {operators} did not answer in {} while their controls answered",
        super::PROVIDER,
        counted(rounds as usize, "round")
    );
    Some(
        finding(State::PlatformBlocked, "silent_all", because)
            .signature(Signature::SilentDrop)
            .bans(bans)
            .evidence(evidence),
    )
}

/// The packets pass the platform: a veto, whatever the ledger says.
fn beyond(
    view: &View<'_>,
    travels: &[(&Testimony, Travel)],
    evidence: Vec<Evidence>,
    bans: f64,
    proven: bool,
) -> Finding {
    let stops: Vec<u8> = travels
        .iter()
        .filter_map(|(_, t)| if let Travel::StopsBeyond(hop) = t { Some(*hop) } else { None })
        .collect();
    let located = stops.len() >= WALKS && stops.iter().all(|hop| *hop == stops[0]);
    let contradicted = travels.iter().any(|(_, t)| matches!(t, Travel::Passes(_) | Travel::StopsInside(_)));
    if located && !contradicted && proven {
        let because = format!(
            "is blocked on the path: SYNs vanish at hop {} or the next, beyond the provider's own hops, while the controls travel on",
            stops[0]
        );
        return finding(State::PathBlocked, "silent_path", because)
            .signature(Signature::SilentDrop)
            .bans(bans)
            .evidence(evidence);
    }
    let because = "gets no answer, but its packets pass the network provider: the destinations, the last hop before them or the way back swallow it, and nothing shows which";
    inconclusive("silent_beyond", because).evidence(evidence).settled(view.rounds() >= 2 && view.walked())
}

fn travel(view: &View<'_>, testimony: &Testimony) -> Travel {
    let Some(walk) = view.walk(testimony) else { return Travel::Unknown };
    let reach = walk.subject_reach().unwrap_or(0);
    let distance = walk.control_distance().filter(|_| walk.same_host());
    let last_hop = distance.is_some_and(|distance| reach + 1 >= distance) || hands_over(walk, reach);
    let farther =
        walk.steps.iter().filter(|step| step.control.iter().any(answered)).map(|step| step.ttl).max();
    let control_travels_on = farther.is_some_and(|ttl| ttl >= reach + 2);
    if reach > PLATFORM_HOPS {
        // A filter behind the TTL check lets its own hop answer: the device is this hop or the next, and the next
        // must not be the destination.
        let before_destination = distance.is_some_and(|distance| reach + 1 < distance);
        return if before_destination && control_travels_on && retried_beyond(walk, reach) {
            Travel::StopsBeyond(reach)
        } else {
            Travel::Passes(reach)
        };
    }
    // With a single router between, that router is the platform's hop and the ledger decides.
    if last_hop && reach >= 2 {
        return Travel::Passes(reach);
    }
    match control_travels_on && retried_beyond(walk, reach) {
        true if reach == PLATFORM_HOPS => Travel::StopsAtEdge(reach),
        true => Travel::StopsInside(reach),
        false => Travel::Unknown,
    }
}

/// The router that last saw the subject is the one that hands the control to its host: it has reached the edge of
/// where servers stand, though the destination itself may be another host.
fn hands_over(walk: &Walk, reach: u8) -> bool {
    walk.control_distance() == Some(reach + 1) && walk.parts_behind_one_router(reach)
}

fn answered(reach: &Reach) -> bool {
    !matches!(reach, Reach::Silent | Reach::Refused)
}

/// At least two SYNs were sent beyond the hop: one may have been lost.
fn retried_beyond(walk: &Walk, reach: u8) -> bool {
    walk.steps.iter().filter(|step| step.ttl > reach).map(|step| step.subject.len()).sum::<usize>() >= 2
}

/// One sentence for each thing that the walks say; the localisation is one piece of evidence, however many saw it.
fn walk_lines(travels: &[(&Testimony, Travel)], localised: f64) -> Vec<Evidence> {
    let mut alike: BTreeMap<Travel, Vec<&str>> = BTreeMap::new();
    for (testimony, travel) in travels {
        alike.entry(*travel).or_default().push(testimony.operator.as_str());
    }
    let mut unspent = localised;
    let line = |(travel, operators): (Travel, Vec<&str>)| {
        let (weight, what) = match travel {
            Travel::StopsInside(0) => {
                (std::mem::take(&mut unspent), "SYNs die before the first hop answers".to_owned())
            }
            Travel::StopsInside(hop) => {
                (std::mem::take(&mut unspent), format!("SYNs are last seen at hop {hop}"))
            }
            Travel::StopsAtEdge(hop) => {
                (0.0, format!("SYNs are last seen at hop {hop}, the provider's last"))
            }
            Travel::StopsBeyond(hop) => {
                (VETO, format!("SYNs pass the provider and are last seen at hop {hop}"))
            }
            Travel::Passes(hop) => (VETO, format!("SYNs pass the provider, hop {hop} saw them")),
            Travel::Unknown => return None,
        };
        let onwards = if matches!(travel, Travel::Passes(_)) { "" } else { ", the control's travel on" };
        Some(Evidence::new(weight, format!("{}: {what}{onwards}", operators.join(", "))))
    };
    alike.into_iter().filter_map(line).collect()
}

/// Somebody beyond the platform answers the port under test: a reset or ICMP from afar.
fn answers_from_afar(view: &View<'_>) -> bool {
    view.hearing.testimonies.iter().any(|t| {
        matches!(t.symptom, Symptom::Reset | Symptom::Icmp(_)) && t.hop.is_some_and(|hop| hop > PLATFORM_HOPS)
    })
}

/// Without a tap, packets that arrive and reach nobody may be the missing answers: every SYN that a server
/// answered would have left at least one.
fn dropped_on_arrival(view: &View<'_>, silent: &[&Testimony]) -> bool {
    let answers_expected = u64::from(view.rounds()) * silent.len() as u64;
    view.hearing.engine == EngineKind::Connect && view.undelivered() >= answers_expected
}
