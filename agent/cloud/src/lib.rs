//! In which cloud this machine stands, and under which names that cloud knows it.
//!
//! ```text
//!   DMI · environment · files ─▶ Surroundings ──┬─ a service without machines ─▶ Place       nobody is asked
//!                                               ├─ one provider ─▶ its metadata service ─┐
//!                                               └─ nothing ─▶ all of them at once ───────┴─▶ Place, or nothing
//! ```
//!
//! It refuses to guess: a field that the cloud left empty, or that does not look like what it claims to be, is absent.
//! Whoever answers may be anybody, so every answer has a size and a deadline, redirects are not followed, proxies are
//! not used, and no secret is asked for: of user data and tags nothing is kept. The one exception is [`arm`], which asks
//! Azure Resource Manager with a token, where the configuration says so.
#![forbid(unsafe_code)]

pub mod arm;
mod around;
mod ask;
mod claim;
mod http;
mod metadata;
mod place;
mod provider;
#[cfg(test)]
mod tests;

pub use around::Surroundings;
pub use ask::{Whom, ask};
pub use place::{Place, Platform, Provider};
