//! The store that an agent holds.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use redb::{Database, Durability, ReadableDatabase as _, ReadableTable as _};

use crate::batch::Batch;
use crate::commit::{Refusal, Trimmed, apply};
use crate::error::StoreError;
use crate::file::{self, FILE, Opened};
use crate::format::{CHANGES, MACHINE, META, PORTS, SAMPLES};
use crate::history::History;
use crate::limits::Limits;
use crate::moment::Moment;
use crate::queue::{self, Export, Lane, Queue};
use crate::row::{PortKey, PortMemory, Row};

/// The database of one state directory, open until this is dropped.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    /// None after an opening that failed.
    database: Option<Database>,
    /// After an I/O error redb still answers reads that its cache can answer. Half of a store that works is worse than
    /// none: this closes it for all of them.
    lost: AtomicBool,
}

impl Store {
    /// Opens `DIR/sortie.redb`, and makes it where it is missing, and small where it is large with little in it. The
    /// directory has to exist.
    pub fn open(dir: &Path, now: Moment) -> Result<(Self, Opened), StoreError> {
        let path = dir.join(FILE);
        let (database, opened) = file::open(&path, now)?;
        Ok((Self::holding(path, database), opened))
    }

    /// Closes the database and opens it again, which is the way back from
    /// [`is_lost_until_reopened`](StoreError::is_lost_until_reopened), and gives the space of a queue that has become empty
    /// back to the disk. When it fails the store stays closed.
    pub fn reopen(&mut self, now: Moment) -> Result<Opened, StoreError> {
        // Closed first: its lock would keep the next one out.
        self.database = None;
        let (database, opened) = file::open(&self.path, now)?;
        *self = Self::holding(std::mem::take(&mut self.path), database);
        Ok(opened)
    }

    /// Writes all of a batch, or nothing of it, and returns when it is on the disk, which a lazy one is later.
    ///
    /// After an I/O error nobody knows which of the two it was: reopen, and commit the same batch again.
    pub fn commit(&self, batch: &Batch) -> Result<Trimmed, StoreError> {
        batch.check_sizes()?;
        let database = self.database()?;
        if batch.is_empty() {
            return Ok(Trimmed::default());
        }
        let failed = |error| self.lose("write to", error);
        let mut txn = database.begin_write().map_err(|error| failed(error.into()))?;
        if batch.lazy {
            txn.set_durability(Durability::None).map_err(|error| failed(error.into()))?;
        }
        let trimmed =
            apply(&txn, batch, Limits::CHANGES, Limits::SAMPLES).map_err(|refusal| match refusal {
                Refusal::Batch(error) => error,
                Refusal::Database(error) => failed(error),
            })?;
        txn.commit().map_err(|error| failed(error.into()))?;
        Ok(trimmed)
    }

    /// What is on show for every port and family, in order of port and family.
    pub fn recall(&self) -> Result<Vec<PortMemory>, StoreError> {
        let mut memories = Vec::new();
        self.read(|txn| {
            for row in txn.open_table(PORTS)?.iter()? {
                let (key, value) = row?;
                let key = PortKey::decode(key.value())
                    .ok_or_else(|| redb::Error::Corrupted("a remembered port has no number".to_owned()))?;
                memories.push(PortMemory { key, value: value.value().to_vec() });
            }
            Ok(())
        })?;
        Ok(memories)
    }

    /// What is known of the machine itself; `None` where nothing ever was.
    pub fn machine(&self) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(|txn| {
            let meta = txn.open_table(META)?;
            Ok(meta.get(MACHINE)?.map(|value| value.value().to_vec()))
        })
    }

    /// What happened since a moment, and at it.
    pub fn history(&self, since: Moment) -> Result<History, StoreError> {
        self.read(|txn| History::read(txn, since, &self.path))
    }

    /// The moment of the latest row of history.
    pub(crate) fn latest(&self) -> Result<Option<Moment>, StoreError> {
        self.read(|txn| {
            let mut latest = None;
            for table in [CHANGES, SAMPLES] {
                let table = txn.open_table(table)?;
                let row = table.last()?;
                latest = latest.max(row.and_then(|(key, _)| Row::moment(key.value())));
            }
            Ok(latest)
        })
    }

    /// The export with the highest number of a lane.
    pub fn newest(&self, lane: Lane) -> Result<Option<Export>, StoreError> {
        self.read(|txn| queue::newest(txn, lane))
    }

    /// Exports with numbers below `before`, oldest first: as many as there are within this many bytes of bodies and this
    /// count, but one at least where there is one.
    pub fn backlog(
        &self,
        lane: Lane,
        before: u64,
        bytes: usize,
        count: usize,
    ) -> Result<Vec<Export>, StoreError> {
        self.read(|txn| queue::backlog(txn, lane, before, bytes, count))
    }

    /// What waits in the queue, and what was ever lost of it.
    pub fn queue(&self) -> Result<Queue, StoreError> {
        self.read(queue::queue)
    }

    fn read<T>(
        &self,
        read: impl FnOnce(&redb::ReadTransaction) -> Result<T, redb::Error>,
    ) -> Result<T, StoreError> {
        let txn = self.database()?.begin_read();
        txn.map_err(redb::Error::from).and_then(|txn| read(&txn)).map_err(|error| self.lose("read", error))
    }

    fn database(&self) -> Result<&Database, StoreError> {
        let held = self.database.as_ref().filter(|_| !self.lost.load(Ordering::Relaxed));
        held.ok_or_else(|| StoreError::Lost { path: self.path.clone() })
    }

    fn lose(&self, doing: &'static str, error: redb::Error) -> StoreError {
        self.lost.store(true, Ordering::Relaxed);
        StoreError::database(doing, &self.path, error)
    }

    pub(crate) fn holding(path: PathBuf, database: Database) -> Self {
        Self { path, database: Some(database), lost: AtomicBool::new(false) }
    }
}

#[cfg(test)]
mod power_loss;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Dir, at, memory, row};
    use crate::{PORTS_MOST, ROW_MOST};

    fn read(rows: crate::Rows) -> Vec<Row> {
        rows.collect::<Result<_, _>>().expect("whole")
    }

    #[test]
    fn what_was_committed_is_there_after_closing() {
        let dir = Dir::new("kept");
        let (store, opened) = Store::open(dir.path(), at(0)).expect("an empty directory");
        assert_eq!((opened, store.machine().expect("whole")), (Opened::Fresh, None));
        let mut batch = Batch::new(at(2));
        batch.remember(memory(587, "open")).remember(memory(25, "blocked")).machine(b"azure".to_vec());
        batch.change(row(1, 9, "open to blocked")).sample(row(2, 0, "timeout")).sample(row(1, 0, "greeted"));
        assert_eq!(store.commit(&batch).expect("room"), Trimmed::default());
        drop(store);

        let (store, opened) = Store::open(dir.path(), at(3)).expect("whole");
        assert_eq!(opened, Opened::Kept);
        assert_eq!(store.recall().expect("whole"), [memory(25, "blocked"), memory(587, "open")]);
        assert_eq!(store.machine().expect("whole").as_deref(), Some(&b"azure"[..]));
        let all = store.history(at(0)).expect("whole");
        assert_eq!(read(all.changes), [row(1, 9, "open to blocked")]);
        assert_eq!(read(all.samples), [row(1, 0, "greeted"), row(2, 0, "timeout")]);
        let later = store.history(at(2)).expect("whole");
        assert_eq!((read(later.changes), read(later.samples)), (vec![], vec![row(2, 0, "timeout")]));
    }

    #[test]
    fn a_batch_committed_again_changes_nothing() {
        let dir = Dir::new("twice");
        let (store, _) = Store::open(dir.path(), at(0)).expect("an empty directory");
        let mut batch = Batch::new(at(0));
        batch
            .remember(memory(25, "blocked"))
            .change(row(0, 1, "open to blocked"))
            .sample(row(0, 1, "timeout"));
        for _ in 0..2 {
            store.commit(&batch).expect("room");
            let history = store.history(at(0)).expect("whole");
            assert_eq!((history.changes.count(), history.samples.count()), (1, 1));
            assert_eq!(store.recall().expect("whole"), [memory(25, "blocked")]);
        }
    }

    #[test]
    fn a_port_that_is_no_longer_asked_about_is_forgotten() {
        let dir = Dir::new("forgotten");
        let (store, _) = Store::open(dir.path(), at(0)).expect("an empty directory");
        store
            .commit(Batch::new(at(0)).remember(memory(25, "open")).remember(memory(587, "open")))
            .expect("room");
        let mut batch = Batch::new(at(1));
        batch.forget(memory(25, "").key).forget(memory(587, "").key).remember(memory(587, "refused"));
        store.commit(&batch).expect("room");
        assert_eq!(store.recall().expect("whole"), [memory(587, "refused")]);
    }

    #[test]
    fn history_that_is_being_read_does_not_change() {
        let dir = Dir::new("snapshot");
        let (store, _) = Store::open(dir.path(), at(0)).expect("an empty directory");
        store.commit(Batch::new(at(0)).change(row(0, 1, "first"))).expect("room");
        let history = store.history(at(0)).expect("whole");
        store.commit(Batch::new(at(0)).change(row(1, 1, "second"))).expect("room");
        assert_eq!(read(history.changes), [row(0, 1, "first")]);
    }

    #[test]
    fn a_batch_with_something_impossible_in_it_is_refused_whole() {
        let dir = Dir::new("refused");
        let (store, _) = Store::open(dir.path(), at(0)).expect("an empty directory");
        let largest = "x".repeat(ROW_MOST);
        store.commit(Batch::new(at(0)).change(row(0, 1, &largest))).expect("room");

        let error = store.commit(Batch::new(at(0)).remember(memory(25, "open")).sample(row(
            0,
            1,
            &format!("{largest}x"),
        )));
        let error = error.expect_err("a byte too many");
        assert!(matches!(error, StoreError::RowTooLarge { bytes } if bytes == ROW_MOST + 1), "{error}");
        assert!(!error.is_lost_until_reopened());

        let mut batch = Batch::new(at(0));
        for port in 0..=PORTS_MOST {
            batch.remember(memory(u16::try_from(port).expect("few"), "open"));
        }
        let error = store.commit(&batch).expect_err("a port too many");
        assert!(matches!(error, StoreError::TooManyPorts { ports } if ports == PORTS_MOST + 1), "{error}");
        assert!(!error.is_lost_until_reopened());
        assert!(store.recall().expect("whole").is_empty());

        batch.ports.pop();
        store.commit(&batch).expect("as many as there may be");
    }

    #[test]
    fn a_store_whose_reopening_failed_is_closed_until_one_succeeds() {
        let dir = Dir::new("reopen");
        let (mut store, _) = Store::open(dir.path(), at(0)).expect("an empty directory");
        store.commit(Batch::new(at(0)).remember(memory(25, "open"))).expect("room");
        let away = dir.path().with_extension("away");
        std::fs::rename(dir.path(), &away).expect("ours");
        let error = store.reopen(at(1)).expect_err("no directory");
        assert!(matches!(error, StoreError::NoDirectory { .. }) && error.is_lost_until_reopened(), "{error}");
        let error = store.commit(Batch::new(at(1)).remember(memory(25, "refused"))).expect_err("closed");
        assert!(matches!(error, StoreError::Lost { .. }) && error.is_lost_until_reopened(), "{error}");

        std::fs::rename(&away, dir.path()).expect("ours");
        assert_eq!(store.reopen(at(2)).expect("it is back"), Opened::Kept);
        assert_eq!(store.recall().expect("whole"), [memory(25, "open")]);
    }
}
