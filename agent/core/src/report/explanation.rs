//! What `--explain` adds to a report: every round and every walk of the sitting.

use serde::Serialize;

use super::{Sighting, compose};
use crate::observation::Round;
use crate::target::Family;
use crate::walk::{Reach, Step, Walk};

/// Every packet of a sitting.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Explanation {
    /// The rounds in order.
    pub rounds: Vec<RoundSeen>,
    /// The walks in order.
    pub walks: Vec<WalkSeen>,
}

/// One round of the jury.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RoundSeen {
    /// Milliseconds from the start of the check.
    pub started_ms: f64,
    /// Everything that was asked.
    pub observations: Vec<Sighting>,
}

/// TTL-limited SYNs to one operator's subject and control.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WalkSeen {
    /// Whose.
    pub operator: String,
    /// The IP family.
    pub family: Family,
    /// Address and port under test.
    pub subject: String,
    /// Address and port of the control, where there was one.
    pub control: Option<String>,
    /// By ascending TTL.
    pub steps: Vec<StepSeen>,
}

/// What the SYNs of one TTL drew, one entry for each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StepSeen {
    /// TTL or hop limit.
    pub ttl: u8,
    /// On the port under test.
    pub subject: Vec<String>,
    /// On the control.
    pub control: Vec<String>,
}

impl Explanation {
    /// Of these rounds and walks.
    pub fn of(rounds: &[Round], walks: &[Walk]) -> Self {
        let round = |round: &Round| RoundSeen {
            started_ms: compose::millis(round.started),
            observations: round.observations.iter().map(compose::sighting).collect(),
        };
        Self { rounds: rounds.iter().map(round).collect(), walks: walks.iter().map(walk).collect() }
    }
}

fn walk(walk: &Walk) -> WalkSeen {
    let place = |(ip, port): (std::net::IpAddr, crate::target::Port)| {
        std::net::SocketAddr::new(ip, port.number()).to_string()
    };
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
