//! What to do about a row. Pure; in the words of the provider's documents where the type of the subscription is known.

use serde::Serialize;
use sortie_core::advice;
use sortie_core::circumstances::Circumstances;
use sortie_core::expect::Expectation;
use sortie_core::knowledge::{self, Subscription as Kind};
use sortie_core::report::{Cloud, NextStep};
use sortie_core::verdict::{Finding, State};

use super::census::{Row, Subscription};
use super::observed::Observed;
use crate::exit::Standing;

/// What to do, and how to follow it up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Advice {
    /// Never empty; the first is the one to begin with.
    pub(super) steps: Vec<NextStep>,
    pub(super) then: Then,
}

/// What is called next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) enum Then {
    /// `sortie verify` over the subscription: until it is lifted.
    Verify,
    /// `sortie fleet --vms` of it: who it is.
    Vms,
}

/// What to do about a row of this subscription; nothing where it is as expected.
pub(super) fn of_row(subscription: &Subscription, row: &Row) -> Option<Advice> {
    let tally = &row.tally;
    let standing = row.standing();
    let one = |text: String, then| Some(Advice { steps: vec![NextStep { text, url: None }], then });
    match (standing, tally.observed()) {
        (Standing::Fine, _) => None,
        _ if !row.counts => None,
        (Standing::Violated, Observed::One(State::Open)) => one(
            format!(
                "Mail leaves where it should be stopped: if an exemption was granted, say so with `[expect] port_{} = \"open\"`, else have a security group deny the port",
                row.port
            ),
            Then::Vms,
        ),
        (Standing::Violated, Observed::One(state)) => Some(steps(subscription, row, state)),
        (Standing::Violated, Observed::Mixed) => {
            one("Hardly a VM is as expected, and not all for the same reason: see who is in which state".to_owned(), Then::Vms)
        }
        (Standing::Degraded, Observed::One(state)) if !state.is_block() && state != State::Open => {
            Some(steps(subscription, row, state))
        }
        (Standing::Degraded, _) => one(differing(row), Then::Vms),
        (Standing::Unknown, Observed::One(state)) if !state.is_conclusive() => {
            Some(steps(subscription, row, state))
        }
        (Standing::Unknown, _) if row.is_too_unknown() => {
            let lost = tally.in_state(State::NoEgress) >= tally.in_state(State::Inconclusive);
            Some(steps(subscription, row, if lost { State::NoEgress } else { State::Inconclusive }))
        }
        (Standing::Unknown, _) => one(
            "These agents do not report what is expected of the port: see whether they and the gateway let `sortie_expectation_status` pass".to_owned(),
            Then::Vms,
        ),
    }
}

/// What to do about agents that are silent.
pub(super) fn of_silence(subscription: &Subscription) -> Option<Advice> {
    let text = if subscription.rows.is_empty() && subscription.agents > 0 {
        "Agents report, and none of them this port: see the targets of their configuration"
    } else if subscription.is_too_silent() {
        "See whether these VMs still run; on one that does, `sortie doctor` tells whether its exports reach the gateway"
    } else {
        return None;
    };
    Some(Advice { steps: vec![NextStep { text: text.to_owned(), url: None }], then: Then::Vms })
}

fn differing(row: &Row) -> String {
    let tally = &row.tally;
    if tally.violated() == 0 {
        return "Most VMs are as they should be: look for what the others have in common".to_owned();
    }
    if tally.open_unexpectedly() > tally.blocked_unexpectedly() {
        return "Mail leaves from some VMs that should be stopped: look for what these have in common"
            .to_owned();
    }
    "Not all VMs are stopped: look for what the stopped ones have in common, such as a security group, a route or a firewall of their own, or that they were not deallocated since an exemption".to_owned()
}

/// Core's steps for a state.
fn steps(subscription: &Subscription, row: &Row, state: State) -> Advice {
    let finding = Finding { state, ..Finding::unfinished() };
    let expected = row.tally.expectation().unwrap_or(Expectation::Any);
    // Only Azure tells a type. That an exempted one is expected to be open says that the exemption was granted.
    let cloud = subscription.kind.map(|kind| Cloud {
        provider: knowledge::azure().id.to_owned(),
        platform: "azure.vm".to_owned(),
        allow_port_25_out: (kind == Kind::EaDevtest && expected == Expectation::Open).then_some(true),
        ..Cloud::default()
    });
    let circumstances = Circumstances { expected, subscription: subscription.kind, cloud: cloud.as_ref() };
    let mut steps: Vec<NextStep> = match of_one_report(state) {
        Some(text) => vec![NextStep { text: text.to_owned(), url: None }],
        None => advice::next_steps(row.port, &finding, &circumstances).into_iter().map(for_many).collect(),
    };
    // For all VMs at once what is documented is nearer than a rule that somebody made.
    if let Some(documented) = steps.iter().position(|step| step.url.is_some()) {
        steps[..=documented].rotate_right(1);
    }
    let then = if state == State::PlatformBlocked { Then::Verify } else { Then::Vms };
    Advice { steps, then }
}

/// For states about which a report has to be read: what to do depends on its evidence.
fn of_one_report(state: State) -> Option<&'static str> {
    Some(match state {
        State::PathBlocked => {
            "Ask whoever runs the firewall, network appliance or access line on the path to allow this port; the page of a VM, or `sortie report` on it, names the hop"
        }
        State::Partial => {
            "See on the page of a VM, or with `sortie report` on it, which operators fail: they may filter its address, or be down"
        }
        State::Inconclusive => "See with `sortie check --explain` on a VM what the evidence lacks",
        _ => return None,
    })
}

/// Steps are written for the machine that they are read on.
fn for_many(step: NextStep) -> NextStep {
    let text = step.text.replace("this machine's", "a VM's").replace("this machine", "a VM");
    NextStep { text, ..step }
}
