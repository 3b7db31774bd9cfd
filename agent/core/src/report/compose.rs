//! From observations and findings to the report.

use std::time::Duration;

use super::schema::{AnswerSeen, AttemptSeen, Detail, PortVerdict, Sighting, WeightedSentence};
use crate::advice;
use crate::circumstances::Circumstances;
use crate::observation::{Attempt, Icmp, Observation, Peer, Seen, Segment, SessionEnd};
use crate::outcome::{self, Decisive, Outcome};
use crate::target::{Family, Port};
use crate::verdict::Finding;

/// The verdict of one port and family; `since` is RFC 3339.
pub fn verdict(
    port: Port,
    family: Family,
    finding: &Finding,
    circumstances: &Circumstances<'_>,
    since: String,
) -> PortVerdict {
    let expected = circumstances.expected;
    let evidence = finding.evidence.iter().cloned().chain(circumstances.evidence(port, finding));
    PortVerdict {
        port,
        family,
        state: finding.state.code(),
        signature: finding.signature.map(crate::verdict::Signature::code),
        attribution: circumstances.attribution(port, finding).map(crate::verdict::Attribution::code),
        confidence: (finding.confidence * 10_000.0).round() / 10_000.0,
        rule: finding.rule,
        evidence: evidence
            .map(|e| WeightedSentence { weight: (e.weight * 100.0).round() / 100.0, text: e.text })
            .collect(),
        expected: expected.code(),
        as_expected: expected.is_met(finding.state),
        since,
        summary: format!("Port {port} over {family}, outbound from this machine, {}", finding.because),
        next_steps: advice::next_steps(port, finding, circumstances),
    }
}

/// One observation as the report shows it.
pub fn sighting(observation: &Observation) -> Sighting {
    let outcome = outcome::classify(observation);
    let detail = detail(observation);
    Sighting {
        operator: observation.operator.as_ref().map(ToString::to_string),
        role: observation.role,
        address: observation.address.to_string(),
        peer: observation.ip().map(|ip| ip.to_string()),
        port: observation.port(),
        family: observation.family,
        outcome: outcome.code(),
        error_type: error_type(outcome, &detail),
        duration_ms: millis(duration(observation)),
        dns_ms: observation.dns_took.map(millis),
        attempts: observation.attempts.iter().map(attempt).collect(),
        detail,
    }
}

/// From the answered SYN to its SYN-ACK; `None` where no handshake was completed.
pub fn handshake(observation: &Observation) -> Option<Duration> {
    let mut answers = observation.attempts.iter().flat_map(|attempt| &attempt.answers);
    let syn_ack =
        answers.find(|answer| matches!(&answer.seen, Seen::SynAck(segment) if segment.acceptable))?;
    outcome::classify(observation).is_handshake().then_some(syn_ack.after)
}

/// From the answered SYN to its answer; without an answer, what was waited.
fn duration(observation: &Observation) -> Duration {
    let answered = observation.attempts.iter().find_map(|attempt| {
        let first = attempt.answers.first()?;
        matches!(outcome::decisive(attempt), Decisive::SynAck(_) | Decisive::Reset(_) | Decisive::Icmp(_))
            .then_some(first.after)
    });
    answered.unwrap_or(observation.took)
}

fn error_type(outcome: Outcome, detail: &Detail) -> Option<String> {
    match outcome {
        Outcome::Established | Outcome::Greeted => None,
        Outcome::LocalError | Outcome::NoRoute | Outcome::DeniedLocally => {
            Some(detail.errno.map_or_else(|| outcome.code().to_owned(), ToOwned::to_owned))
        }
        _ => Some(outcome.code().to_owned()),
    }
}

fn detail(observation: &Observation) -> Detail {
    let mut detail = Detail::default();
    match outcome::deciding(observation) {
        Decisive::SynAck(segment) | Decisive::Reset(segment) | Decisive::DroppedOnArrival(segment) => {
            detail.ttl = segment.hop_limit;
        }
        Decisive::Icmp(icmp) => {
            detail.ttl = icmp.hop_limit;
            detail.icmp = Some(format!("{}/{}", icmp.kind, icmp.code));
            detail.offender = Some(icmp.offender.to_string());
        }
        Decisive::Refused(errno) => detail.errno = errno.name(),
        Decisive::NotSent | Decisive::Silence => {}
    }
    match observation.session.as_ref().map(|session| &session.end) {
        Some(SessionEnd::Greeting { code, text }) => detail.greeting = Some(format!("{code} {text}")),
        Some(SessionEnd::NotSmtp(text)) => detail.greeting = Some(text.clone()),
        Some(SessionEnd::Refused(errno)) => detail.errno = errno.name(),
        _ => {}
    }
    if let Peer::Unresolved(failure) = observation.peer {
        detail.dns = Some(failure.code());
    }
    detail
}

fn attempt(attempt: &Attempt) -> AttemptSeen {
    let answers: Vec<_> = attempt
        .answers
        .iter()
        .map(|answer| {
            let late = if answer.late { " (late)" } else { "" };
            AnswerSeen { after_ms: millis(answer.after), what: format!("{}{late}", what(&answer.seen)) }
        })
        .collect();
    AttemptSeen {
        at_ms: millis(attempt.at),
        source_port: attempt.source_port,
        seen: answers.first().map_or_else(|| silence(attempt), |answer| answer.what.clone()),
        answers,
    }
}

fn silence(attempt: &Attempt) -> String {
    match attempt.kernel {
        Some(kernel) if kernel.dropped_locally() => "silent: this machine dropped the SYN".into(),
        _ => "silent".into(),
    }
}

fn what(seen: &Seen) -> String {
    match seen {
        Seen::SynAck(segment) => format!("SYN-ACK{}", facts(segment)),
        Seen::Reset(segment) => format!("RST{}", facts(segment)),
        Seen::DroppedOnArrival(segment) => format!("SYN-ACK dropped by this machine{}", facts(segment)),
        Seen::Icmp(icmp) => icmp_text(icmp),
        Seen::Refused(errno) => format!("refused by this machine: {errno}"),
    }
}

fn icmp_text(icmp: &Icmp) -> String {
    let from = if icmp.from_self { "this machine".to_owned() } else { icmp.offender.to_string() };
    format!("ICMP {}/{} from {from}", icmp.kind, icmp.code)
}

fn facts(segment: &Segment) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    if let Some(ttl) = segment.hop_limit {
        let _ = write!(text, " ttl {ttl}");
    }
    if let Some(window) = segment.window {
        let _ = write!(text, " win {window}");
    }
    if let Some(id) = segment.ip_id {
        let _ = write!(text, " ip-id {id}");
    }
    if !segment.acceptable {
        text.push_str(" (acknowledges nothing of ours: ignored)");
    }
    text
}

pub(crate) fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}
