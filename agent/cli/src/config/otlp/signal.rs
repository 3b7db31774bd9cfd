//! Where one signal goes, metrics or events.

use toml::de::DeValue;

use super::OFF;
use crate::config::section::Refusal;
use crate::config::url::{SIGNAL, url};
use crate::config::value::{self, Read};

/// Where a signal goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SignalEndpoint {
    /// To `otlp.endpoint`, by HTTP to the signal's path below it (`v1/metrics`, `v1/logs`).
    #[default]
    Shared,
    /// Nowhere.
    Off,
    /// To exactly this URL.
    At(String),
}

impl SignalEndpoint {
    pub(super) fn read(value: &DeValue<'_>) -> Read<Self> {
        let text = value::text(value)?;
        if text == OFF {
            return Ok(Self::Off);
        }
        let either = |refusal: Refusal| Refusal {
            problem: "must be a URL, or off".to_owned(),
            hint: format!("{}, or \"off\"", refusal.hint),
            ..refusal
        };
        Self::parse(&text).map_err(either)
    }

    /// A URL; the environment has no word for off here.
    pub(in crate::config) fn parse(text: &str) -> Read<Self> {
        url(text, &SIGNAL).map(Self::At)
    }

    /// As it is written in the file.
    pub(in crate::config) fn written(&self) -> Option<&str> {
        match self {
            Self::Shared => None,
            Self::Off => Some(OFF),
            Self::At(url) => Some(url),
        }
    }
}
