//! What a running agent must not forget: the state of its ports, and its local history, in one embedded database.
//!
//! # Constraints
//!
//! * A change of state, the row of history that tells it, and what is on show afterwards are one transaction: a
//!   [`Batch`]. After any crash all of a batch is there, or none of it.
//! * Rows are bytes. What stands in them is the business of whoever writes them; this crate knows neither
//!   configuration nor verdicts nor telemetry. It reads no clock: every [`Moment`] is an argument.
//! * Calls block, for as long as the disk takes to sync once. Nothing here is async, and nothing starts a thread.
//! * Memory is bounded: [`CACHE_BYTES`] of pages, the largest batch, and one row at a time when history is read.
//! * Disk is bounded: by age, rows and bytes of history ([`Limits`]), by the number of ports, by the size of a row, and
//!   by the number of files set aside.
//!
//! # On disk
//!
//! `DIR/sortie.redb`, mode 0600, is one [redb](https://www.redb.org) database. Every table maps bytes to bytes, so that
//! one instance of its B-tree is in the program. Numbers in keys are big endian, which makes byte order their order;
//! numbers in values are little endian.
//!
//! ```text
//!   meta      "version"                 ─▶ u32: the format, FORMAT
//!             "changes", "samples"      ─▶ u64 rows, u64 bytes: what the table of that name holds (since version 2)
//!   ports     port u16, family u8       ─▶ what is on show, opaque
//!   changes   millis u64, id u128       ─▶ a change of state, opaque
//!   samples   millis u64, id u128       ─▶ what destinations answered, opaque
//! ```
//!
//! `id` is the caller's: an event's uid, or a number within a round. Moment and id name a row, and writing the same row
//! twice leaves one. That is what makes a batch safe to commit again when nobody knows whether it was.
//!
//! # Recovery
//!
//! 1. A crash leaves the last committed batch or the one that was being committed, whole. Opening repairs what it must:
//!    the checksum of every page is verified at every opening, which reads the file once through the bounded cache.
//! 2. A file that is damaged, or of a format newer than this program's, is renamed to `sortie.redb.damaged-<moment>`,
//!    and a fresh one takes its place. It is never emptied and never deleted. With [`SET_ASIDE_MOST`] of them in the
//!    directory the next one is an error instead, so that a dying disk is not filled with copies.
//! 3. An older format is brought to the current one within one transaction: it is migrated whole, or still the older.
//! 4. A disk that is full, read-only or failing sets nothing aside: the file may be as good as ever. It is an error.
//! 5. After an I/O error the outcome of a commit is unknown, redb writes nothing more, and reads what happens to be in its
//!    cache. The store refuses both ([`StoreError::is_lost_until_reopened`]). [`Store::reopen`] finds out what is on the
//!    disk; then the batch may be committed again.
//! 6. A file whose making failed is removed again: nothing was ever in it.
//!
//! # Reading alone
//!
//! A [`Snapshot`] opens the file without writing to it: what recovery writes goes into memory, over the file, within
//! bounds. Nothing is made, set aside, compacted or made private by it.
//!
//! Two processes are kept apart by the lock that redb takes on the file. The directory is expected to be locked as
//! well, by whoever runs as its only agent, before this crate sets files aside in it.
#![forbid(unsafe_code)]

mod batch;
mod commit;
mod compact;
mod error;
mod file;
mod format;
mod history;
mod limits;
mod moment;
mod overlay;
mod queue;
mod row;
mod snapshot;
mod store;
#[cfg(test)]
mod testing;

pub use batch::Batch;
pub use commit::Trimmed;
pub use error::StoreError;
pub use file::{FILE, Opened, SET_ASIDE_MOST, Why};
pub use format::FORMAT;
pub use history::{History, Rows};
pub use limits::{CACHE_BYTES, EXPORT_MOST, Limits, PORTS_MOST, ROW_MOST};
pub use moment::Moment;
pub use queue::{Export, Lane, Loss, Losses, Queue, QueueLimits, Waiting};
pub use row::{PortKey, PortMemory, Row};
pub use snapshot::Snapshot;
pub use store::Store;
