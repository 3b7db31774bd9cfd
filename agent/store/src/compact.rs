//! Gives a file's unused space back to the disk.
//!
//! redb doubles a file that is full, and keeps what was freed in it. After a queue was long and is empty again, nearly all
//! of the file is unused. Compacting moves every page in use to the front; it is done when a store is opened, where
//! little has to be moved for it.

use redb::{Database, ReadableDatabase as _, ReadableTableMetadata as _, TableHandle as _};

use crate::format::{CHANGES, META, PORTS, SAMPLES, Sum};
use crate::limits::ROW_MOST;
use crate::queue;

/// Files up to this size are nobody's trouble.
const SMALL: u64 = 4 << 20;

/// Bytes of the file for each byte of a row. What has more is not what [`Limits`](crate::Limits) promise of history, but
/// left over from a queue.
const FILE_TO_ROWS: u64 = 3;

/// Rows of this many bytes are moved at the most, which takes a disk of 60 MB/s half a second: an agent that starts is
/// waited for. A queue that is longer is not yet drained.
const MOVED_MOST: u64 = 16 << 20;

/// Whether a file of this size has so little in it that compacting is worth its time.
pub(crate) fn is_worthwhile(database: &Database, file_bytes: u64) -> Result<bool, redb::Error> {
    if file_bytes <= SMALL {
        return Ok(false);
    }
    let txn = database.begin_read()?;
    let meta = txn.open_table(META)?;
    let (changes, samples) = (Sum::read(&meta, CHANGES.name())?, Sum::read(&meta, SAMPLES.name())?);
    let queue = queue::queue(&txn)?;
    let ports = txn.open_table(PORTS)?.len()?.saturating_mul(ROW_MOST as u64);
    let rows = [changes.bytes, samples.bytes, queue.metrics.bytes, queue.events.bytes, ports];
    let rows = rows.into_iter().fold(0, u64::saturating_add);
    Ok(rows <= MOVED_MOST && file_bytes / FILE_TO_ROWS > rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Dir, at, export, memory, row};
    use crate::{Batch, Export, FILE, Lane, Opened, Store};

    /// An outage of a day, with exports of twice the size.
    const EXPORTS: u64 = 1_000;

    #[test]
    fn a_file_that_a_queue_has_left_nearly_empty_is_made_small_when_it_is_opened() {
        for (situation, left, small) in
            [("drained", 0, true), ("nearly drained", 100, true), ("still full", EXPORTS, false)]
        {
            let dir = Dir::new("compact");
            let bytes = || std::fs::metadata(dir.path().join(FILE)).expect("it is there").len();
            let (mut store, _) = Store::open(dir.path(), at(0)).expect("an empty directory");
            let body = "x".repeat(6_000);
            let mut batch = Batch::new(at(0));
            batch.remember(memory(25, "blocked"));
            for number in 1..=EXPORTS {
                batch.export(Lane::Metrics, export(number, number, &body)).sample(row(number, 1, "timeout"));
            }
            store.commit(&batch).expect("room");
            let mut batch = Batch::new(at(0));
            for number in 1..=EXPORTS - left {
                batch.settle(Lane::Metrics, number);
            }
            store.commit(&batch).expect("room");
            let before = bytes();
            assert!(before > EXPORTS * 6_000, "{situation}: {before} bytes");

            assert_eq!(store.reopen(at(0)).expect("whole"), Opened::Kept);
            let after = bytes();
            assert_eq!(after < SMALL / 2, small, "{situation}: {before} bytes, then {after}");
            assert_eq!(store.recall().expect("whole"), [memory(25, "blocked")], "{situation}");
            assert_eq!(store.history(at(0)).expect("whole").samples.count() as u64, EXPORTS, "{situation}");
            let kept = store.backlog(Lane::Metrics, u64::MAX, usize::MAX, usize::MAX).expect("whole");
            let all: Vec<Export> = (EXPORTS - left + 1..=EXPORTS).map(|n| export(n, n, &body)).collect();
            assert!(kept == all, "{situation}: {} exports", kept.len());
        }
    }
}
