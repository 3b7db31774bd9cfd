//! From what was typed and what is configured to what is to be done.

use std::path::Path;

use sortie_core::target::Roster;

use crate::args::{Check, Run};
use crate::config::{self, Config, ConfigError, Environment, File, Overrides};
use crate::{selection, terminal};

/// Configuration and destinations of one check.
pub fn check(args: &Check) -> anyhow::Result<(Config, Roster)> {
    let config = config::load(args.config.as_deref())?.with(&args.overrides())?;
    let roster = selection::select(&config.roster, &args.addresses, &args.ports)?;
    warn(&config, &config::warnings(&roster));
    Ok((config, roster))
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

/// Configuration of the daemon.
pub fn run(args: &Run) -> anyhow::Result<Config> {
    Ok(in_force(args.settings.config.as_deref(), args.overrides())?.config)
}

/// What the daemon would live by.
pub fn in_force(path: Option<&Path>, flags: Overrides) -> anyhow::Result<InForce> {
    let environment = Environment::read(std::env::vars_os()).map_err(ConfigError::from)?;
    let file = File::find(path).map_err(ConfigError::from)?;
    let below = file.as_ref().map_or_else(|| Ok(config::defaults()), File::config)?;
    let config = below.within(&environment).with(&flags)?;
    warn(&config, &config.warnings);
    environment.unheeded().for_each(|sentence| terminal::warn(&sentence));
    Ok(InForce { file, environment, flags, config })
}

/// Says on stderr what is allowed and still worth knowing.
pub fn warn(config: &Config, sentences: &[String]) {
    sentences.iter().chain(&config.unheeded()).for_each(|sentence| terminal::warn(sentence));
}
