//! One round, heard for one port and one family: a symptom per operator and whether its control answered.
//!
//! An operator with several addresses is one witness. It answered when any of its addresses did; otherwise its
//! symptom is the one that most of its addresses showed. Operators whose names all lead to the same address are no
//! independent witnesses, so their names are not believed.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use crate::distance;
use crate::observation::{
    Attempt, DnsFailure, EngineKind, HostFacts, Icmp, Observation, Peer, Round, SessionEnd,
};
use crate::outcome::{self, Decisive, Outcome};
use crate::smtp;
use crate::target::{Family, Operator, Port, Role};

/// What followed the handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Greeting {
    /// A valid 220.
    Valid,
    /// No conversation was held.
    NotHeard,
    /// The conversation's own handshake was lost: one SYN was answered and the next was not.
    Lost,
    /// `220 ****…`: an inspecting device rewrote it.
    Masked,
    /// 4xx or 5xx.
    Rejected,
    /// Nothing, or FIN.
    Silent,
    /// RST.
    Reset,
    /// Bytes that are no SMTP.
    NotSmtp,
}

/// Why this machine itself stopped a SYN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LocalCause {
    /// An output hook dropped it (`EPERM`, or `TCP_INFO` says that it did not get out).
    Output,
    /// An output rule answered it with RST or ICMP from this machine.
    Reject,
    /// An egress hook or queue dropped it (`ENOBUFS`).
    Egress,
    /// The SYN-ACK arrived and an input hook dropped it.
    Input,
    /// Routing policy: no way for this port.
    Policy,
}

/// What one operator showed on the port under test.
#[derive(Clone, Debug, PartialEq)]
pub enum Symptom {
    /// A handshake, and what followed.
    Answered(Greeting),
    /// Nothing came back.
    Silent,
    /// RST to the SYN.
    Reset,
    /// ICMP from somebody else.
    Icmp(Icmp),
    /// This machine stopped it.
    Local(LocalCause),
    /// This machine has no route.
    NoRoute,
    /// This machine ran out of something.
    Exhausted,
    /// The names gave no address, and why.
    Unresolved(DnsFailure),
}

/// What the operator's control did in the same round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// It answered, at the same address as the subject.
    SameHost,
    /// It answered, at another address of the operator.
    OtherHost,
    /// The operator has none; at least half of the global controls answered.
    Global,
    /// It did not answer.
    Failed,
    /// There is none at all.
    Absent,
}

impl Control {
    /// Whether a symptom beside this control counts.
    pub fn is_valid(self) -> bool {
        matches!(self, Self::SameHost | Self::OtherHost | Self::Global)
    }
}

/// One operator in one round.
#[derive(Clone, Debug, PartialEq)]
pub struct Testimony {
    /// Who.
    pub operator: Operator,
    /// On the port under test.
    pub symptom: Symptom,
    /// On the control.
    pub control: Control,
    /// The address that the symptom speaks of.
    pub peer: Option<IpAddr>,
    /// Hop of whoever sent the deciding segment, by its TTL.
    pub hop: Option<u8>,
    /// Hop of the control, by its TTL.
    pub control_hop: Option<u8>,
    /// One SYN drew both a RST and a SYN-ACK.
    pub raced: bool,
    /// The destination is in a network of this machine's own.
    pub on_link: bool,
}

impl Testimony {
    /// A witness with a symptom and nothing else known; the rest is filled in by who knows it.
    pub fn new(operator: Operator, symptom: Symptom, control: Control) -> Self {
        Self {
            operator,
            symptom,
            control,
            peer: None,
            hop: None,
            control_hop: None,
            raced: false,
            on_link: false,
        }
    }

    /// A real server answered, as far as the round can tell.
    pub fn is_genuine(&self) -> bool {
        matches!(self.symptom, Symptom::Answered(Greeting::Valid | Greeting::NotHeard))
    }

    /// A handshake was completed, by whomever.
    pub fn is_answered(&self) -> bool {
        matches!(self.symptom, Symptom::Answered(_))
    }

    /// Fails on the port under test while its control answers.
    pub fn is_failing(&self) -> bool {
        self.control.is_valid()
            && !self.is_genuine()
            && !matches!(self.symptom, Symptom::Unresolved(_) | Symptom::Exhausted)
    }
}

/// SYNs sent and SYNs that were answered by a handshake.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Attempts.
    pub sent: u32,
    /// Attempts that drew nothing.
    pub unanswered: u32,
}

impl Tally {
    /// Share of attempts that drew nothing, 0 where there were none.
    pub fn loss(self) -> f64 {
        if self.sent == 0 { 0.0 } else { f64::from(self.unanswered) / f64::from(self.sent) }
    }

    fn add(&mut self, observation: &Observation) {
        for attempt in &observation.attempts {
            self.sent += 1;
            self.unanswered += u32::from(outcome::decisive(attempt) == Decisive::Silence);
        }
    }
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.sent += other.sent;
        self.unanswered += other.unanswered;
    }
}

/// One round, heard for one port and one family.
#[derive(Clone, Debug, PartialEq)]
pub struct Hearing {
    /// When the round started, as an offset from the start of the agent or the check.
    pub at: Duration,
    /// How it was made.
    pub engine: EngineKind,
    /// The witnesses, by operator.
    pub testimonies: Vec<Testimony>,
    /// Global controls that answered, and how many there are.
    pub globals: (usize, usize),
    /// What the global controls that did not answer showed, one word for all where they agree.
    pub global_symptoms: Vec<Outcome>,
    /// Operators whose names led to an address that another operator's name led to as well.
    pub shared_names: BTreeSet<Operator>,
    /// Operators whose handshake was completed after the window of an earlier round.
    pub late: usize,
    /// Attempts on the port under test.
    pub subject_tally: Tally,
    /// Attempts on the controls.
    pub control_tally: Tally,
    /// This machine's counters.
    pub host: HostFacts,
}

impl Hearing {
    /// These witnesses in a round of which nothing else is known; the rest is filled in by who knows it.
    pub fn new(at: Duration, engine: EngineKind, testimonies: Vec<Testimony>) -> Self {
        Self {
            at,
            engine,
            testimonies,
            globals: (0, 0),
            global_symptoms: Vec::new(),
            shared_names: BTreeSet::new(),
            late: 0,
            subject_tally: Tally::default(),
            control_tally: Tally::default(),
            host: HostFacts::default(),
        }
    }

    /// Hears `round` for one port and family; `None` where the roster has nothing there.
    pub fn of(round: &Round, engine: EngineKind, port: Port, family: Family) -> Option<Self> {
        let here = || round.observations.iter().filter(move |o| o.family == family);
        let subjects = |o: &&Observation| o.role.is_subject() && o.port() == port;
        // A name without an address in this family is no witness in it, unless it has none in any family.
        let is_empty = |o: &Observation| o.peer == Peer::Unresolved(DnsFailure::NoData);
        let mut on_port = round.observations.iter().filter(|o| o.role.is_subject() && o.port() == port);
        let nowhere = on_port.all(is_empty);
        let absent = |o: &Observation| is_empty(o) && !nowhere;
        let mut by_operator: BTreeMap<&Operator, Vec<&Observation>> = BTreeMap::new();
        for observation in here().filter(subjects).filter(|o| !absent(o)) {
            if let Some(operator) = &observation.operator {
                by_operator.entry(operator).or_default().push(observation);
            }
        }
        if by_operator.is_empty() {
            return None;
        }

        let globals: Vec<_> =
            here().filter(|o| o.operator.is_none() && o.port() != port && !absent(o)).collect();
        let answered = globals.iter().filter(|o| outcome::classify(o).is_handshake()).count();
        let global_symptoms =
            globals.iter().map(|o| outcome::classify(o)).filter(|o| !o.is_handshake()).collect();

        let mut subject_tally = Tally::default();
        let mut control_tally = Tally::default();
        here().filter(subjects).for_each(|o| subject_tally.add(o));
        here().filter(|o| o.role == Role::Control).for_each(|o| control_tally.add(o));

        let came_late = |subjects: &&Vec<&Observation>| {
            subjects.iter().any(|o| o.ip().is_some_and(|ip| round.late.contains(&(ip, port))))
        };
        let late = by_operator.values().filter(came_late).count();
        let shared_names = shared_names(&by_operator);
        let testimonies = by_operator
            .into_iter()
            .map(|(operator, subjects)| {
                let controls: Vec<_> = here()
                    .filter(|o| o.role == Role::Control && o.operator.as_ref() == Some(operator))
                    .filter(|o| o.port() != port && !absent(o))
                    .collect();
                testify(operator, &subjects, &controls, (answered, globals.len()))
            })
            .collect();
        Some(Self {
            at: round.started,
            engine,
            testimonies,
            globals: (answered, globals.len()),
            global_symptoms,
            shared_names,
            late,
            subject_tally,
            control_tally,
            host: round.host,
        })
    }

    /// Witnesses whose names gave an address.
    pub fn measured(&self) -> impl Iterator<Item = &Testimony> {
        self.testimonies.iter().filter(|t| !matches!(t.symptom, Symptom::Unresolved(_)))
    }

    /// Controls that answered and controls that were asked: each operator's own, and the global ones.
    pub fn controls(&self) -> (usize, usize) {
        let own = |wanted: fn(Control) -> bool| self.measured().filter(|t| wanted(t.control)).count();
        let answered = own(|c| matches!(c, Control::SameHost | Control::OtherHost));
        let failed = own(|c| c == Control::Failed);
        (answered + self.globals.0, answered + failed + self.globals.1)
    }
}

/// Operators that share an address which they did not configure as a literal.
fn shared_names(by_operator: &BTreeMap<&Operator, Vec<&Observation>>) -> BTreeSet<Operator> {
    let mut owners: BTreeMap<IpAddr, BTreeSet<&Operator>> = BTreeMap::new();
    for (operator, observations) in by_operator {
        for ip in observations.iter().filter_map(|o| o.ip()) {
            owners.entry(ip).or_default().insert(operator);
        }
    }
    owners.into_values().filter(|operators| operators.len() > 1).flatten().cloned().collect()
}

fn testify(
    operator: &Operator,
    subjects: &[&Observation],
    controls: &[&Observation],
    globals: (usize, usize),
) -> Testimony {
    let (observation, symptom) = strongest(subjects);
    let answering = |o: &&&Observation| outcome::classify(o).is_handshake();
    let own_control = controls.iter().filter(answering).max_by_key(|o| o.ip() == observation.ip());
    let control = match own_control {
        Some(control) if control.ip() == observation.ip() => Control::SameHost,
        Some(_) => Control::OtherHost,
        None if !controls.is_empty() => Control::Failed,
        None if globals.1 == 0 => Control::Absent,
        None if 2 * globals.0 >= globals.1 => Control::Global,
        None => Control::Failed,
    };
    Testimony {
        operator: operator.clone(),
        symptom,
        control,
        peer: observation.ip(),
        hop: sender_hop(observation),
        control_hop: own_control.and_then(|control| sender_hop(control)),
        raced: subjects.iter().any(|o| outcome::is_raced(o)),
        on_link: observation.on_link,
    }
}

/// The observation that speaks for the operator: a genuine answer, else the symptom that most addresses show.
fn strongest<'a>(subjects: &[&'a Observation]) -> (&'a Observation, Symptom) {
    let judged: Vec<_> = subjects.iter().map(|o| (*o, symptom(o))).collect();
    let alike = |symptom: &Symptom| {
        judged
            .iter()
            .filter(|(_, other)| std::mem::discriminant(other) == std::mem::discriminant(symptom))
            .count()
    };
    let rank = |symptom: &Symptom| match symptom {
        Symptom::Answered(Greeting::Valid) => (4, 0),
        Symptom::Answered(Greeting::NotHeard | Greeting::Lost) => (3, 0),
        Symptom::Answered(_) => (2, 0),
        Symptom::Unresolved(_) => (0, 0),
        other => (1, alike(other)),
    };
    let best = (0..judged.len()).max_by_key(|i| rank(&judged[*i].1)).unwrap_or_default();
    judged[best].clone()
}

fn symptom(observation: &Observation) -> Symptom {
    if let Peer::Unresolved(failure) = observation.peer {
        return Symptom::Unresolved(failure);
    }
    // The session is a real `connect()`: what it was refused, mail is refused.
    if let Some(SessionEnd::Refused(errno)) = observation.session.as_ref().map(|s| &s.end) {
        return local(outcome::classify(observation), Decisive::Refused(*errno));
    }
    match outcome::deciding(observation) {
        Decisive::SynAck(_) => Symptom::Answered(greeting(observation)),
        Decisive::Reset(_) => Symptom::Reset,
        Decisive::Icmp(icmp) if !icmp.from_self => Symptom::Icmp(*icmp),
        Decisive::Silence => Symptom::Silent,
        // An output rule that rejects with a reset: only the SYNs that were watched tell whose reset it was.
        Decisive::NotSent if observation.attempts.iter().any(is_reset) => Symptom::Local(LocalCause::Reject),
        decisive => local(outcome::classify(observation), decisive),
    }
}

fn is_reset(attempt: &Attempt) -> bool {
    matches!(outcome::decisive(attempt), Decisive::Reset(_))
}

fn local(outcome: Outcome, decisive: Decisive<'_>) -> Symptom {
    use crate::errno::Refusal;
    match (outcome, decisive) {
        (Outcome::NoRoute, _) => Symptom::NoRoute,
        (Outcome::LocalError, _) => Symptom::Exhausted,
        (_, Decisive::DroppedOnArrival(_)) => Symptom::Local(LocalCause::Input),
        (_, Decisive::Icmp(_)) => Symptom::Local(LocalCause::Reject),
        (_, Decisive::Refused(errno)) if errno.refusal() == Refusal::Dropped => {
            Symptom::Local(LocalCause::Egress)
        }
        _ => Symptom::Local(LocalCause::Output),
    }
}

fn greeting(observation: &Observation) -> Greeting {
    match observation.session.as_ref().map(|session| &session.end) {
        Some(SessionEnd::Greeting { code: 220, text }) if smtp::is_masked(text) => Greeting::Masked,
        Some(SessionEnd::Greeting { code: 200..=299, .. }) => Greeting::Valid,
        Some(SessionEnd::Greeting { code: 400..=599, .. }) => Greeting::Rejected,
        Some(SessionEnd::Greeting { .. } | SessionEnd::NotSmtp(_)) => Greeting::NotSmtp,
        Some(SessionEnd::Silent | SessionEnd::Closed) => Greeting::Silent,
        Some(SessionEnd::Reset) => Greeting::Reset,
        Some(SessionEnd::NotConnected | SessionEnd::Rejected) => Greeting::Lost,
        None if outcome::classify(observation) == Outcome::ResetAfterHandshake => Greeting::Reset,
        Some(SessionEnd::Refused(_)) | None => Greeting::NotHeard,
    }
}

fn sender_hop(observation: &Observation) -> Option<u8> {
    let ttl = match outcome::deciding(observation) {
        Decisive::SynAck(segment) | Decisive::Reset(segment) => segment.hop_limit,
        Decisive::Icmp(icmp) => icmp.hop_limit,
        _ => None,
    };
    ttl.and_then(distance::hop)
}
