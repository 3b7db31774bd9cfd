//! From configuration to an opened engine.

use sortie_core::target::Roster;
use sortie_net::{Choice, OpenError, Prober, Settings, Source};

use crate::config::{self, Config, EngineChoice};
use crate::jury::Jury;

/// The engine that the configuration asks for, in front of a jury that has heard nothing.
pub fn jury(config: &Config, roster: Roster) -> Result<Jury, OpenError> {
    Ok(Jury::new(prober(config)?, roster, &config.probe.families, config.pace))
}

/// Opens the engine that the configuration asks for.
pub fn prober(config: &Config) -> Result<Prober, OpenError> {
    Prober::open(settings(config))
}

/// What the configuration says of probing and of conversations.
pub(crate) fn settings(config: &Config) -> Settings {
    Settings {
        engine: match config.probe.engine {
            EngineChoice::Auto => Choice::Auto,
            EngineChoice::Raw => Choice::Raw,
            EngineChoice::Connect => Choice::Connect,
        },
        families: config.probe.families.clone(),
        attempts: config.probe.attempts.clone(),
        window: config.probe.window,
        source: config.probe.source.as_ref().map(|source| match source {
            config::Source::Interface(name) => Source::Interface(name.clone()),
            config::Source::Address(ip) => Source::Address(*ip),
        }),
        ..Settings::default()
    }
}
