//! From what was typed and what is configured to what is to be done.

use std::path::Path;

use sortie_core::target::Roster;

use crate::args::{Check, Report, Verify};
use crate::config::{self, Config, ConfigError, Environment, File, Overrides};
use crate::{selection, terminal};

/// Configuration and destinations of one check.
pub fn check(args: &Check) -> anyhow::Result<(Config, Roster)> {
    let config = config::load(args.config.as_deref())?.with(&args.overrides())?;
    let roster = selection::select(&config.roster, &args.addresses, &args.ports)?;
    let sentences = config::warnings(&roster).into_iter().chain(config.unheeded());
    sentences.for_each(|sentence| terminal::warn(&sentence));
    Ok((config, roster))
}

/// Configuration and destinations of a verification of this machine.
pub fn verify(args: &Verify) -> anyhow::Result<(Config, Roster)> {
    args.check()?;
    let in_force = in_force(args.config.as_deref(), args.overrides())?;
    let roster = selection::select(&in_force.config.roster, &[], &[args.port])?;
    let sentences = config::warnings(&roster).into_iter().chain(in_force.config.unheeded());
    sentences.for_each(|sentence| terminal::warn(&sentence));
    Ok((in_force.config, roster))
}

/// Where the agent of this machine is, and what is expected of its ports.
pub fn report(args: &Report) -> anyhow::Result<Config> {
    Ok(config::load(args.config.as_deref())?.with(&args.overrides())?)
}

/// A configuration, and what it is made of.
pub struct InForce {
    /// The lowest layer; `None` for the built-in defaults.
    pub file: Option<File>,
    /// The layer above it.
    pub environment: Environment,
    /// The topmost layer.
    pub flags: Overrides,
    /// All of them together.
    pub config: Config,
}

impl InForce {
    /// What is allowed and still worth knowing.
    pub fn sentences(&self) -> Vec<String> {
        let of_config = self.config.warnings.iter().cloned().chain(self.config.unheeded());
        of_config.chain(self.environment.unheeded()).collect()
    }
}

/// What the daemon lives by.
pub fn in_force(path: Option<&Path>, flags: Overrides) -> anyhow::Result<InForce> {
    let environment = Environment::read(std::env::vars_os()).map_err(ConfigError::from)?;
    let file = File::find(path).map_err(ConfigError::from)?;
    let below = file.as_ref().map_or_else(|| Ok(config::defaults()), File::config)?;
    let config = below.within(&environment).map_err(ConfigError::from)?.with(&flags)?;
    Ok(InForce { file, environment, flags, config })
}
