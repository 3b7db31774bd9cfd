//! Gives a file's unused space back to the disk.
//!
//! redb doubles a file that is full, and keeps what was freed in it. After a queue was long and is empty again, nearly all
//! of the file is unused. When such a store is opened, its rows are copied into a file of their own, which then takes the
//! place of the first: redb's own compaction does the same in place, and is 43 kB of the program.

use std::fs;
use std::path::Path;

use redb::{
    Database, ReadableDatabase as _, ReadableTable as _, ReadableTableMetadata as _, TableHandle as _,
};

use crate::error::StoreError;
use crate::file::make;
use crate::format::{CHANGES, META, PORTS, SAMPLES, Sum, TABLES};
use crate::limits::ROW_MOST;
use crate::queue;

/// Files up to this size are nobody's trouble.
const SMALL: u64 = 4 << 20;

/// Bytes of the file for each byte of a row. A fresh file may have as many: rows a little larger than half a page leave
/// the other half empty, and a file that is full is doubled.
const FILE_TO_ROWS: u64 = 4;

/// Rows of this many bytes are copied at the most, which takes a disk of 60 MB/s some tenths of a second: an agent that
/// starts is waited for. A queue that is longer is not yet drained.
const COPIED_MOST: u64 = 16 << 20;

/// What a copy is called until it is whole.
const COPY: &str = "redb.copy";

/// A smaller copy that has taken the place of the file, where that is worthwhile. Its name is not yet synced.
pub(crate) fn compacted(database: &Database, path: &Path) -> Result<Option<Database>, StoreError> {
    let failed = |error| StoreError::database("compact", path, error);
    let bytes = fs::metadata(path).map_err(|error| failed(error.into()))?.len();
    if !is_worthwhile(database, bytes).map_err(failed)? {
        return Ok(None);
    }
    let beside = path.with_extension(COPY);
    // Left behind by a crash. Where there is none, making it says whether something is in the way.
    let _ = fs::remove_file(&beside);
    let copied = make(&beside)?;
    let renamed = copy(database, &copied).and_then(|()| Ok(fs::rename(&beside, path)?)).map_err(failed);
    if renamed.is_err() {
        // What fails here is told by the error already.
        let _ = fs::remove_file(&beside);
    }
    renamed.map(|()| Some(copied))
}

/// Whether a file of this size has so little in it that compacting is worth the copying.
fn is_worthwhile(database: &Database, file_bytes: u64) -> Result<bool, redb::Error> {
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
    Ok(rows <= COPIED_MOST && file_bytes / FILE_TO_ROWS > rows)
}

/// Writes every row of one store into another, in one transaction.
fn copy(from: &Database, to: &Database) -> Result<(), redb::Error> {
    let (from, to) = (from.begin_read()?, to.begin_write()?);
    for table in TABLES {
        let mut copied = to.open_table(table)?;
        for row in from.open_table(table)?.iter()? {
            let (key, value) = row?;
            copied.insert(key.value(), value.value())?;
        }
    }
    to.commit()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Dir, at, export, memory, row};
    use crate::{Batch, Export, FILE, Lane, Loss, Opened, Store};

    /// An outage of a day, with exports of twice the usual size.
    const EXPORTS: u64 = 1_000;

    /// A store after an outage, with so many exports left, closed; and the size of its file.
    fn after_outage(dir: &Dir, left: u64) -> u64 {
        let (store, _) = Store::open(dir.path(), at(0)).expect("an empty directory");
        let mut batch = Batch::new(at(0));
        batch.remember(memory(25, "blocked")).change(row(0, 1, "open to blocked")).lose(
            Lane::Events,
            Loss::Memory,
            3,
        );
        for number in 1..=EXPORTS {
            batch.export(Lane::Metrics, sized(number)).sample(row(number, 1, "timeout"));
        }
        store.commit(&batch).expect("room");
        let mut batch = Batch::new(at(0));
        for number in 1..=EXPORTS - left {
            batch.settle(Lane::Metrics, number);
        }
        store.commit(&batch).expect("room");
        drop(store);
        size(dir)
    }

    fn sized(number: u64) -> Export {
        export(number, number, &"x".repeat(6_000))
    }

    fn size(dir: &Dir) -> u64 {
        std::fs::metadata(dir.path().join(FILE)).expect("it is there").len()
    }

    #[test]
    fn a_file_that_an_outage_has_made_large_is_made_small_when_little_is_left_in_it() {
        for (situation, left, small) in
            [("drained", 0, true), ("nearly drained", 50, true), ("still full", EXPORTS, false)]
        {
            let dir = Dir::new("compact");
            let before = after_outage(&dir, left);
            assert!(before > EXPORTS * 6_000, "{situation}: {before} bytes");

            let (mut store, opened) = Store::open(dir.path(), at(0)).expect("whole");
            assert_eq!(opened, Opened::Kept, "{situation}");
            let after = size(&dir);
            assert_eq!(after < SMALL / 2, small, "{situation}: {before} bytes, then {after}");
            for _ in 0..2 {
                let queue = store.queue().expect("whole");
                assert_eq!((queue.metrics.exports, queue.metrics.highest), (left, EXPORTS), "{situation}");
                assert_eq!(queue.lost.of(Lane::Events, Loss::Memory), 3, "{situation}");
                let kept = store.backlog(Lane::Metrics, u64::MAX, usize::MAX, usize::MAX).expect("whole");
                assert!(kept.into_iter().eq((EXPORTS - left + 1..=EXPORTS).map(sized)), "{situation}");
                assert_eq!(store.recall().expect("whole"), [memory(25, "blocked")], "{situation}");
                let history = store.history(at(0)).expect("whole");
                let rows = (history.changes.count() as u64, history.samples.count() as u64);
                assert_eq!(rows, (1, EXPORTS), "{situation}");
                assert_eq!(store.reopen(at(0)).expect("whole"), Opened::Kept, "{situation}");
            }
            let names: Vec<_> = std::fs::read_dir(dir.path()).expect("ours").collect();
            assert_eq!(names.len(), 1, "{situation}: {names:?}");
        }
    }

    #[test]
    fn a_copy_that_a_crash_has_left_behind_is_made_anew() {
        let dir = Dir::new("compact-again");
        after_outage(&dir, 0);
        std::fs::write(dir.path().join("sortie.redb.copy"), "half of it").expect("room");
        let (store, opened) = Store::open(dir.path(), at(0)).expect("whole");
        assert_eq!(opened, Opened::Kept);
        assert_eq!(store.recall().expect("whole"), [memory(25, "blocked")]);
        assert!(size(&dir) < SMALL / 2);
        assert_eq!(std::fs::read_dir(dir.path()).expect("ours").count(), 1);
    }

    #[test]
    fn a_store_whose_copy_cannot_be_made_is_opened_as_it_is() {
        let dir = Dir::new("compact-not");
        let before = after_outage(&dir, 0);
        let in_the_way = dir.path().join("sortie.redb.copy");
        std::fs::create_dir(&in_the_way).expect("room");
        let (mut store, opened) = Store::open(dir.path(), at(0)).expect("whole");
        assert_eq!((opened, size(&dir)), (Opened::Kept, before));
        store.commit(Batch::new(at(0)).remember(memory(25, "open"))).expect("room");

        std::fs::remove_dir(in_the_way).expect("ours");
        assert_eq!(store.reopen(at(0)).expect("whole"), Opened::Kept);
        assert!(size(&dir) < SMALL / 2);
        assert_eq!(store.recall().expect("whole"), [memory(25, "open")]);
    }
}
