//! Refusals by ICMP: they name their author, and the author's distance says whose it is.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::{
    CERTAIN, Evidence, Finding, Signature, State, View, counted, finding, inconclusive, may_convict,
};
use crate::distance::{self, PLATFORM_HOPS};
use crate::hearing::{Control, Symptom, Testimony};
use crate::observation::Icmp;
use crate::target::{MIN_OPERATORS, Operator};
use crate::walk::{Reach, Walk};

/// Operators that must be refused from near before it is the platform's word.
const WITNESSES: usize = 2;
/// Rounds, with their walks, after which an author that could not be located stays unlocated.
const ENOUGH_ROUNDS: u32 = 3;

pub(super) fn decide(view: &View<'_>) -> Option<Finding> {
    let refused: Vec<_> = view.bad.iter().filter_map(|t| refusal(t).map(|icmp| (*t, icmp))).collect();
    // Routers limit the rate of their ICMP, so silence beside it is the same symptom; anything else is not.
    let silent = view.failing(|s| *s == Symptom::Silent).len();
    if refused.len() < WITNESSES
        || !view.good.is_empty()
        || refused.len() + silent < view.bad.len()
        || !may_convict(view)
    {
        return None;
    }
    // A failure of routing is port-selective only where the same address answers on another port.
    let selective = |(t, icmp): &(&Testimony, Icmp)| !icmp.is_routing() || t.control == Control::SameHost;
    let evidence: Vec<_> =
        refused.iter().map(|(t, icmp)| Evidence::new(CERTAIN, line(view, t, icmp))).collect();
    let confirmed = view.rounds() >= 2;
    let counted_refused = counted(refused.len(), "operator");
    if !refused.iter().all(selective) {
        let because = format!(
            "is answered by ICMP unreachable from the network for {counted_refused}, which may be routing rather than the port"
        );
        return Some(inconclusive("icmp_unreach", because).evidence(evidence).settled(confirmed));
    }

    let own = refused.iter().filter(|(t, icmp)| t.peer == Some(icmp.offender)).count();
    let hops: Vec<_> = refused.iter().map(|(_, icmp)| hop_of(view, icmp)).collect();
    let near = hops.iter().filter(|hop| hop.is_some_and(|hop| hop <= PLATFORM_HOPS)).count();
    let far = hops.iter().filter(|hop| hop.is_some_and(|hop| hop > PLATFORM_HOPS)).count();
    let devices: BTreeSet<IpAddr> = refused.iter().map(|(_, icmp)| icmp.offender).collect();
    // Where the device rations its messages, a walk may have met one that the rounds did not, or have ended just
    // before the device.
    let walked = view.walks().filter(|walk| devices.iter().any(|device| ends_at(view, walk, *device)));
    let witnesses: BTreeSet<&Operator> =
        refused.iter().map(|(t, _)| &t.operator).chain(walked.map(|walk| &walk.operator)).collect();
    if own == refused.len() && own >= MIN_OPERATORS {
        let because =
            format!("is refused by the destinations themselves: {counted_refused} answered with ICMP");
        return Some(
            finding(State::Refused, "icmp_prohibited_dest", because).evidence(evidence).settled(confirmed),
        );
    }
    if own == 0 && near >= WITNESSES && far == 0 {
        let because = format!(
            "is blocked by {}: its own hop refuses {counted_refused} by ICMP while their controls answer",
            super::PROVIDER
        );
        return Some(
            finding(State::PlatformBlocked, "icmp_prohibited_near", because)
                .signature(Signature::Prohibited)
                .confidence(0.999)
                .evidence(evidence)
                .settled(confirmed),
        );
    }
    if own == 0 && near == 0 && far == refused.len() && witnesses.len() >= MIN_OPERATORS && devices.len() == 1
    {
        let device = refused[0].1.offender;
        let because = format!(
            "is blocked on the path: the device {device}, beyond the provider's own hops, refuses {counted_refused} by ICMP"
        );
        return Some(
            finding(State::PathBlocked, "icmp_prohibited_far", because)
                .signature(Signature::Prohibited)
                .confidence(0.99)
                .evidence(evidence)
                .settled(confirmed),
        );
    }
    let doubt = if hops.contains(&None) {
        "the distance of whoever refuses is not known"
    } else {
        "the refusals do not point to one place"
    };
    let because = format!("is refused by ICMP for {counted_refused}; {doubt}, so nobody is named");
    Some(inconclusive("icmp_unreach", because).evidence(evidence).settled(view.rounds() >= ENOUGH_ROUNDS))
}

fn ends_at(view: &View<'_>, walk: &Walk, device: IpAddr) -> bool {
    let refused = walk.subject_draws(|reach| *reach == Reach::Unreachable(device)).is_some();
    let hop = view.walks().filter_map(|walk| walk.hop_of(device)).min();
    refused || hop.is_some_and(|hop| walk.subject_reach().is_some_and(|reach| reach + 1 == hop))
}

fn refusal(testimony: &Testimony) -> Option<Icmp> {
    match testimony.symptom {
        Symptom::Icmp(icmp) => Some(icmp),
        _ => None,
    }
}

/// The offender's hop: where a walk saw it, else by the TTL of its message.
fn hop_of(view: &View<'_>, icmp: &Icmp) -> Option<u8> {
    let walked = view.walks().filter_map(|walk| walk.hop_of(icmp.offender)).min();
    walked
        .or_else(|| icmp.hop_limit.and_then(distance::hop))
        .or_else(|| refusing_ttl(view, icmp.offender))
        .or_else(|| stopping_hop(view))
}

/// Where walks agree that the port's SYNs stop while the controls' are seen one hop farther on: whoever refuses stands
/// there or one hop before. At the provider's last hop that is one side of its edge or the other.
fn stopping_hop(view: &View<'_>) -> Option<u8> {
    let stops = |walk: &Walk| {
        let next = walk.subject_reach().unwrap_or(0) + 1;
        walk.control_dies_at(next).then_some(next)
    };
    let stops: Vec<u8> = view.walks().filter_map(stops).collect();
    let hop = *stops.first()?;
    let agreed = stops.len() >= WITNESSES && stops.iter().all(|stop| *stop == hop);
    (agreed && hop != PLATFORM_HOPS + 1).then_some(hop)
}

/// The smallest TTL at which this device refused: at most one more than its hop.
fn refusing_ttl(view: &View<'_>, device: IpAddr) -> Option<u8> {
    view.walks().filter_map(|walk| walk.subject_draws(|r| *r == Reach::Unreachable(device))).min()
}

fn line(view: &View<'_>, testimony: &Testimony, icmp: &Icmp) -> String {
    let whose = if testimony.peer == Some(icmp.offender) {
        "the destination itself".to_owned()
    } else {
        match hop_of(view, icmp) {
            Some(hop) => format!("{} at hop {hop}", icmp.offender),
            None => format!("{} at an unknown distance", icmp.offender),
        }
    };
    let kind = if icmp.is_prohibited() { "administratively prohibited" } else { "unreachable" };
    format!("{}: {kind} (ICMP {}/{}) from {whose}", testimony.operator, icmp.kind, icmp.code)
}
