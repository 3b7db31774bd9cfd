//! What an agent remembers over its own end: written by `run`, read by its next life and by `report`.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use sortie_core::alert::{Alarm, RelayAlarm, TypeAlarm};
use sortie_core::drift::Told;
use sortie_core::exemption::Exemption;
use sortie_core::history::History;
use sortie_core::report::Cloud;
use sortie_core::target::{Family, Port};
use sortie_core::verdict::Finding;

/// One port and family, as it was on show.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Known {
    /// The port.
    pub port: Port,
    /// The IP family.
    pub family: Family,
    /// What was on show.
    pub finding: Finding,
    /// When the state on show was decided.
    pub since: SystemTime,
    /// When a round could last judge it.
    pub conclusive: Option<SystemTime>,
    /// What is raised about it.
    #[serde(default)]
    pub alarm: Alarm,
    /// How it stands with an exemption.
    #[serde(default)]
    pub exemption: Exemption,
}

/// The machine itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct KnownMachine {
    /// The cloud, as far as it had told.
    pub cloud: Option<Cloud>,
    /// The subscription, as it was last told.
    pub subscription: Option<Told>,
    /// What is raised about it.
    pub alarm: TypeAlarm,
    /// Since when another subscription is seen whose type is still being asked for, since the Unix epoch.
    #[serde(skip)]
    pub moving: Option<Duration>,
    /// What is raised about each relay, by its name.
    #[serde(default)]
    pub relays: BTreeMap<String, RelayAlarm>,
}

/// All of it, as it was found.
#[derive(Debug, Default)]
pub struct Recalled {
    /// The ports that were under test.
    pub ports: Vec<Known>,
    /// The machine.
    pub machine: KnownMachine,
    /// What happened.
    pub history: History,
}
