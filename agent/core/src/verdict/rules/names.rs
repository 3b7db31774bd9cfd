//! Names: a failure to resolve is never a verdict about a port.

use super::{Finding, Signature, State, View, described, finding, inconclusive};
use crate::evidence::Evidence;
use crate::outcome::Outcome;
use crate::target::MIN_OPERATORS;

pub(super) fn decide(view: &View<'_>) -> Option<Finding> {
    unresolved(view).or_else(|| untrusted(view))
}

fn unresolved(view: &View<'_>) -> Option<Finding> {
    if view.hearing.measured().next().is_some() {
        return None;
    }
    let because = "could not be tried: no destination's name resolves";
    let evidence = described(&view.void);
    if view.hearing.globals.0 > 0 {
        let found = inconclusive("dns_fail", format!("{because}, although other destinations answer"));
        return Some(found.evidence(evidence).settled(view.rounds() >= 2));
    }
    // Where a control was given as a literal, it tells a lack of names from a lack of network.
    let literal = view.hearing.global_symptoms.iter().find(|outcome| **outcome != Outcome::DnsError);
    let signature = match literal {
        Some(Outcome::NoRoute) => Signature::NoRoute,
        Some(_) => Signature::NoAnswer,
        None => Signature::Dns,
    };
    Some(finding(State::NoEgress, "dns_fail", because).signature(signature).evidence(evidence))
}

/// Different operators never share an address: a resolver that says so answers with an address of its own.
fn untrusted(view: &View<'_>) -> Option<Finding> {
    let shared = &view.hearing.shared_names;
    if shared.is_empty() || view.operators() >= MIN_OPERATORS {
        return None;
    }
    let names = shared.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let text = format!("the names of {names} lead to the same address");
    let because = "could not be judged: names of different operators lead to the same address, so the resolver's answers are not believed";
    Some(inconclusive("dns_untrusted", because).evidence([Evidence::new(0.0, text)]).settled(true))
}
