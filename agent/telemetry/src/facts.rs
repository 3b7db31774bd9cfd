//! What the agent hands over: how things stand now, and what was left out.

use std::time::{Duration, SystemTime};

use sortie_core::drift::Told;
use sortie_core::expect::Expectation;
use sortie_core::observation::EngineKind;
use sortie_core::relay::Usability;
use sortie_core::target::{Family, Port};
use sortie_core::verdict::State;

/// How everything stands: what the gauges say from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// One per port and family that is under test; one that is missing has no series any more.
    pub ports: Vec<PortFacts>,
    /// One per relay that was spoken to; likewise.
    pub relays: Vec<RelayFacts>,
    /// The engine in use.
    pub engine: EngineKind,
    /// Tells one configuration from another.
    pub config_hash: String,
    /// Whether the file was last refused and an older configuration is kept.
    pub config_rejected: bool,
    /// The size of the virtual machine, where the cloud told it.
    pub host_type: Option<String>,
    /// The subscription, where Azure Resource Manager told it.
    pub subscription: Option<Told>,
    /// Where what is known would survive, or not.
    pub store: StoreState,
    /// When this machine was booted.
    pub booted: SystemTime,
}

/// How one port stands in one family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortFacts {
    /// The port under test.
    pub port: Port,
    /// The IP family.
    pub family: Family,
    /// The state on show.
    pub state: State,
    /// What it is expected to be.
    pub expected: Expectation,
    /// When a round could last judge it; what comes with a state that is not conclusive moves nothing.
    pub conclusive: Option<SystemTime>,
}

/// How one relay stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelayFacts {
    /// As it is called in the configuration.
    pub name: String,
    /// How its latest conversation went.
    pub result: Usability,
}

/// What waits in one lane of the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpoolUsage {
    /// Bytes that wait.
    pub bytes: u64,
    /// Bytes that may wait.
    pub limit: u64,
    /// How long the oldest export has waited until now; `None` where nothing waits.
    pub oldest: Option<Duration>,
}

/// Where what the agent knows is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreState {
    /// On the disk: it survives the agent.
    Kept,
    /// In memory alone, because the disk refuses or there is no state directory.
    Memory,
}

impl StoreState {
    /// Every state.
    pub(crate) const ALL: [Self; 2] = [Self::Kept, Self::Memory];

    /// The word of the closed vocabulary.
    pub fn code(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Memory => "memory",
        }
    }
}

/// Why a round was left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skip {
    /// The machine stood still meanwhile, so that the clock says nothing about the network.
    Suspended,
}

impl Skip {
    /// Every reason.
    pub(crate) const ALL: [Self; 1] = [Self::Suspended];

    /// The word of the closed vocabulary.
    pub fn code(self) -> &'static str {
        match self {
            Self::Suspended => "suspended",
        }
    }
}

/// What became of the configuration file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ConfigState {
    /// It is in use.
    Accepted,
    /// It was refused, and an older one is in use.
    Rejected,
}

impl ConfigState {
    /// Every state.
    pub(crate) const ALL: [Self; 2] = [Self::Accepted, Self::Rejected];

    /// What became of a file that was taken or not.
    pub(crate) fn of(accepted: bool) -> Self {
        if accepted { Self::Accepted } else { Self::Rejected }
    }

    /// The word of the closed vocabulary.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
        }
    }
}
