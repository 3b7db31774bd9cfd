//! The queue of exports: what was encoded for a receiver and waits until it was acknowledged, refused or lost.
//!
//! ```text
//!   Batch::export ─▶ lane ─┬─ Batch::settle ─▶ gone: delivered, or refused and told by Batch::lose
//!                          └─ Batch::bound ──▶ gone: too old, or too much; counted in the same transaction
//! ```
//!
//! Each lane has its own numbers, which only ever rise. What an export says is opaque: it is stored once and handed out
//! as it was, byte for byte. The queue refuses an export that is larger than any receiver takes, and loses nothing
//! without counting it.

mod export;
mod lane;
mod ledger;
mod losses;
mod read;
#[cfg(test)]
mod tests;
mod work;

use std::time::Duration;

pub use self::export::Export;
pub use self::losses::{Loss, Losses};
pub use self::read::{Queue, Waiting};
pub(crate) use self::read::{backlog, newest, queue};
pub(crate) use self::work::{Work, apply};

use crate::format::{Definition, EVENTS, METRICS};

/// A lane of the queue. One that is held up does not hold up the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// The first to go when there is too much.
    Metrics,
    /// Kept as long as there is anything else to lose.
    Events,
}

/// Bounds of the queue, both lanes together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueLimits {
    /// How old an export may be, by the clock of whoever gives the moments. One of the future has no age, and neither
    /// have those behind it: lanes are looked at from their oldest number on, and no further than they have to be.
    pub age: Duration,
    /// Bytes of keys and values. The file has up to five times that and one more export: each takes whole pages, a power
    /// of two of them, new ones are written before old ones are freed, and a file that is full is doubled.
    pub bytes: u64,
}

impl Lane {
    /// Both, in the order in which they lose what is too much.
    pub const ALL: [Self; 2] = [Self::Metrics, Self::Events];

    const fn table(self) -> Definition {
        match self {
            Self::Metrics => METRICS,
            Self::Events => EVENTS,
        }
    }
}
