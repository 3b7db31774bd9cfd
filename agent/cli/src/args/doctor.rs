//! `sortie doctor`

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Listen;
use crate::config::{EngineChoice, Overrides};

pub(super) const LONG: &str = "\
Look at this machine for whatever may stop mail or Sortie here, without touching anything.

Rules of nftables, iptables, ufw and firewalld, SELinux and AppArmor, connection tracking, source ports, routes, names, \
the clock, other mail software, the state directory, the page's address and the files of exports. No packet leaves the \
machine and nothing is written. What may not be read is said to be not seen; nothing is guessed.";

pub(super) const AFTER: &str = "\
Examples:
  sudo sortie doctor                        root sees every rule
  sortie doctor --config ./sortie.toml      for the ports and files of this configuration
  sortie doctor --format json | jq '.findings[] | select(.standing != \"fine\")'

Exit codes:
  0  all that was seen is fine
  1  something is worth a look
  2  something is broken
  64 wrong command line, 70 failure of sortie itself, 78 wrong configuration";

/// `sortie doctor`
#[derive(Args, Clone, Debug)]
pub struct Doctor {
    /// How the findings are written
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub format: DoctorFormat,
    /// Configuration file [default: /etc/sortie/sortie.toml if it exists]
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub config: Option<PathBuf>,
    /// Which engine is to be opened [default: from the configuration, else auto]
    #[arg(long, value_name = "ENGINE")]
    pub engine: Option<EngineChoice>,
    /// Where the page is to be, or off [default: from the configuration, else 127.0.0.1:9525]
    #[arg(long, value_name = "ADDRESS|off")]
    pub listen: Option<Listen>,
}

/// Faces of the findings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum DoctorFormat {
    /// For people
    #[default]
    Table,
    /// For programs, schema sortie.doctor/1
    Json,
}

impl Doctor {
    /// The flags that beat the file.
    pub fn overrides(&self) -> Overrides {
        Overrides { engine: self.engine, listen: self.listen.map(|listen| listen.0), ..Overrides::default() }
    }
}
