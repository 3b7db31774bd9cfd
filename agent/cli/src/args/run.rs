//! `sortie run`

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::{LogLevel, duration};
use crate::config::{EngineChoice, Overrides};

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
    /// Configuration file [default: /etc/sortie/sortie.toml if it exists]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Which engine probes [default: from the configuration, else auto]
    #[arg(long, value_name = "ENGINE")]
    pub engine: Option<EngineChoice>,
    /// Time between two rounds, for example 60s or 5m [default: from the configuration, else 60s]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub interval: Option<Duration>,
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
        Overrides {
            engine: self.engine,
            interval: self.interval,
            demonstration: self.demonstration,
            ..Overrides::default()
        }
    }
}
