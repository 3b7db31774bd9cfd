//! Which walks a round calls for: whom to walk, and how far.
//!
//! A short walk finds a device that answers in the platform's place. A long one finds where packets stop, and who
//! stands just before the destinations; it is made where something failed, or where what answered is suspicious:
//! nearer than its control, or greeting for several operators in the same words.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::ops::RangeInclusive;

use crate::distance::PLATFORM_HOPS;
use crate::hearing::{Control, Hearing, Testimony};
use crate::observation::{Observation, Round, SessionEnd};
use crate::outcome;
use crate::target::{Family, MIN_OPERATORS, Operator, Port, Role};

/// Hops of a walk that looks for the place where packets stop: few paths inside and between clouds are longer.
const FAR: u8 = 16;
/// Repeats where a single lost SYN would be mistaken for a stop.
const REPEATS: u8 = 2;
/// Operators that are walked at a time: two SYNs a hop and operator stay within the burst of six ICMP messages that
/// a Linux router sends.
const PAIRS: usize = 3;

/// A subject and its control, to be walked side by side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Whose.
    pub operator: Operator,
    /// Address and port under test.
    pub subject: (IpAddr, Port),
    /// Address and port of the control, where one answered.
    pub control: Option<(IpAddr, Port)>,
}

/// Walks with the same reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extent {
    /// TTLs of the SYNs.
    pub ttls: RangeInclusive<u8>,
    /// SYNs a TTL.
    pub repeats: u8,
}

/// How far to walk after a round that was heard like this; `None` where a walk could show nothing.
pub fn extent(round: &Round, hearing: &Hearing, port: Port, family: Family) -> Option<Extent> {
    let mut measured = hearing.measured().peekable();
    measured.peek()?;
    if hearing.controls().0 == 0 && !hearing.measured().any(Testimony::is_answered) {
        return None;
    }
    if !measured.all(Testimony::is_genuine) {
        return Some(Extent { ttls: 1..=FAR, repeats: REPEATS });
    }
    let far = is_nearer_than_control(hearing) || is_one_voice(round, port, family);
    Some(Extent { ttls: 1..=if far { FAR } else { PLATFORM_HOPS }, repeats: 1 })
}

/// Several answers come from fewer hops than the same operator's control.
fn is_nearer_than_control(hearing: &Hearing) -> bool {
    let nearer = |t: &&Testimony| {
        t.control != Control::Global
            && matches!((t.hop, t.control_hop), (Some(hop), Some(control)) if hop < control)
    };
    hearing.measured().filter(nearer).count() >= MIN_OPERATORS
}

/// Several operators greet in exactly the same words. Proof of nothing, and worth a closer look.
fn is_one_voice(round: &Round, port: Port, family: Family) -> bool {
    let mut voices: BTreeMap<&str, BTreeSet<&Operator>> = BTreeMap::new();
    for subject in subjects(round, port, family) {
        if let (Some(SessionEnd::Greeting { text, .. }), Some(operator)) =
            (subject.session.as_ref().map(|session| &session.end), &subject.operator)
        {
            voices.entry(text).or_default().insert(operator);
        }
    }
    voices.values().any(|operators| operators.len() >= MIN_OPERATORS)
}

/// Whom to walk after a round: the operators that tell most, those first whose control answers at the same address,
/// because only there are distances exact. An operator without a control of its own is walked beside a global one.
pub fn pairs(round: &Round, port: Port, family: Family) -> Vec<Pair> {
    let here = || round.observations.iter().filter(move |o| o.family == family);
    let answers = |o: &&Observation| outcome::classify(o).is_handshake();
    let place = |o: &Observation| o.ip().map(|ip| (ip, o.port()));
    let global = here().filter(|o| o.operator.is_none() && o.port() != port).find(answers).and_then(place);
    let mut pairs: Vec<(bool, u8, Pair)> = Vec::new();
    for subject in subjects(round, port, family) {
        let (Some(operator), Some(at)) = (&subject.operator, place(subject)) else { continue };
        let own = here().filter(|o| o.role == Role::Control && o.operator.as_ref() == Some(operator));
        let control = own.filter(|o| o.port() != port).filter(answers).max_by_key(|o| o.ip() == Some(at.0));
        let control = control.and_then(place).or(global);
        let answered = outcome::classify(subject).is_handshake();
        let exact = control.map_or(2, |(ip, _)| u8::from(ip != at.0));
        pairs.push((answered, exact, Pair { operator: operator.clone(), subject: at, control }));
    }
    pairs.sort_by_key(|(answered, exact, _)| (*answered, *exact));
    let mut walked = BTreeSet::new();
    let once = pairs.into_iter().map(|(.., pair)| pair).filter(|pair| walked.insert(pair.operator.clone()));
    once.take(PAIRS).collect()
}

fn subjects(round: &Round, port: Port, family: Family) -> impl Iterator<Item = &Observation> {
    let wanted = move |o: &&Observation| o.family == family && o.role.is_subject() && o.port() == port;
    round.observations.iter().filter(wanted)
}
