//! Relays that take mail from anybody who has an account with them.

use serde::{Deserialize, Serialize};

use super::source::{Day, Source};
use crate::target::Port;

/// The file of relays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, bound(deserialize = "'de: 'static"))]
pub struct Relays {
    /// Each was compared with its sources on this day or later.
    pub checked: Day,
    /// Every relay.
    #[serde(rename(deserialize = "relay"))]
    pub relays: Vec<Relay>,
    /// What they rest on.
    #[serde(rename(deserialize = "source"))]
    pub sources: Vec<Source>,
}

/// One relay.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Relay {
    /// Stable id.
    pub id: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Host name; a word in capitals is to be replaced.
    pub host: &'static str,
    /// Ports with STARTTLS, the recommended one first.
    pub starttls: Vec<Port>,
    /// Ports that speak TLS from the first byte.
    pub implicit: Vec<Port>,
    /// SASL mechanisms.
    pub auth: Vec<&'static str>,
    /// How much it takes by default; `null` where that is not known.
    #[serde(default)]
    pub limits: Option<&'static str>,
    /// Ids of sources.
    pub sources: Vec<&'static str>,
}
