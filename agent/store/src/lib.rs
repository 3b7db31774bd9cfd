//! What a running agent must not forget: the state of its ports, its local history, and the exports that no receiver has
//! acknowledged yet, in one embedded database.
//!
//! # Constraints
//!
//! * A change of state, the row of history that tells it, and what is on show afterwards are one transaction: a
//!   [`Batch`]. After any crash all of a batch is there, or none of it.
//! * An export that is settled or lost leaves its lane in the transaction that says so. Records that were not delivered
//!   are counted there, once: a batch that is committed again counts nothing twice.
//! * An export has one number in its lane, and a number has one export, for ever.
//! * Rows are bytes. What stands in them is the business of whoever writes them; this crate knows neither
//!   configuration nor verdicts nor telemetry. It reads no clock: every [`Moment`] is an argument.
//! * Calls block, for as long as the disk takes to sync once; a lazy batch ([`Batch::lazy`]) waits for no sync. Nothing
//!   here is async, and nothing starts a thread.
//! * Memory is bounded: [`CACHE_BYTES`] of pages, the largest batch and some copies of its largest row, one row at a time
//!   when history is read, and as many bytes as are asked for when the queue is.
//! * Disk is bounded: by age, rows and bytes of history ([`Limits`]), by age and bytes of the queue ([`QueueLimits`], as
//!   often as a batch has them), by the number of ports, by the size of a row, and by the number of files set aside.
//! * No commit reads a lane or a table of history whole, and no reading of the backlog does: what waits is counted beside
//!   it.
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
//!             "metrics", "events"       ─▶ u64 exports, records, bytes: what waits in the lane of that name; u64 highest
//!                                          number ever; u64 records lost for each [`Loss`] (since version 3)
//!             "ahead"                   ─▶ i64 seconds: how far the wall clock was ahead of that of the exports, 0 where
//!                                          it is missing
//!             "machine"                 ─▶ what is known of the machine itself, opaque
//!             "work"                    ─▶ u128: the last batch that appended or lost exports (since version 3)
//!   ports     port u16, family u8       ─▶ what is on show, opaque
//!   changes   millis u64, id u128       ─▶ a change of state, opaque
//!   samples   millis u64, id u128       ─▶ what destinations answered, opaque
//!   metrics   number u64                ─▶ u64 millis, u32 records, body: an export (since version 3)
//!   events    number u64                ─▶ the same, of the other lane (since version 3)
//! ```
//!
//! `id` is the caller's: an event's uid, or a number within a round. Moment and id name a row, and writing the same row
//! twice leaves one. An export that was settled must not come back, nor a loss count again: the queue knows the batch that
//! it did last. That is what makes a batch safe to commit again when nobody knows whether it was.
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
//! 6. A crash undoes the lazy batches since the last other one, each whole. A store that is closed has them on the disk.
//! 7. A row in a lane that is no export is skipped by readers. The writing transaction that meets it takes it out and
//!    counts one record as [`Loss::Corrupt`]. A ledger that disagrees with its lane is counted anew.
//! 8. A file that has much more room than rows, as after a long outage, is copied into a smaller one when it is opened,
//!    `sortie.redb.copy` until it is whole. Where that fails it is opened as it is.
//! 9. A file whose making failed is removed again: nothing was ever in it.
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
