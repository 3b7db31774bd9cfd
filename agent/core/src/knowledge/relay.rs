//! Relays that take mail from anybody who has an account with them.

use serde::Serialize;

use super::source::{Day, Source};
use crate::target::Port;

/// The file of relays.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Relays {
    /// Each was compared with its sources on this day or later.
    pub checked: Day,
    /// Every relay.
    pub relays: &'static [Relay],
    /// What they rest on.
    pub sources: &'static [Source],
}

/// One relay.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Relay {
    /// Stable id.
    pub id: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Host name; a word in capitals is to be replaced.
    pub host: &'static str,
    /// Ports with STARTTLS, the recommended one first.
    pub starttls: &'static [Port],
    /// Ports that speak TLS from the first byte.
    pub implicit: &'static [Port],
    /// SASL mechanisms.
    pub auth: &'static [&'static str],
    /// How much it takes by default; `null` where that is not known.
    pub limits: Option<&'static str>,
    /// Ids of sources.
    pub sources: &'static [&'static str],
}
