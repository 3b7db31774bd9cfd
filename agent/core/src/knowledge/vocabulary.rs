//! The closed lists of the knowledge base.

use serde::{Deserialize, Serialize};

use crate::expect::Expectation;

/// What a provider documents about a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// Not restricted.
    Open,
    /// Blocked, and nothing is offered that lifts it.
    Blocked,
    /// Blocked until somebody asks, and is granted it.
    Exemptible,
    /// Not promised: it may work today.
    Unsupported,
    /// Not documented, or documented in two ways.
    Unknown,
}

impl Standing {
    /// Every standing, in the order of the vocabulary.
    pub const ALL: [Self; 5] =
        [Self::Open, Self::Blocked, Self::Exemptible, Self::Unsupported, Self::Unknown];

    /// The word in data and on the terminal.
    pub fn code(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Blocked => "blocked",
            Self::Exemptible => "exemptible",
            Self::Unsupported => "unsupported",
            Self::Unknown => "unknown",
        }
    }

    /// What may be expected of the port. An exemption that was granted is nowhere to be read: until somebody says so
    /// (`[expect] port_25 = "open"`), the default holds.
    pub fn expectation(self) -> Expectation {
        match self {
            Self::Open => Expectation::Open,
            Self::Blocked | Self::Exemptible => Expectation::Blocked,
            Self::Unsupported | Self::Unknown => Expectation::Any,
        }
    }
}

/// Types of Azure subscription, as far as the policy of port 25 tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subscription {
    /// Standard Enterprise Agreement.
    Ea,
    /// Microsoft Customer Agreement for enterprise.
    McaE,
    /// Enterprise Dev/Test.
    EaDevtest,
    /// Any other.
    Other,
    /// Nobody knows.
    Unknown,
}

impl Subscription {
    /// Every type, in the order of the vocabulary.
    pub const ALL: [Self; 5] = [Self::Ea, Self::McaE, Self::EaDevtest, Self::Other, Self::Unknown];

    /// Every type that the policy speaks of.
    pub const NAMED: [Self; 4] = [Self::Ea, Self::McaE, Self::EaDevtest, Self::Other];

    /// The word in configuration and report.
    pub fn code(self) -> &'static str {
        match self {
            Self::Ea => "ea",
            Self::McaE => "mca-e",
            Self::EaDevtest => "ea-devtest",
            Self::Other => "other",
            Self::Unknown => "unknown",
        }
    }
}

/// How a block was seen to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OnTheWire {
    /// SYNs vanish.
    SilentDrop,
    /// Some connections pass, then SYNs vanish.
    Throttle,
    /// Nobody says.
    Unknown,
}

impl OnTheWire {
    /// In words.
    pub fn spoken(self) -> &'static str {
        match self {
            Self::SilentDrop => "silent drop",
            Self::Throttle => "throttle",
            Self::Unknown => "unknown",
        }
    }
}

/// Something that happens to a machine, and that a provider says something about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// The subscription is of another type now.
    TypeChanged,
    /// An exemption was granted, and the port is still blocked.
    ExemptionNotEffective,
    /// Mail leaves, and the destinations do not take it.
    DestinationsRefuse,
}

impl When {
    /// In words.
    pub fn spoken(self) -> &'static str {
        match self {
            Self::TypeChanged => "the type of a subscription has changed",
            Self::ExemptionNotEffective => "an exemption is granted and not in effect",
            Self::DestinationsRefuse => "destinations refuse",
        }
    }
}
