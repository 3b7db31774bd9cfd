//! One round, heard for one port and one family: a symptom per operator and whether its control answered.
//!
//! An operator with several addresses is one witness. It answered when any of its addresses did; otherwise its
//! symptom is the one that most of its addresses showed. Operators whose names all lead to the same address are no
//! independent witnesses, so their names are not believed.

mod witness;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use crate::observation::{DnsFailure, EngineKind, HostFacts, Icmp, Observation, Peer, Round};
use crate::outcome::{self, Decisive, Outcome};
use crate::target::{Family, Operator, Port, Role};
use witness::{shared_names, testify};

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
    /// Hop of the control, by its TTL; of the nearest global one where the operator has none.
    pub control_hop: Option<u8>,
    /// One SYN drew both a RST and a SYN-ACK.
    pub raced: bool,
    /// The destination is in a network of this machine's own.
    pub on_link: bool,
    /// This machine has a route to the destination, whatever it says about the port.
    pub is_routed: bool,
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
            is_routed: false,
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
                testify(operator, &subjects, &controls, &globals)
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

    /// Fewer than half of the controls answered: the network is in trouble, and trouble is not evidence.
    pub fn is_degraded(&self) -> bool {
        let (answered, asked) = self.controls();
        2 * answered < asked
    }

    /// Controls that answered and controls that were asked: each operator's own, and the global ones.
    pub fn controls(&self) -> (usize, usize) {
        let own = |wanted: fn(Control) -> bool| self.measured().filter(|t| wanted(t.control)).count();
        let answered = own(|c| matches!(c, Control::SameHost | Control::OtherHost));
        let failed = own(|c| c == Control::Failed);
        (answered + self.globals.0, answered + failed + self.globals.1)
    }
}
