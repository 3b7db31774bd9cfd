//! What one observation means for one destination.
//!
//! An attempt is judged as a kernel in SYN-SENT would judge it (RFC 9293 §3.10.7.3): the first acceptable SYN-ACK
//! or RST decides, segments that acknowledge nothing of ours are recorded and ignored. Over the attempts of a
//! destination a completed handshake wins: one odd answer (a gateway that authenticates SYNs, a forged reset) is
//! not an outcome.

use serde::{Deserialize, Serialize};

use crate::errno::{Errno, Refusal};
use crate::observation::{Attempt, Icmp, KernelView, Observation, Peer, Seen, Segment, SessionEnd};
use crate::smtp;

/// The outcome of one probe: a closed vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// SYN-ACK.
    Established,
    /// SYN-ACK and a valid SMTP 220.
    Greeted,
    /// SYN-ACK and a 4xx or 5xx greeting.
    RejectedGreeting,
    /// SYN-ACK and no greeting.
    SilentGreeting,
    /// RST to the SYN.
    Reset,
    /// RST after the handshake, before a greeting.
    ResetAfterHandshake,
    /// Nothing came back.
    Timeout,
    /// ICMP administratively prohibited.
    Prohibited,
    /// Another ICMP error.
    Unreachable,
    /// This machine has no route.
    NoRoute,
    /// This machine's own firewall or queue.
    DeniedLocally,
    /// This machine ran out of something.
    LocalError,
    /// The name gave no address.
    DnsError,
}

impl Outcome {
    /// Every outcome, in the order of the vocabulary.
    pub const ALL: [Self; 13] = [
        Self::Established,
        Self::Greeted,
        Self::RejectedGreeting,
        Self::SilentGreeting,
        Self::Reset,
        Self::ResetAfterHandshake,
        Self::Timeout,
        Self::Prohibited,
        Self::Unreachable,
        Self::NoRoute,
        Self::DeniedLocally,
        Self::LocalError,
        Self::DnsError,
    ];

    /// The word of the closed vocabulary.
    pub fn code(self) -> &'static str {
        match self {
            Self::Established => "established",
            Self::Greeted => "greeted",
            Self::RejectedGreeting => "rejected_greeting",
            Self::SilentGreeting => "silent_greeting",
            Self::Reset => "reset",
            Self::ResetAfterHandshake => "reset_after_handshake",
            Self::Timeout => "timeout",
            Self::Prohibited => "prohibited",
            Self::Unreachable => "unreachable",
            Self::NoRoute => "no_route",
            Self::DeniedLocally => "denied_locally",
            Self::LocalError => "local_error",
            Self::DnsError => "dns_error",
        }
    }

    /// Whether a SYN-ACK came back, whatever followed.
    pub fn is_handshake(self) -> bool {
        matches!(
            self,
            Self::Established
                | Self::Greeted
                | Self::RejectedGreeting
                | Self::SilentGreeting
                | Self::ResetAfterHandshake
        )
    }
}

/// The answer that decided an observation, by reference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Decisive<'a> {
    /// The handshake was completed.
    SynAck(&'a Segment),
    /// The SYN was reset.
    Reset(&'a Segment),
    /// ICMP refused the SYN.
    Icmp(&'a Icmp),
    /// The kernel refused the SYN.
    Refused(Errno),
    /// The SYN-ACK arrived and was dropped by this machine.
    DroppedOnArrival(&'a Segment),
    /// The kernel's own TCP reports that its SYNs did not get out.
    NotSent,
    /// Nothing.
    Silence,
}

/// The first answer that a kernel in SYN-SENT would act on.
///
/// A refusal by the kernel comes first: a local `reject` both refuses the packet and answers it.
pub fn decisive(attempt: &Attempt) -> Decisive<'_> {
    let refused = attempt.answers.iter().find_map(|answer| match answer.seen {
        Seen::Refused(errno) => Some(Decisive::Refused(errno)),
        _ => None,
    });
    let arrived = || {
        attempt.answers.iter().find_map(|answer| match &answer.seen {
            Seen::SynAck(segment) if segment.acceptable => Some(Decisive::SynAck(segment)),
            Seen::Reset(segment) if segment.acceptable => Some(Decisive::Reset(segment)),
            Seen::Icmp(icmp) => Some(Decisive::Icmp(icmp)),
            Seen::DroppedOnArrival(segment) => Some(Decisive::DroppedOnArrival(segment)),
            _ => None,
        })
    };
    if attempt.kernel.is_some_and(|kernel| kernel.never_left) {
        return Decisive::NotSent;
    }
    let unsent = || attempt.kernel.filter(KernelView::dropped_locally).map(|_| Decisive::NotSent);
    refused.or_else(arrived).or_else(unsent).unwrap_or(Decisive::Silence)
}

/// The answer that decides the whole observation: a handshake, else the strongest statement about its absence.
///
/// Among absences, what this machine did itself comes first, then what names its author, then silence: routers
/// limit the rate of their ICMP, so one message among silent attempts speaks for all of them.
pub fn deciding(observation: &Observation) -> Decisive<'_> {
    observation.attempts.iter().map(decisive).max_by_key(|d| rank(*d)).unwrap_or(Decisive::Silence)
}

fn rank(decisive: Decisive<'_>) -> u8 {
    match decisive {
        Decisive::SynAck(_) => 9,
        Decisive::DroppedOnArrival(_) => 8,
        Decisive::Refused(errno) if errno.refusal() == Refusal::Denied => 7,
        Decisive::NotSent => 6,
        Decisive::Refused(_) => 5,
        Decisive::Icmp(icmp) if icmp.from_self => 4,
        Decisive::Icmp(icmp) if icmp.is_prohibited() => 3,
        Decisive::Reset(_) => 2,
        Decisive::Icmp(_) => 1,
        Decisive::Silence => 0,
    }
}

/// What the observation means.
pub fn classify(observation: &Observation) -> Outcome {
    if matches!(observation.peer, Peer::Unresolved(_)) {
        return Outcome::DnsError;
    }
    // A raw packet is routed without its ports and slips past policy rules that `connect()` obeys: what a mail
    // server on this machine would meet is what the session met.
    if let Some(SessionEnd::Refused(errno)) = observation.session.as_ref().map(|s| &s.end) {
        return refused(*errno, observation.has_source);
    }
    if is_connected(observation) {
        return handshake(observation);
    }
    match deciding(observation) {
        Decisive::SynAck(_) => handshake(observation),
        Decisive::DroppedOnArrival(_) | Decisive::NotSent => Outcome::DeniedLocally,
        Decisive::Refused(errno) => refused(errno, observation.has_source),
        Decisive::Icmp(icmp) if icmp.from_self => {
            // The kernel reports a next hop that does not answer as host unreachable from itself.
            if icmp.is_routing() { Outcome::NoRoute } else { Outcome::DeniedLocally }
        }
        Decisive::Icmp(icmp) if icmp.is_prohibited() => Outcome::Prohibited,
        Decisive::Icmp(_) => Outcome::Unreachable,
        Decisive::Reset(_) => Outcome::Reset,
        Decisive::Silence => Outcome::Timeout,
    }
}

/// Whether the session's own `connect()` completed a handshake, whatever became of the hand-built SYNs: a filter may
/// know them by their source ports, and mail is what passes or not.
pub fn is_connected(observation: &Observation) -> bool {
    use SessionEnd::{Closed, Greeting, NotSmtp, Reset, Silent};
    let end = observation.session.as_ref().map(|session| &session.end);
    matches!(end, Some(Greeting { .. } | NotSmtp(_) | Silent | Closed | Reset))
}

fn refused(errno: Errno, has_source: bool) -> Outcome {
    // The same error says that no port is free and that there is no address to send from.
    if errno == Errno::ADDRNOTAVAIL && !has_source {
        return Outcome::NoRoute;
    }
    match errno.refusal() {
        // With IP_RECVERR a queue or an egress hook that drops says ENOBUFS.
        Refusal::Denied | Refusal::Dropped => Outcome::DeniedLocally,
        Refusal::NoRoute => Outcome::NoRoute,
        Refusal::Exhausted | Refusal::Other => Outcome::LocalError,
    }
}

fn handshake(observation: &Observation) -> Outcome {
    match observation.session.as_ref().map(|session| &session.end) {
        Some(SessionEnd::Greeting { code: 220, text }) if !smtp::is_masked(text) => Outcome::Greeted,
        Some(SessionEnd::Greeting { code: 400..=599, .. }) => Outcome::RejectedGreeting,
        Some(SessionEnd::Silent | SessionEnd::Closed) => Outcome::SilentGreeting,
        Some(SessionEnd::Reset) => Outcome::ResetAfterHandshake,
        None if reset_follows(observation) => Outcome::ResetAfterHandshake,
        Some(_) | None => Outcome::Established,
    }
}

/// A reset behind the SYN-ACK of every completed attempt.
fn reset_follows(observation: &Observation) -> bool {
    let mut completed =
        observation.attempts.iter().filter(|a| matches!(decisive(a), Decisive::SynAck(_))).peekable();
    completed.peek().is_some()
        && completed.all(|attempt| {
            attempt.answers.iter().any(|answer| matches!(&answer.seen, Seen::Reset(rst) if rst.acceptable))
        })
}

/// Contradicting answers to one SYN: a RST and a SYN-ACK, both acceptable. Two authors, so one of them forged.
pub fn is_raced(observation: &Observation) -> bool {
    observation.attempts.iter().any(|attempt| {
        let acceptable = |wanted: fn(&Seen) -> bool| attempt.answers.iter().any(|a| wanted(&a.seen));
        matches!(decisive(attempt), Decisive::Reset(_))
            && acceptable(|seen| matches!(seen, Seen::SynAck(segment) if segment.acceptable))
    })
}
