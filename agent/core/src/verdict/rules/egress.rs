//! Nothing leaves at all: neither the port under test nor a single control was answered.

use super::{CERTAIN, Evidence, Finding, Signature, State, View, described, finding, inconclusive};
use crate::hearing::{Control, Symptom};
use crate::outcome::Outcome;

pub(super) fn decide(view: &View<'_>) -> Option<Finding> {
    if let Some(found) = exhausted(view) {
        return Some(found);
    }
    let (answered, asked) = view.hearing.controls();
    let measured: Vec<_> = view.hearing.measured().collect();
    let spoke = |s: &Symptom| matches!(s, Symptom::Answered(_) | Symptom::Reset);
    if answered > 0 || measured.iter().any(|t| spoke(&t.symptom)) {
        return None;
    }
    let all = |wanted: fn(&Symptom) -> bool| measured.iter().all(|t| wanted(&t.symptom));
    let globals =
        |wanted: fn(Outcome) -> bool| view.hearing.global_symptoms.iter().all(|outcome| wanted(*outcome));
    let evidence = described(&measured);

    if all(|s| matches!(s, Symptom::NoRoute))
        && globals(|o| matches!(o, Outcome::NoRoute | Outcome::DnsError))
    {
        let because = "cannot leave: this machine has no route, or its gateway does not answer";
        return Some(
            finding(State::NoEgress, "host_no_route", because)
                .signature(Signature::NoRoute)
                .evidence(evidence),
        );
    }
    if asked == 0 || measured.iter().all(|t| t.control == Control::Absent) {
        let because = "could not be judged: there is no control to compare with";
        return Some(inconclusive("no_controls", because).evidence(evidence).settled(view.rounds() >= 2));
    }
    if all(|s| matches!(s, Symptom::Local(_)))
        && globals(|o| matches!(o, Outcome::DeniedLocally | Outcome::DnsError))
    {
        let because = "cannot leave: this machine's own firewall stops every port that was tried";
        return Some(finding(State::NoEgress, "host_firewall_all", because).evidence(evidence));
    }
    let refused = measured.iter().filter(|t| matches!(t.symptom, Symptom::Icmp(_))).count();
    if 2 * refused > measured.len() {
        let because = "cannot leave: the network answers every port that was tried with ICMP errors";
        let routing = measured.iter().any(|t| matches!(&t.symptom, Symptom::Icmp(icmp) if icmp.is_routing()));
        let signature = if routing { Signature::NoRoute } else { Signature::NoAnswer };
        return Some(
            finding(State::NoEgress, "net_unreachable", because).signature(signature).evidence(evidence),
        );
    }
    let because = "gets no answer, and neither does anything else from this machine";
    Some(
        finding(State::NoEgress, "net_silent", because)
            .signature(Signature::NoAnswer)
            .evidence(evidence)
            .settled(view.rounds() >= 2),
    )
}

/// This machine ran out of something that a connection needs; whatever the network would say was never asked.
fn exhausted(view: &View<'_>) -> Option<Finding> {
    let measured: Vec<_> = view.hearing.measured().collect();
    let starved = measured.iter().filter(|t| t.symptom == Symptom::Exhausted).count();
    if starved > 0 && 2 * starved >= measured.len() && view.good.is_empty() {
        let because =
            "could not be tried: this machine has no free ports, descriptors or memory for a connection";
        let text =
            format!("{starved} of {} connections were refused by this machine's kernel", measured.len());
        return Some(
            inconclusive("host_ports_exhausted", because)
                .evidence([Evidence::new(CERTAIN, text)])
                .settled(true),
        );
    }
    let (count, max) = view.hearing.host.conntrack?;
    let denied = measured.iter().filter(|t| matches!(t.symptom, Symptom::Local(_) | Symptom::Silent)).count();
    if !view.hearing.host.conntrack_full() || denied == 0 || !view.good.is_empty() {
        return None;
    }
    let because = "could not be judged: this machine's connection tracking table is full, so new connections fail whatever the rules say";
    let text = format!("nf_conntrack holds {count} of {max} entries");
    Some(inconclusive("conntrack_full", because).evidence([Evidence::new(CERTAIN, text)]).settled(true))
}
