//! This machine itself: its kernel said so, nothing is inferred.

use super::{Evidence, Finding, State, View, counted, finding, may_convict, seen_lines};
use crate::hearing::{Control, LocalCause, Symptom, Testimony};

/// Operators that must show a local cause: one may have a rule of its own.
const WITNESSES: usize = 2;

pub(super) fn decide(view: &View<'_>) -> Option<Finding> {
    let stopped = view.failing(|s| matches!(s, Symptom::Local(_) | Symptom::NoRoute));
    let stopped: Vec<_> = stopped.into_iter().filter(|t| is_selective(t)).collect();
    if !view.good.is_empty() || stopped.len() < WITNESSES || 2 * stopped.len() <= view.bad.len() {
        return None;
    }
    if !may_convict(view) {
        return None;
    }
    let (rule, hook) = named(&stopped);
    let because =
        format!("is stopped by this machine itself: {hook} ({})", counted(stopped.len(), "operator"));
    let found = finding(State::LocallyBlocked, rule, because).confidence(0.9999);
    Some(found.evidence(seen_lines(&stopped)).evidence(corroboration(view)))
}

/// `TcpExt:TCPRetransFail` belongs to the whole machine, so it supports what single sockets say and decides nothing.
fn corroboration(view: &View<'_>) -> Option<Evidence> {
    let failures = view.hearing.host.retransmit_failures.filter(|n| *n > 0)?;
    let text = format!("this machine's kernel counted {failures} retransmissions that it could not send");
    Some(Evidence::new(0.0, text))
}

/// A missing route is a policy about the port only where the same address has one for another port.
fn is_selective(testimony: &Testimony) -> bool {
    testimony.symptom != Symptom::NoRoute || testimony.is_routed || testimony.control == Control::SameHost
}

/// The cause that most operators show.
fn named(stopped: &[&Testimony]) -> (&'static str, &'static str) {
    let count = |cause: LocalCause| stopped.iter().filter(|t| t.symptom == Symptom::Local(cause)).count();
    let causes = [
        (count(LocalCause::Output), "local_fw_drop", "an output rule of its firewall drops the SYN"),
        (count(LocalCause::Reject), "local_fw_reject", "an output rule of its firewall rejects the SYN"),
        (count(LocalCause::Egress), "local_tc_drop", "an egress hook or traffic control drops the SYN"),
        (count(LocalCause::Input), "local_fw_input", "an input rule of its firewall drops the answer"),
        (
            stopped.iter().filter(|t| t.symptom == Symptom::NoRoute).count(),
            "local_policy_route",
            "a routing policy rule refuses this port while the controls leave",
        ),
    ];
    let (_, rule, hook) = causes.into_iter().max_by_key(|(n, ..)| *n).unwrap_or_default();
    (rule, hook)
}
