//! The destinations that Sortie knows by itself, in the configuration's own format.

use std::sync::LazyLock;

use sortie_core::target::{Address, Roster};

use super::{Config, Relay};

/// The file as it is shipped: its comments carry date, sources and etiquette.
pub const TEXT: &str = include_str!("../../data/catalogue.toml");

static CATALOGUE: LazyLock<Config> = LazyLock::new(|| match super::parse(TEXT, super::Base::Nothing) {
    Ok(config) => config,
    Err(problems) => panic!("the built-in catalogue is broken: {problems:?}"),
});

/// The built-in targets.
pub fn roster() -> &'static Roster {
    &CATALOGUE.roster
}

/// The built-in global controls.
pub fn globals() -> &'static [Address] {
    CATALOGUE.roster.globals()
}

/// The built-in relay.
pub fn relays() -> &'static [Relay] {
    &CATALOGUE.relays
}

/// When the catalogue was last compared with its sources, as YYYY-MM-DD.
pub fn date() -> &'static str {
    TEXT.lines().find_map(|line| line.strip_prefix("# Dated: ")).map_or("", str::trim)
}
