//! What providers and relays document about outbound mail: data with dates and sources, and nothing that is known
//! from nowhere.
//!
//! The facts stand in `data/knowledge`, a file for each provider. They are part of the binary and read when they are
//! first asked for; the tests guard that every fact has a source, that no two contradict each other and that no cell
//! of a policy is missing. What is not documented is [`Standing::Unknown`], never a guess: an expectation that rests
//! on a guess would make an alert of it.

mod provider;
mod relay;
mod source;
#[cfg(test)]
mod tests;
mod vocabulary;

use std::sync::LazyLock;

use serde::Deserialize;

pub use self::provider::{
    Note, Offer, Policy, PortRule, Procedure, Provider, Resource, SubscriptionName, VM, Wire,
};
pub use self::relay::{Relay, Relays};
pub use self::source::{Day, Kind, Source};
pub use self::vocabulary::{OnTheWire, Standing, Subscription};

/// A file for each provider, in the order in which they are listed.
macro_rules! providers {
    ($($id:literal),+ $(,)?) => {
        /// The providers that there is a file of.
        pub const PROVIDERS: &[&str] = &[$($id),+];

        static FILES: [LazyLock<Provider>; PROVIDERS.len()] =
            [$(LazyLock::new(|| read(include_str!(concat!("../../data/knowledge/", $id, ".toml"))))),+];
    };
}

providers!(
    "azure",
    "aws",
    "gcp",
    "oci",
    "digitalocean",
    "hetzner",
    "linode",
    "vultr",
    "scaleway",
    "ovh",
    "alibaba",
    "ibm",
    "exoscale",
);

static RELAYS: LazyLock<Relays> = LazyLock::new(|| read(include_str!("../../data/knowledge/relays.toml")));

/// Every provider.
pub fn providers() -> impl Iterator<Item = &'static Provider> {
    FILES.iter().map(|file| &**file)
}

/// The provider with this id. No other file is read for it.
pub fn provider(id: &str) -> Option<&'static Provider> {
    let place = PROVIDERS.iter().position(|known| *known == id)?;
    FILES.get(place).map(|file| &**file)
}

/// Microsoft Azure: what is open depends on the subscription.
pub fn azure() -> &'static Provider {
    &FILES[0]
}

/// Every relay.
pub fn relays() -> &'static Relays {
    &RELAYS
}

fn read<T: Deserialize<'static>>(text: &'static str) -> T {
    match toml::from_str(text) {
        Ok(facts) => facts,
        Err(error) => panic!("the built-in knowledge is broken: {error}"),
    }
}
