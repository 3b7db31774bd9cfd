//! What `--explain` adds to a report: every round and every walk of the sitting.

use std::net::{IpAddr, SocketAddr};

use super::compose;
use super::schema::{Explanation, RoundSeen, StepSeen, WalkSeen};
use crate::observation::Round;
use crate::target::{Family, Port};
use crate::walk::{Reach, Step, Walk};

/// Every packet of these rounds and walks.
pub fn explain(rounds: &[Round], walks: &[Walk]) -> Explanation {
    let round = |round: &Round| RoundSeen {
        started_ms: compose::millis(round.started),
        observations: round.observations.iter().map(compose::sighting).collect(),
    };
    Explanation { rounds: rounds.iter().map(round).collect(), walks: walks.iter().map(walk).collect() }
}

fn walk(walk: &Walk) -> WalkSeen {
    let place = |(ip, port): (IpAddr, Port)| SocketAddr::new(ip, port.number()).to_string();
    let step = |step: &Step| StepSeen {
        ttl: step.ttl,
        subject: step.subject.iter().map(words).collect(),
        control: step.control.iter().map(words).collect(),
    };
    WalkSeen {
        operator: walk.operator.to_string(),
        family: Family::of(walk.subject.0),
        subject: place(walk.subject),
        control: walk.control.map(place),
        steps: walk.steps.iter().map(step).collect(),
    }
}

fn words(reach: &Reach) -> String {
    match reach {
        Reach::Silent => "silent".into(),
        Reach::TimeExceeded(router) => format!("died at {router}"),
        Reach::SynAck => "SYN-ACK".into(),
        Reach::Reset => "RST".into(),
        Reach::Unreachable(device) => format!("refused by {device}"),
        Reach::Refused => "not let out by this machine".into(),
    }
}
