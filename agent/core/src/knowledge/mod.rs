//! What providers and relays document about outbound mail: data with dates and sources, and nothing that is known
//! from nowhere.
//!
//! The facts stand in `data/knowledge`, a file for each provider. `build/` makes constants of them and refuses unknown
//! keys, wrong types and days that there are none of; the tests guard that every fact has a source, that no two
//! contradict each other and that no cell of a policy is missing. What is not documented is [`Standing::Unknown`], never a guess: an expectation that rests
//! on a guess would make an alert of it.

mod provider;
mod relay;
mod source;
#[cfg(test)]
mod tests;
mod vocabulary;

use crate::target::Port;

pub use self::provider::{
    Note, Offer, Policy, PortRule, Procedure, Provider, Resource, Situation, SubscriptionName, VM, Wire,
};
pub use self::relay::{Relay, Relays};
pub use self::source::{Day, Kind, Source};
pub use self::vocabulary::{OnTheWire, Standing, Subscription, When};

include!(concat!(env!("OUT_DIR"), "/knowledge.rs"));

/// Every provider.
pub fn providers() -> impl Iterator<Item = &'static Provider> {
    FACTS.iter()
}

/// The provider with this id.
pub fn provider(id: &str) -> Option<&'static Provider> {
    FACTS.iter().find(|provider| provider.id == id)
}

/// Microsoft Azure: what is open depends on the subscription.
pub fn azure() -> &'static Provider {
    &FACTS[0]
}

/// Every relay.
pub fn relays() -> &'static Relays {
    &RELAYS
}

/// A port in the files.
const fn port(number: u16) -> Port {
    Port::new(number).expect("the files hold no port of zero")
}
