//! The engines of Sortie: the only crate that touches the network for a verdict.
//!
//! ```text
//! Settings ─▶ Prober ─┬─ resolve(roster) ─▶ Resolved         names, both families
//!                     ├─ round(resolved, plan) ─▶ Round      SYNs side by side, greetings, counters
//!                     └─ walk(pairs) ─▶ [Walk]               TTL-limited SYNs over the first hops
//!          └▶ Caller ─── converse(relay) ─▶ Conversation     one SMTP conversation with TLS
//! ```
//!
//! A probe never fails, it observes: whatever happens, a refusal by this machine's own kernel included, becomes
//! part of a [`sortie_core::observation::Observation`]. Nothing here has an opinion about what it means.
//!
//! Linux only: the evidence that tells a local drop from a remote one comes from interfaces that only Linux has.

mod assignment;
mod connect;
mod dial;
mod engine;
mod error_queue;
mod host;
mod interfaces;
mod names;
mod own;
mod patience;
mod plan;
mod prober;
mod progress;
mod raw;
mod relay;
mod session;
mod settings;
mod side_by_side;
mod sys;
mod walk;

pub use interfaces::{Interface, interfaces};
pub use names::{Lookup, Resolved};
pub use plan::{Event, PeerLimit, RoundPlan};
pub use prober::Prober;
pub use relay::{Caller, Destination, Roots};
pub use settings::{Choice, NameServers, OpenError, Settings, Source};
