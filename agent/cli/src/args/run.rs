//! `sortie run`

use clap::Args;

use super::{LogLevel, Settings};
use crate::config::Overrides;

pub(super) const LONG: &str = "\
Probe for as long as it runs and log every change.

In a settled state each round asks one operator and its control, in turn; the moment it disagrees with the settled \
state, all of them are asked. SIGTERM and SIGINT end it cleanly.";

pub(super) const AFTER: &str = "\
Examples:
  sortie run
  sortie run --config ./sortie.toml --log-level debug";

/// `sortie run`
#[derive(Args, Clone, Debug)]
pub struct Run {
    /// Where the configuration is, and what beats it.
    #[command(flatten)]
    pub settings: Settings,
    /// Judge at the pace of a demonstration: only for a network in which nothing is lost and nothing is far
    #[arg(long, hide = true)]
    pub demonstration: bool,
    /// Least important messages to log
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    pub log_level: LogLevel,
}

impl Run {
    /// The flags that beat the file.
    pub fn overrides(&self) -> Overrides {
        Overrides { demonstration: self.demonstration, ..self.settings.overrides() }
    }
}
