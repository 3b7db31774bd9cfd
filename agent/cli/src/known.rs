//! What an agent remembers of a port over its own end: written by `run`, read by its next life and by `report`.

use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use sortie_core::alert::Alarm;
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
}
