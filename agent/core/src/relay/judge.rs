//! From what was seen of a relay to whether mail can be handed over, each stage with a sentence.
//!
//! It is judged as a careful client would: one that sends a password only under TLS, to a server that is who it says
//! (RFC 8314 §3, RFC 7817). A server that such a client turns away from is unusable, also where a careless one would not mind.

mod sentences;

use std::time::Duration;

use self::sentences::Sentence;
use super::{Certificate, Conversation, EXPIRES_SOON_DAYS, Seen, Stage, Step, TlsMode, Trust, Usability};
use crate::smtp::{Capabilities, Reply, is_masked};

/// Mechanisms that send what has to stay secret as it is, or what can be used in its place: PLAIN (RFC 4616), LOGIN,
/// OAUTHBEARER (RFC 7628) and XOAUTH2.
const READABLE: [&str; 4] = ["PLAIN", "LOGIN", "OAUTHBEARER", "XOAUTH2"];

/// The reply that greets (RFC 5321 §4.3.2): another positive one belongs to something else.
const GREETS: u16 = 220;
/// The reply to EHLO that lists offers (RFC 5321 §4.3.2).
const OFFERS: u16 = 250;

/// What a conversation amounts to.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// Whether mail can be handed over.
    pub result: Usability,
    /// The stage that the result is due to; `None` where nothing is in the way.
    pub failed: Option<Stage>,
    /// Every stage that was reached.
    pub stages: Vec<Judged>,
    /// What is offered for logging in: without TLS, and under it.
    pub auth: [Vec<String>; 2],
}

/// One stage.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// Which.
    pub stage: Stage,
    /// Whether it is as it should be.
    pub ok: bool,
    /// How long it took.
    pub took: Duration,
    /// One sentence without a full stop.
    pub text: String,
}

/// How much a stage weighs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    Fine,
    /// Not as it should be, and nobody is worse off for it.
    Harmless,
    Blemish,
    Fault,
}

/// Judges a conversation.
pub fn judge(conversation: &Conversation) -> Judgement {
    let mut auth = [Vec::new(), Vec::new()];
    let mut stages = Vec::new();
    for step in &conversation.steps {
        stages.push((weighed(conversation, step), step.stage, step.took));
        let Some(offered) = offers(step) else { continue };
        let is_secure = step.stage == Stage::EhloTls;
        auth[usize::from(is_secure)] = offered.auth;
        // Before TLS there is more to come, unless there is none.
        if is_secure || conversation.tls == TlsMode::None {
            stages.push((login(conversation.tls, &auth), Stage::AuthOffered, Duration::ZERO));
        }
    }
    let worst = stages.iter().map(|((weight, _), ..)| *weight).max().unwrap_or(Weight::Fault);
    let result = match worst {
        Weight::Fine | Weight::Harmless => Usability::Usable,
        Weight::Blemish => Usability::Degraded,
        Weight::Fault => Usability::Unusable,
    };
    let culprit = stages.iter().find(|((weight, _), ..)| *weight == worst).map(|(_, stage, _)| *stage);
    let judged = |((weight, text), stage, took)| Judged { stage, ok: weight == Weight::Fine, took, text };
    Judgement {
        result,
        failed: culprit.filter(|_| result != Usability::Usable),
        stages: stages.into_iter().map(judged).collect(),
        auth,
    }
}

fn offers(step: &Step) -> Option<Capabilities> {
    match &step.seen {
        Seen::Replied(reply) if matches!(step.stage, Stage::Ehlo | Stage::EhloTls) => {
            (reply.code == OFFERS).then(|| Capabilities::of(reply))
        }
        _ => None,
    }
}

fn weighed(conversation: &Conversation, step: &Step) -> (Weight, String) {
    let text = Sentence(step).to_string();
    let weight = match &step.seen {
        Seen::Presented(certificate) => return presented(conversation, certificate),
        Seen::Replied(reply) => replied(step.stage, reply),
        Seen::Resolved(_) | Seen::Connected(_) | Seen::Secured { .. } => Weight::Fine,
        // The mail would have been taken by then.
        _ if step.stage == Stage::Quit => Weight::Harmless,
        _ => Weight::Fault,
    };
    (weight, text)
}

fn replied(stage: Stage, reply: &Reply) -> Weight {
    match stage {
        // Whoever masks the greeting takes offers out as well.
        Stage::Greeting if reply.code == GREETS && is_masked(&reply.text) => Weight::Blemish,
        Stage::Greeting if reply.code == GREETS => Weight::Fine,
        Stage::Ehlo | Stage::EhloTls if reply.code == OFFERS => Weight::Fine,
        Stage::Quit if reply.is_positive() => Weight::Fine,
        Stage::Quit => Weight::Harmless,
        // To STARTTLS a reply is all there is only where it was refused.
        _ => Weight::Fault,
    }
}

/// Everything that is wrong with a certificate is said; the worst of it decides.
fn presented(conversation: &Conversation, certificate: &Certificate) -> (Weight, String) {
    let Certificate { subject, trust, name_matches, expires_in_days } = certificate;
    let of_trust = match (trust, expires_in_days) {
        (Trust::Trusted, Some(days)) if *days < EXPIRES_SOON_DAYS => {
            Some((Weight::Blemish, format!("the certificate expires in {}", sentences::days(*days))))
        }
        (Trust::Trusted, _) => None,
        (Trust::UnknownIssuer, _) => Some((
            Weight::Fault,
            "no authority that this machine trusts has issued the certificate".to_owned(),
        )),
        (Trust::Expired, Some(days)) if *days < 0 => {
            Some((Weight::Fault, format!("the certificate expired {} ago", sentences::days(-days))))
        }
        (Trust::Expired, _) => {
            Some((Weight::Fault, "the certificate of its authority is expired".to_owned()))
        }
        (Trust::NotYetValid, _) => {
            Some((Weight::Fault, "the certificate is not valid yet, by the clock of this machine".to_owned()))
        }
        (Trust::Broken(why), _) => Some((Weight::Fault, format!("the certificate is refused: {why}"))),
        (Trust::NoRoots, _) => Some((
            Weight::Blemish,
            "this machine trusts no authority at all, so no certificate can be verified".to_owned(),
        )),
    };
    let of_name = (!name_matches).then(|| {
        let named = subject.as_ref().map(|name| format!(" but for {name}")).unwrap_or_default();
        (Weight::Fault, format!("the certificate is not for {}{named}", conversation.address.host_text()))
    });
    let wrong: Vec<_> = of_trust.into_iter().chain(of_name).collect();
    let weight = wrong.iter().map(|(weight, _)| *weight).max().unwrap_or(Weight::Fine);
    let texts: Vec<_> = wrong.into_iter().map(|(_, text)| text).collect();
    if texts.is_empty() {
        return (weight, sentences::certificate(subject.as_deref(), *expires_in_days));
    }
    (weight, texts.join("; "))
}

/// Whether one can log in, and whether somebody is tempted to do it in the clear.
fn login(tls: TlsMode, [before, after]: &[Vec<String>; 2]) -> (Weight, String) {
    let offered = if tls == TlsMode::None { before } else { after };
    let readable: Vec<&str> = before.iter().map(String::as_str).filter(|m| READABLE.contains(m)).collect();
    if tls == TlsMode::None {
        let text = if offered.is_empty() { "no way to log in".to_owned() } else { offered.join(", ") };
        (Weight::Fine, text)
    } else if offered.is_empty() {
        // RFC 6409 §4.3: a submission server knows whose mail it takes.
        let text = "no way to log in is offered under TLS: mail is taken from known addresses, if at all";
        (Weight::Blemish, text.to_owned())
    } else if readable.is_empty() {
        (Weight::Fine, offered.join(", "))
    } else {
        // RFC 4954 §4, RFC 8314 §3.
        let text =
            format!("{} is offered before TLS, where others can read the password", readable.join(", "));
        (Weight::Blemish, text)
    }
}

#[cfg(test)]
mod tests;
