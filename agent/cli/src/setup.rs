//! From what was typed and what is configured to what is to be done.

use sortie_core::target::Roster;

use crate::args::{Check, Run};
use crate::config::{self, Config, ConfigError, Environment};
use crate::{selection, terminal};

/// Configuration and destinations of one check.
pub fn check(args: &Check) -> anyhow::Result<(Config, Roster)> {
    let config = config::load(args.config.as_deref())?.with(&args.overrides())?;
    let roster = selection::select(&config.roster, &args.addresses, &args.ports)?;
    warn(&config, &config::warnings(&roster));
    Ok((config, roster))
}

/// Configuration of the daemon.
pub fn run(args: &Run) -> anyhow::Result<Config> {
    let environment = Environment::read(std::env::vars_os()).map_err(ConfigError::from)?;
    let config =
        config::load(args.settings.config.as_deref())?.within(&environment).with(&args.overrides())?;
    warn(&config, &config.warnings);
    environment.unheeded().for_each(|sentence| terminal::warn(&sentence));
    Ok(config)
}

fn warn(config: &Config, sentences: &[String]) {
    sentences.iter().chain(&config.unheeded()).for_each(|sentence| terminal::warn(sentence));
}
