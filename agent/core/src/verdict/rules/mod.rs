//! The rules, in their order; the first that matches decides.
//!
//! | module | what it decides | rule ids |
//! |---|---|---|
//! | [`names`] | nothing can be measured because names do not resolve, or lie | `dns_fail` `dns_untrusted` |
//! | [`egress`] | nothing leaves at all | `host_no_route` `host_firewall_all` `net_unreachable` `net_silent` `conntrack_full` `host_ports_exhausted` `no_controls` |
//! | [`local`] | this machine itself | `local_fw_drop` `local_fw_reject` `local_fw_input` `local_tc_drop` `local_policy_route` |
//! | [`answering`] | who answers, if anybody does | `proxy_smtp` `greeting_masked` `not_smtp` `greeting_rejected` `synack_silent` `synack_then_rst` `session_lost` `open` `throttled` `silent_some` |
//! | [`icmp`] | refusals that name their author | `icmp_prohibited_near` `icmp_prohibited_far` `icmp_prohibited_dest` `icmp_unreach` |
//! | [`reset`] | resets, by forensics | `rst_injected_near` `rst_injected_far` `rst_dest` `rst_all` |
//! | [`silent`] | silence, by the ledger | `silent_all` `silent_edge` `silent_path` `silent_beyond` `silent_late` `silent_answered_before` `answers_undelivered` |
//! | [`unknown`] | what is left | `too_few_operators` `net_degraded` `silent_one` `mixed` |
//! | [`detour`] | after all of them: traffic that does not go straight to the internet convicts no platform | `not_direct` |
//!
//! No rule names a culprit with fewer than [`MIN_OPERATORS`] operators, on one operator's evidence, or on a round
//! whose controls failed.

use super::docket::Docket;
use super::view::View;
use super::{Attribution, Finding, Signature, State};
use crate::evidence::{self, CERTAIN, Evidence};
use crate::hearing::{Symptom, Testimony};
use crate::ledger::{Mode, Prior};
use crate::target::MIN_OPERATORS;

mod answering;
mod detour;
mod egress;
mod icmp;
pub mod ids;
mod local;
mod names;
mod reset;
mod silent;
mod unknown;

/// Who is meant by the platform where no cloud is recognised.
const PROVIDER: &str = "the network provider";

type Rule = fn(&View<'_>) -> Option<Finding>;

/// The order is part of the method: this machine before the network, answers before their absence, what names its
/// author before what must be inferred.
const ORDER: [Rule; 8] = [
    names::decide,
    egress::decide,
    local::decide,
    answering::replaced,
    answering::answered,
    icmp::decide,
    reset::decide,
    silent::decide,
];

/// What everything heard so far amounts to; `None` before the first round.
pub fn find(docket: &Docket) -> Option<Finding> {
    View::of(docket).map(|view| decide(&view))
}

/// The finding of the first rule that matches.
pub fn decide(view: &View<'_>) -> Finding {
    let finding = ORDER.iter().find_map(|rule| rule(view)).unwrap_or_else(|| unknown::decide(view));
    let mut finding = detour::heed(view, finding);
    if finding.evidence.is_empty() {
        finding.evidence = described(view.bad.iter().chain(&view.void));
    }
    finding.evidence.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()));
    finding
}

/// Whether there are enough independent operators to name anybody.
fn may_convict(view: &View<'_>) -> bool {
    view.operators() >= MIN_OPERATORS
}

fn finding(state: State, rule: &'static str, because: impl Into<String>) -> Finding {
    Finding {
        state,
        signature: None,
        attribution: (state == State::PlatformBlocked).then_some(Attribution::PlatformOrSecurityGroup),
        confidence: 0.99,
        rule,
        because: because.into(),
        evidence: Vec::new(),
        settled: true,
    }
}

fn inconclusive(rule: &'static str, because: impl Into<String>) -> Finding {
    Finding { confidence: 0.5, settled: false, ..finding(State::Inconclusive, rule, because) }
}

impl Finding {
    fn signature(mut self, signature: Signature) -> Self {
        self.signature = Some(signature);
        self
    }

    fn bans(mut self, bans: f64) -> Self {
        self.confidence = evidence::confidence(bans);
        self
    }

    fn confidence(mut self, confidence: f64) -> Self {
        self.confidence = confidence;
        self
    }

    fn evidence(mut self, evidence: impl IntoIterator<Item = Evidence>) -> Self {
        self.evidence.extend(evidence);
        self
    }

    fn settled(mut self, settled: bool) -> Self {
        self.settled = settled;
        self
    }
}

/// `1 operator`, `5 operators`.
fn counted(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// What the ledger adds up in the hypothesis `mode`: a sentence for each operator, and the prior where there is one.
fn ledger_lines<'a>(
    view: &View<'_>,
    mode: Mode,
    of: impl IntoIterator<Item = &'a &'a Testimony>,
) -> Vec<Evidence> {
    let what = match mode {
        Mode::Drop => "no answer",
        Mode::Reset => "reset",
        Mode::Icmp => "refused by ICMP",
    };
    let prior = Evidence::new(view.prior().bans(), "the state before this episode");
    let prior = (view.prior() != Prior::Unknown).then_some(prior);
    of.into_iter()
        .map(|testimony| {
            let rounds = counted(view.streak(testimony, mode) as usize, "round");
            let text = format!("{}: {what} in {rounds}, control answered", testimony.operator);
            Evidence::new(view.weight(testimony, mode), text)
        })
        .chain(prior)
        .collect()
}

/// One sentence for each operator about what it showed, with the weight of something seen.
fn seen_lines<'a>(of: impl IntoIterator<Item = &'a &'a Testimony>) -> Vec<Evidence> {
    of.into_iter().map(|t| Evidence::new(CERTAIN, format!("{}: {}", t.operator, words(&t.symptom)))).collect()
}

/// The same without weight: facts that decided nothing.
fn described<'a>(of: impl IntoIterator<Item = &'a &'a Testimony>) -> Vec<Evidence> {
    use crate::hearing::Control;
    of.into_iter()
        .map(|t| {
            let control = match t.control {
                Control::Failed => ", control failed",
                Control::Absent => ", no control",
                _ => ", control answered",
            };
            let control = if matches!(t.symptom, Symptom::Unresolved(_)) { "" } else { control };
            Evidence::new(0.0, format!("{}: {}{control}", t.operator, words(&t.symptom)))
        })
        .collect()
}

fn words(symptom: &Symptom) -> String {
    use crate::hearing::{Greeting, LocalCause};
    match symptom {
        Symptom::Answered(Greeting::Valid) => "a mail server greeted".to_owned(),
        Symptom::Answered(Greeting::NotHeard) => "the handshake was completed".to_owned(),
        Symptom::Answered(Greeting::Lost) => "one handshake was completed, the next was not".to_owned(),
        Symptom::Answered(Greeting::Masked) => "the greeting is masked (220 ****)".to_owned(),
        Symptom::Answered(Greeting::Rejected) => "the server greeted with a refusal".to_owned(),
        Symptom::Answered(Greeting::Silent) => "the handshake was completed, no greeting followed".to_owned(),
        Symptom::Answered(Greeting::Reset) => "the connection was reset before a greeting".to_owned(),
        Symptom::Answered(Greeting::NotSmtp) => "what answered does not speak SMTP".to_owned(),
        Symptom::Silent => "no answer".to_owned(),
        Symptom::Reset => "reset".to_owned(),
        Symptom::Icmp(icmp) => format!("ICMP type {} code {} from {}", icmp.kind, icmp.code, icmp.offender),
        Symptom::Local(LocalCause::Output) => "this machine dropped the SYN on output".to_owned(),
        Symptom::Local(LocalCause::Reject) => "this machine rejected the SYN itself".to_owned(),
        Symptom::Local(LocalCause::Egress) => {
            "this machine dropped the SYN at an egress hook or queue".to_owned()
        }
        Symptom::Local(LocalCause::Input) => "the SYN-ACK arrived and this machine dropped it".to_owned(),
        Symptom::NoRoute => "this machine has no route for it".to_owned(),
        Symptom::Exhausted => "this machine had no port or memory left".to_owned(),
        Symptom::Unresolved(failure) => format!("the name did not resolve ({})", failure.code()),
    }
}
