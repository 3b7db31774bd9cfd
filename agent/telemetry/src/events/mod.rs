//! What happens, for people and programs that were not watching: one typed value for each name of the registry.
//!
//! An event is a log record with a name. It carries the moment when it happened and a unique id, so that a copy that is
//! delivered twice can be told from a second event.

pub(crate) mod record;
mod words;

use sortie_core::alert::Alert;
use sortie_core::drift::Change;
use sortie_core::observation::EngineKind;
use sortie_core::report::{NextStep, PortVerdict};
use sortie_core::verdict::State;
use sortie_core::verification::Reason;

use crate::registry::{self, EventKind, Level};
use crate::spool::{Loss, Signal};

/// Something that happened.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// Another state of a port is on show, or the first one.
    PortStateChange {
        /// What is on show from now on.
        verdict: &'a PortVerdict,
        /// The state that was on show; `None` for the first verdict.
        previous: Option<State>,
    },
    /// This machine raises an alert.
    AlertRaised(Alerted<'a>),
    /// An alert is over.
    AlertCleared(Alerted<'a>),
    /// The subscription of this machine has changed, or the machine is in another one.
    SubscriptionTypeChange(&'a Change),
    /// Mail that was stopped leaves, for long enough to rely on it.
    ExemptionVerified(Exemption<'a>),
    /// Mail left, and is stopped again.
    ExemptionRegressed(Exemption<'a>),
    /// The agent begins to probe.
    AgentStart {
        /// Tells one configuration from another.
        config_hash: &'a str,
        /// The engine in use.
        engine: EngineKind,
        /// Whether it goes on from what an earlier life had on show.
        resumed: bool,
    },
    /// The agent was told to end.
    AgentStop {
        /// By which signal, `SIGTERM`.
        reason: &'a str,
    },
    /// The configuration was read again.
    AgentConfigChange {
        /// The configuration in use from now on: the old one where the new one was refused.
        hash: &'a str,
        /// The one in use before.
        previous: &'a str,
        /// Whether the file was taken.
        accepted: bool,
    },
    /// Somebody set the clock of this machine.
    AgentClockStep {
        /// By how many seconds; below zero where it was set back.
        seconds: f64,
    },
    /// Records will never be delivered.
    AgentDataDropped {
        /// Of which lane.
        signal: Signal,
        /// Why.
        reason: Loss,
        /// How many.
        records: u64,
    },
}

/// An alert, and how what it is about stands at that moment.
#[derive(Clone, Copy, Debug)]
pub struct Alerted<'a> {
    /// What is raised or over.
    pub alert: Alert,
    /// The same for raising and clearing of one alert, and for no other.
    pub fingerprint: &'a str,
    /// What it is about.
    pub about: About<'a>,
}

/// What an alert is about.
#[derive(Clone, Copy, Debug)]
pub enum About<'a> {
    /// A port in one family, and how it stands.
    Port(&'a PortVerdict),
    /// A relay.
    Relay {
        /// As it is called in the configuration.
        name: &'a str,
        /// How it stands, one sentence.
        summary: &'a str,
    },
    /// The machine as a whole.
    Machine {
        /// What is the matter, one sentence.
        summary: &'a str,
        /// What to do.
        next_steps: &'a [NextStep],
    },
}

/// What became of an exemption, for one port and family.
#[derive(Clone, Copy, Debug)]
pub struct Exemption<'a> {
    /// Why it counts as effective, or what stands in its way.
    pub reason: Reason,
    /// How the port stands.
    pub verdict: &'a PortVerdict,
}

impl Event<'_> {
    /// Its entry in the registry.
    pub(crate) fn kind(&self) -> &'static EventKind {
        match self {
            Self::PortStateChange { .. } => &registry::PORT_STATE_CHANGE,
            Self::AlertRaised(_) => &registry::ALERT_RAISED,
            Self::AlertCleared(_) => &registry::ALERT_CLEARED,
            Self::SubscriptionTypeChange(_) => &registry::SUBSCRIPTION_TYPE_CHANGE,
            Self::ExemptionVerified(_) => &registry::EXEMPTION_VERIFIED,
            Self::ExemptionRegressed(_) => &registry::EXEMPTION_REGRESSED,
            Self::AgentStart { .. } => &registry::AGENT_START,
            Self::AgentStop { .. } => &registry::AGENT_STOP,
            Self::AgentConfigChange { .. } => &registry::AGENT_CONFIG_CHANGE,
            Self::AgentClockStep { .. } => &registry::AGENT_CLOCK_STEP,
            Self::AgentDataDropped { .. } => &registry::AGENT_DATA_DROPPED,
        }
    }

    /// How urgent it is, by the rule of the registry.
    pub(crate) fn level(&self) -> Level {
        use sortie_core::alert::Severity;
        match self {
            Self::PortStateChange { verdict, .. } => {
                let mail_passes_or_nobody_knows = [State::Open, State::Inconclusive].map(State::code);
                if mail_passes_or_nobody_knows.contains(&verdict.state) { Level::Info } else { Level::Warn }
            }
            Self::AlertRaised(raised) => match raised.alert.severity {
                Severity::Critical => Level::Error,
                Severity::Warning => Level::Warn,
            },
            Self::ExemptionRegressed(_) => Level::Error,
            Self::SubscriptionTypeChange(_)
            | Self::AgentConfigChange { accepted: false, .. }
            | Self::AgentDataDropped { .. } => Level::Warn,
            Self::AlertCleared(_)
            | Self::ExemptionVerified(_)
            | Self::AgentStart { .. }
            | Self::AgentStop { .. }
            | Self::AgentConfigChange { accepted: true, .. }
            | Self::AgentClockStep { .. } => Level::Info,
        }
    }
}
