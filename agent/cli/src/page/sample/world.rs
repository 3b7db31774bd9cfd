//! A network whose fate is told minute by minute, and what an agent would remember of it.

use std::net::IpAddr;
use std::time::Duration;

use sortie_core::history::{History, Sample, StateChange};
use sortie_core::observation::{Answer, Attempt, DnsFailure, Icmp, Observation, Peer, Seen, Segment};
use sortie_core::report::{Host, PortVerdict, Report, SCHEMA, compose};
use sortie_core::target::{Address, Family, Operator, Port, Role, Roster};
use sortie_core::verdict::State;

use super::{HOUR, MINUTE, NOW, Situation};
use crate::board::{AgentFacts, Display};
use crate::config::catalogue;
use crate::page::moment;

/// Rounds between two sittings of the jury.
const JURY: u64 = 15;

/// What becomes of a SYN.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Fate {
    Answered,
    Silent,
    Reset,
    Refused,
    NoRoute,
}

pub(super) fn situation(
    changes: &[(Port, State, Duration)],
    fate: impl Fn(Port, Duration) -> Fate,
    verdicts: Vec<PortVerdict>,
) -> Situation {
    let mut history = History::default();
    for (n, (port, state, ago)) in changes.iter().enumerate() {
        let before = changes[..n].iter().rev().find(|(of, ..)| of == port).map(|(_, state, _)| *state);
        history.change(changed(*port, before, *state, *ago));
    }
    let known = changes.iter().map(|(.., ago)| *ago).max().unwrap_or(MINUTE).min(24 * HOUR);
    let rounds = known.as_secs() / 60;
    let mut latest = Vec::new();
    for number in 0..=rounds {
        let ago = known.saturating_sub(Duration::from_secs(number * 60));
        let everybody = number.is_multiple_of(JURY) || number == rounds;
        let observations = round(catalogue::roster(), number, everybody, |port| fate(port, ago));
        history.record(observations.iter().map(Sample::of), NOW.saturating_sub(ago));
        if everybody {
            latest = observations;
        }
    }
    let now = moment::wall(NOW);
    let report = Report {
        schema: SCHEMA,
        generated_at: moment::utc(now),
        host: Host { id: Some("4c4c4544-0051-4810".to_owned()), name: Some("mail-1".to_owned()) },
        engine: Some("raw"),
        unseen: vec![
            "answers that this machine's INPUT rules dropped: there is no capability for a tap".to_owned(),
        ],
        cloud: None,
        verdicts,
        observations: latest.iter().map(compose::sighting).collect(),
        relays: Vec::new(),
        explanation: None,
    };
    let agent = AgentFacts {
        version: "0.1.0",
        started: now - known,
        measured: Some(now - Duration::from_secs(12)),
        next_round: Some(now + Duration::from_secs(48)),
        interval: MINUTE,
        demonstration: false,
        config: None,
        config_hash: "8f3a61c20b94d7e5".to_owned(),
    };
    Situation { display: Display { generation: rounds, report, agent, notices: Vec::new() }, history, now }
}

fn round(roster: &Roster, number: u64, everybody: bool, fate: impl Fn(Port) -> Fate) -> Vec<Observation> {
    let mut observations = Vec::new();
    for (n, target) in (0..).zip(roster.targets()) {
        let turn = roster.operators(target.address().port).len() as u64;
        if !everybody && number % turn != n % turn {
            continue;
        }
        for family in Family::ALL {
            let operator = Some(target.operator());
            let fate_of =
                |address: &Address| if family == Family::Ipv6 { Fate::NoRoute } else { fate(address.port) };
            let salt = number * 31 + n * 7;
            observations.push(observed(
                operator,
                target.role(),
                target.address(),
                family,
                fate_of(target.address()),
                salt,
            ));
            if let Some(control) = target.control() {
                let of_control =
                    if fate(Port::SUBMISSION) == Fate::NoRoute { Fate::NoRoute } else { Fate::Answered };
                observations.push(observed(operator, Role::Control, control, family, of_control, salt + 3));
            }
        }
    }
    observations
}

/// One destination; IPv6 has no addresses here. Times differ by operator and wander within a few milliseconds.
pub(super) fn observed(
    operator: Option<&Operator>,
    role: Role,
    address: &Address,
    family: Family,
    fate: Fate,
    salt: u64,
) -> Observation {
    let near = 9 + address.to_string().bytes().map(u64::from).sum::<u64>() % 60;
    let after = Duration::from_micros(near * 1_000 + (salt * salt * 37) % 4_700);
    let segment =
        Segment { acceptable: true, hop_limit: Some(52), window: Some(65_535), ..Segment::default() };
    let icmp = Icmp {
        family,
        kind: 3,
        code: 13,
        offender: IpAddr::from([203, 0, 113, 9]),
        from_self: false,
        hop_limit: Some(60),
    };
    let (syns, seen) = match fate {
        Fate::Answered => (1, Some(Seen::SynAck(segment))),
        Fate::Reset => (3, Some(Seen::Reset(segment))),
        Fate::Refused => (3, Some(Seen::Icmp(icmp))),
        Fate::Silent => (3, None),
        Fate::NoRoute => (0, None),
    };
    let answer = seen.map(|seen| Answer { after, late: false, seen });
    let attempt = |n: u64| Attempt {
        at: Duration::from_millis(n * 1_000),
        source_port: Some(61_000),
        answers: answer.clone().into_iter().collect(),
        kernel: None,
    };
    let last = u8::try_from(near).unwrap_or(1);
    Observation {
        operator: operator.cloned(),
        role,
        address: address.clone(),
        peer: match (family, fate) {
            (Family::Ipv6, _) => Peer::Unresolved(DnsFailure::NoData),
            (Family::Ipv4, Fate::NoRoute) => Peer::Unresolved(DnsFailure::Timeout),
            (Family::Ipv4, _) => Peer::Ip([192, 0, 2, last].into()),
        },
        family,
        on_link: false,
        has_source: true,
        is_routed: true,
        attempts: (0..syns).map(attempt).collect(),
        session: None,
        took: Duration::from_secs(7),
        dns_took: None,
    }
}

pub(super) fn changed(port: Port, previous: Option<State>, state: State, ago: Duration) -> StateChange {
    let moment = NOW.saturating_sub(ago);
    StateChange {
        uid: format!("uid-{}", moment.as_secs()),
        at: moment::utc(moment::wall(moment)),
        moment,
        port,
        family: Family::Ipv4,
        previous,
        state,
        signature: None,
        attribution: None,
        confidence: 0.99,
        rule: if state == State::Open { "open" } else { "silent_all" },
        summary: String::new(),
    }
}
