//! `sortie run`

use clap::Args;

use super::{LogLevel, Settings};
use crate::config::Overrides;

pub(super) const LONG: &str = "\
Probe for as long as it runs, log every change, and serve the page and the metrics.

In a settled state each round asks one operator and its control, in turn; the moment it disagrees with the settled \
state, all of them are asked. SIGTERM and SIGINT end it after the round, SIGHUP reads the configuration again.";

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
    /// Serve on the listening socket that is this file descriptor; only 0 is understood
    #[arg(long, hide = true, value_name = "FD", value_parser = ["0"], conflicts_with = "listen")]
    pub listen_fd: Option<String>,
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
