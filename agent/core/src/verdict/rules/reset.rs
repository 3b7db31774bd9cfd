//! Resets: the platform's only with forensics, the destinations' when they come from their own distance.

use super::{
    Evidence, Finding, Signature, State, View, counted, finding, inconclusive, ledger_lines, may_convict,
};
use crate::distance::{PLATFORM_HOPS, TOLERANCE};
use crate::hearing::{Control, Symptom, Testimony};
use crate::ledger::{Mode, RAISE};
use crate::target::MIN_OPERATORS;
use crate::verdict::view::Placed;
use crate::walk::{Reach, Walk};

/// A device nearer than the destination at several operators (facts: +1.5), measured exactly by a walk.
const NEARER_DEVICE: f64 = 1.5;
/// A reset and a SYN-ACK for one SYN have two authors (facts: +1.5, like a nearer device).
const RACE: f64 = 1.5;
/// Walks that must agree on where the author of the resets stands.
const WALKS: usize = 2;
/// Rounds after which the author of the resets stays unknown.
const ENOUGH_ROUNDS: u32 = 3;

/// Where the author of one operator's reset stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Author {
    Nearer(u8),
    Destination,
    Unknown,
}

pub(super) fn decide(view: &View<'_>) -> Option<Finding> {
    let reset = view.failing(|s| *s == Symptom::Reset);
    if reset.len() < MIN_OPERATORS
        || !view.good.is_empty()
        || 2 * reset.len() <= view.bad.len()
        || !may_convict(view)
    {
        return None;
    }
    let authors: Vec<_> = reset.iter().map(|t| author(view, t)).collect();
    let hops: Vec<u8> =
        authors.iter().filter_map(|a| if let Author::Nearer(hop) = a { Some(*hop) } else { None }).collect();
    let destinations = authors.iter().filter(|a| **a == Author::Destination).count();
    let raced = reset.iter().filter(|t| t.raced).count();
    let mut evidence = ledger_lines(view, Mode::Reset, &reset);
    let operators = counted(reset.len(), "operator");

    if destinations >= WALKS && hops.is_empty() && raced == 0 {
        evidence.push(Evidence::new(
            2.0,
            format!("{destinations} resets come from the distance of the destination"),
        ));
        let because = format!(
            "is refused by the destinations: {operators} reset the connection from their own distance"
        );
        return Some(
            finding(State::Refused, "rst_dest", because).evidence(evidence).settled(view.rounds() >= 2),
        );
    }
    let (nearest, farthest) = (hops.iter().min().copied(), hops.iter().max().copied());
    if let (Some(nearest), Some(farthest)) = (nearest, farthest)
        && hops.len() >= WALKS
        && destinations == 0
    {
        let race = if raced > 0 { RACE } else { 0.0 };
        let bans = view.sum(Mode::Reset) + NEARER_DEVICE + race;
        evidence.push(Evidence::new(
            NEARER_DEVICE,
            format!("resets come from hop {farthest}, nearer than the destinations"),
        ));
        if raced > 0 {
            evidence.push(Evidence::new(race, format!("{raced} resets raced the server's own answer")));
        }
        let proven = bans >= RAISE && view.quorum(Mode::Reset) >= MIN_OPERATORS && view.walked();
        let (state, rule, who) = if farthest <= PLATFORM_HOPS {
            (State::PlatformBlocked, "rst_injected_near", format!("is blocked by {}", super::PROVIDER))
        } else if nearest > PLATFORM_HOPS && farthest == nearest && hops.len() >= MIN_OPERATORS {
            (
                State::PathBlocked,
                "rst_injected_far",
                "is blocked on the path, beyond the provider's own hops".to_owned(),
            )
        } else {
            let because = format!(
                "is reset for {operators} by something nearer than the destinations, at different or uncertain distances"
            );
            return Some(
                inconclusive("rst_all", because).evidence(evidence).settled(view.rounds() >= ENOUGH_ROUNDS),
            );
        };
        if !proven {
            let because = format!(
                "is reset for {operators} by something nearer than the destinations; that is not yet proof"
            );
            let settled = view.rounds() >= ENOUGH_ROUNDS;
            return Some(inconclusive("rst_all", because).evidence(evidence).settled(settled));
        }
        let because =
            format!("{who}: a device at hop {farthest} resets {operators} while their controls answer");
        return Some(finding(state, rule, because).signature(Signature::Reset).bans(bans).evidence(evidence));
    }
    let because =
        format!("is reset for {operators}; nothing shows whether the network or the destinations do it");
    Some(inconclusive("rst_all", because).evidence(evidence).settled(view.rounds() >= ENOUGH_ROUNDS))
}

/// By the walk where there is one, else by the TTLs of the same host's two ports.
fn author(view: &View<'_>, testimony: &Testimony) -> Author {
    // It crossed no router, and the control's answer crossed some: the first hop sent it, and no organisation's mail
    // server stands there.
    if !testimony.on_link && testimony.hop == Some(1) && testimony.control_hop.is_some_and(|hop| hop > 1) {
        return Author::Nearer(1);
    }
    match view.placed(testimony, |r| *r == Reach::Reset) {
        Placed::Before(ttl) => return Author::Nearer(device_hop(view, testimony, ttl)),
        // A filter of the last router before the destination answers the same TTLs as the destination does; where
        // the reset's own TTL was seen, it is still one hop short of the host's answer on the other port.
        Placed::AtDestination => {
            return match (testimony.hop, testimony.control_hop) {
                (Some(hop), Some(control)) if testimony.control == Control::SameHost && hop < control => {
                    Author::Nearer(hop)
                }
                _ => Author::Destination,
            };
        }
        Placed::Unknown => {}
    }
    match (testimony.hop, testimony.control_hop) {
        (Some(hop), Some(control))
            if testimony.control == Control::SameHost && hop + TOLERANCE <= control =>
        {
            Author::Nearer(hop)
        }
        _ => Author::Unknown,
    }
}

/// A filter behind the TTL check of its own router answers only the next TTL, so the smallest TTL that draws a
/// reset is the device's hop or one more; the TTL of the reset itself, where it was seen, tells which.
fn device_hop(view: &View<'_>, testimony: &Testimony, drawn: u8) -> u8 {
    let checked_first =
        view.walk(testimony).and_then(Walk::subject_reach).is_some_and(|reach| reach + 1 == drawn);
    match testimony.hop {
        Some(hop) if checked_first && hop + 1 == drawn => hop,
        _ => drawn,
    }
}
