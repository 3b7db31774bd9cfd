//! Who is stopping the mail: the words of a verdict.
//!
//! How it is reached: [`crate::hearing`] turns a round into one symptom per operator, [`docket`] keeps what the
//! rounds of an episode said, [`view`] sorts the witnesses, [`rules`] decide in a fixed order, [`machine`] holds the settled state and says when
//! it changes.

use serde::{Deserialize, Serialize};

use self::rules::ids::RuleId;
use crate::evidence::Evidence;

pub mod docket;
pub mod machine;
pub mod rules;
#[cfg(test)]
mod tests;
pub mod view;

/// The state of a port in one family: a closed vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Mail traffic leaves and real servers answer.
    Open,
    /// The cloud platform, or a security group of the same cloud (identical on the wire).
    PlatformBlocked,
    /// A device on the path that is not the platform.
    PathBlocked,
    /// This machine's own firewall or policy.
    LocallyBlocked,
    /// Something answers in the servers' place.
    Intercepted,
    /// Some attempts pass, then silence.
    Throttled,
    /// The destinations themselves refuse.
    Refused,
    /// At least two operators fail, others answer.
    Partial,
    /// Nothing leaves: the controls fail too.
    NoEgress,
    /// Measured, and honest about not knowing.
    Inconclusive,
}

impl State {
    /// Every state, in the order of the vocabulary.
    pub const ALL: [Self; 10] = [
        Self::Open,
        Self::PlatformBlocked,
        Self::PathBlocked,
        Self::LocallyBlocked,
        Self::Intercepted,
        Self::Throttled,
        Self::Refused,
        Self::Partial,
        Self::NoEgress,
        Self::Inconclusive,
    ];

    /// The word of the closed vocabulary.
    pub fn code(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::PlatformBlocked => "platform_blocked",
            Self::PathBlocked => "path_blocked",
            Self::LocallyBlocked => "locally_blocked",
            Self::Intercepted => "intercepted",
            Self::Throttled => "throttled",
            Self::Refused => "refused",
            Self::Partial => "partial",
            Self::NoEgress => "no_egress",
            Self::Inconclusive => "inconclusive",
        }
    }

    /// Whether somebody is named as the one who stops the port.
    pub fn is_block(self) -> bool {
        matches!(self, Self::PlatformBlocked | Self::PathBlocked | Self::LocallyBlocked)
    }

    /// Whether the state says something about the port, rather than about what could not be known.
    pub fn is_conclusive(self) -> bool {
        !matches!(self, Self::NoEgress | Self::Inconclusive)
    }
}

/// How a block shows on the wire, or why nothing leaves: a closed vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signature {
    /// SYNs vanish.
    SilentDrop,
    /// SYNs are reset.
    Reset,
    /// SYNs are refused by ICMP.
    Prohibited,
    /// Cause of `no_egress`: no route.
    NoRoute,
    /// Cause of `no_egress`: names do not resolve.
    Dns,
    /// Cause of `no_egress`: SYNs leave and nothing answers.
    NoAnswer,
}

impl Signature {
    /// Every signature and cause, in the order of the vocabulary.
    pub const ALL: [Self; 6] =
        [Self::SilentDrop, Self::Reset, Self::Prohibited, Self::NoRoute, Self::Dns, Self::NoAnswer];

    /// The word of the closed vocabulary.
    pub fn code(self) -> &'static str {
        match self {
            Self::SilentDrop => "silent_drop",
            Self::Reset => "reset",
            Self::Prohibited => "prohibited",
            Self::NoRoute => "no_route",
            Self::Dns => "dns",
            Self::NoAnswer => "no_answer",
        }
    }
}

/// Whose block a `platform_blocked` is: a closed vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attribution {
    /// The platform itself.
    Platform,
    /// The platform or a security group: the wire cannot tell.
    PlatformOrSecurityGroup,
    /// A security group of the user.
    SecurityGroup,
}

impl Attribution {
    /// Every attribution, in the order of the vocabulary.
    pub const ALL: [Self; 3] = [Self::Platform, Self::PlatformOrSecurityGroup, Self::SecurityGroup];

    /// The word of the closed vocabulary.
    pub fn code(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::PlatformOrSecurityGroup => "platform_or_security_group",
            Self::SecurityGroup => "security_group",
        }
    }
}

/// What the rounds heard so far amount to. Written down, it is what the next life of an agent goes on from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The state.
    pub state: State,
    /// How it shows, where that has a word.
    pub signature: Option<Signature>,
    /// Whose it is, for `platform_blocked`.
    pub attribution: Option<Attribution>,
    /// 0 to 1.
    pub confidence: f64,
    /// Stable id of the rule that decided.
    #[serde(deserialize_with = "rules::ids::deserialize")]
    pub rule: RuleId,
    /// One sentence about the cause, without the port; completes "Outbound port 25 from this machine …".
    pub because: String,
    /// Weighted sentences, heaviest first.
    pub evidence: Vec<Evidence>,
    /// Whether another round could not change it.
    pub settled: bool,
}

impl Finding {
    /// The finding where time ran out before anything was heard.
    pub fn unfinished() -> Self {
        Self {
            state: State::Inconclusive,
            signature: None,
            attribution: None,
            confidence: 0.5,
            rule: "unfinished",
            because: "could not be judged in the time that was given".to_owned(),
            evidence: Vec::new(),
            settled: false,
        }
    }
}
