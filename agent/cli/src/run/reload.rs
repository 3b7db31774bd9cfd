//! Reads the configuration again, whole or not at all.

use sortie_net::Prober;
use tracing::warn;

use crate::config::Config;
use crate::{args, engine, failure, setup};

/// The configuration as it is on disk now, with an engine opened for it; else why the old one stays. Flags and
/// environment go on beating the file.
pub(super) fn read(args: &args::Run) -> Result<(Config, Prober), String> {
    let read = || {
        let in_force = setup::in_force(args.settings.config.as_deref(), args.overrides())?;
        let prober = engine::prober(&in_force.config)?;
        for sentence in in_force.sentences() {
            warn!("{sentence}");
        }
        anyhow::Ok((in_force.config, prober))
    };
    read().map_err(|error| failure::render(&error, false))
}
