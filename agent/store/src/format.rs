//! The tables, their version, and how an older one becomes the current one.

use redb::{ReadableTable, Table, TableDefinition, TableError, WriteTransaction};

use crate::row::Row;

/// The version of the tables that this program writes.
pub const FORMAT: u32 = 3;

pub(crate) type Definition = TableDefinition<'static, &'static [u8], &'static [u8]>;
pub(crate) type Bytes<'t> = Table<'t, &'static [u8], &'static [u8]>;

pub(crate) const META: Definition = TableDefinition::new("meta");
pub(crate) const PORTS: Definition = TableDefinition::new("ports");
pub(crate) const CHANGES: Definition = TableDefinition::new("changes");
pub(crate) const SAMPLES: Definition = TableDefinition::new("samples");
pub(crate) const METRICS: Definition = TableDefinition::new("metrics");
pub(crate) const EVENTS: Definition = TableDefinition::new("events");

/// All of them.
pub(crate) const TABLES: [Definition; 6] = [META, PORTS, CHANGES, SAMPLES, METRICS, EVENTS];

const VERSION: &[u8] = b"version";
/// What is known of the machine itself, opaque.
pub(crate) const MACHINE: &[u8] = b"machine";

/// What is in the tables of history, kept beside them: counting would read them whole in every commit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sum {
    pub(crate) rows: u64,
    pub(crate) bytes: u64,
}

/// What the tables were before [`upgrade`] made them current.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    Empty,
    Current,
    Older(u32),
    Newer(u32),
    /// Tables without a version: whatever made them, it was not this program.
    Foreign,
}

/// Brings the tables to [`FORMAT`], within the given transaction. Newer and foreign ones are left alone.
pub(crate) fn upgrade(txn: &WriteTransaction) -> Result<Found, redb::Error> {
    if txn.list_tables()?.next().is_none() {
        make(txn)?;
        return Ok(Found::Empty);
    }
    let found = match read_version(txn)? {
        None | Some(0) => Found::Foreign,
        Some(FORMAT) => Found::Current,
        Some(newer) if newer > FORMAT => Found::Newer(newer),
        Some(older) => {
            // One step for each version. Version 1 kept no sums, and version 2 no queue, which `make` adds.
            if older < 2 {
                for table in [CHANGES, SAMPLES] {
                    count(txn, table)?;
                }
            }
            make(txn)?;
            Found::Older(older)
        }
    };
    Ok(found)
}

impl Sum {
    const LEN: usize = 16;

    pub(crate) fn read(
        meta: &impl ReadableTable<&'static [u8], &'static [u8]>,
        of: &str,
    ) -> Result<Self, redb::Error> {
        let Some(stored) = meta.get(of.as_bytes())? else { return Ok(Self::default()) };
        let stored = <[u8; Self::LEN]>::try_from(stored.value())
            .map_err(|_| redb::Error::Corrupted(format!("the sums of {of} are not two numbers")))?;
        let both = u128::from_le_bytes(stored);
        #[expect(clippy::cast_possible_truncation, reason = "two numbers of 64 bits each")]
        Ok(Self { rows: both as u64, bytes: (both >> 64) as u64 })
    }

    pub(crate) fn write(self, meta: &mut Bytes<'_>, of: &str) -> Result<(), redb::Error> {
        let both = u128::from(self.bytes) << 64 | u128::from(self.rows);
        meta.insert(of.as_bytes(), both.to_le_bytes().as_slice())?;
        Ok(())
    }

    pub(crate) fn add(&mut self, value_bytes: usize) {
        self.rows += 1;
        self.bytes += (Row::KEY_LEN + value_bytes) as u64;
    }

    /// Sums that disagree with their table end at zero instead of below it.
    pub(crate) fn take(&mut self, value_bytes: usize) {
        self.rows = self.rows.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub((Row::KEY_LEN + value_bytes) as u64);
    }
}

/// Every table exists from the first transaction on, so that readers need not care.
fn make(txn: &WriteTransaction) -> Result<(), redb::Error> {
    for table in TABLES {
        txn.open_table(table)?;
    }
    write_version(txn, FORMAT)
}

fn read_version(txn: &WriteTransaction) -> Result<Option<u32>, redb::Error> {
    let meta = match txn.open_table(META) {
        Ok(meta) => meta,
        Err(TableError::Storage(error)) => return Err(error.into()),
        Err(_) => return Ok(None),
    };
    let stored = meta.get(VERSION)?;
    Ok(stored.and_then(|stored| stored.value().try_into().ok().map(u32::from_le_bytes)))
}

pub(crate) fn write_version(txn: &WriteTransaction, version: u32) -> Result<(), redb::Error> {
    txn.open_table(META)?.insert(VERSION, version.to_le_bytes().as_slice())?;
    Ok(())
}

fn count(txn: &WriteTransaction, definition: Definition) -> Result<(), redb::Error> {
    let mut sum = Sum::default();
    for row in txn.open_table(definition)?.iter()? {
        sum.add(row?.1.value().len());
    }
    sum.write(&mut txn.open_table(META)?, redb::TableHandle::name(&definition))
}

#[cfg(test)]
mod tests {
    use redb::{Database, ReadableDatabase as _};

    use super::*;
    use crate::file::FILE;
    use crate::testing::{Dir, at, export, memory, row};
    use crate::{Batch, Lane, Moment, Opened, Queue, Store};

    #[test]
    fn version_1_becomes_the_current_one_with_all_that_it_knew() {
        let dir = Dir::new("version-1");
        let rows: Vec<Row> = (0..3).map(|n| row(n, 7, "open to blocked")).collect();
        // As version 1 wrote it: the same tables, and no sums in `meta`.
        let database = Database::create(dir.path().join(FILE)).expect("room");
        let txn = database.begin_write().expect("ours");
        let port = memory(25, "blocked");
        txn.open_table(PORTS)
            .expect("room")
            .insert(port.key.encode().as_slice(), port.value.as_slice())
            .expect("room");
        for row in &rows {
            txn.open_table(CHANGES)
                .expect("room")
                .insert(row.key().as_slice(), row.value.as_slice())
                .expect("room");
        }
        txn.open_table(SAMPLES).expect("room");
        write_version(&txn, 1).expect("room");
        txn.commit().expect("room");
        drop(database);

        let (store, opened) = Store::open(dir.path(), at(3)).expect("version 1");
        assert_eq!(opened, Opened::Migrated { from: 1 });
        assert_eq!(store.recall().expect("whole"), [port]);
        let kept: Result<Vec<Row>, _> =
            store.history(Moment::from_millis(0)).expect("whole").changes.collect();
        assert_eq!(kept.expect("whole"), rows);
        assert_eq!(store.queue().expect("there is one"), Queue::default());
        store.commit(Batch::new(at(3)).change(row(3, 7, "blocked to open"))).expect("room");
        drop(store);

        let database = Database::open(dir.path().join(FILE)).expect("closed");
        let meta = database.begin_read().expect("ours").open_table(META).expect("made");
        assert_eq!(Sum::read(&meta, "changes").expect("two numbers"), Sum { rows: 4, bytes: 4 * (24 + 15) });
        assert_eq!(Sum::read(&meta, "samples").expect("two numbers"), Sum::default());
        drop((meta, database));
        assert_eq!(Store::open(dir.path(), at(4)).expect("whole").1, Opened::Kept);
    }

    #[test]
    fn version_2_gets_a_queue_and_keeps_its_history_and_its_sums() {
        let dir = Dir::new("version-2");
        // As version 2 wrote it: tables of history with their sums, and no lanes.
        let database = Database::create(dir.path().join(FILE)).expect("room");
        let txn = database.begin_write().expect("ours");
        let port = memory(25, "blocked");
        let insert = |table: Definition, key: &[u8], value: &[u8]| {
            txn.open_table(table).expect("room").insert(key, value).expect("room");
        };
        insert(PORTS, &port.key.encode(), &port.value);
        let change = row(0, 7, "open to blocked");
        insert(CHANGES, &change.key(), &change.value);
        txn.open_table(SAMPLES).expect("room");
        let sum = Sum { rows: 1, bytes: 24 + 15 };
        sum.write(&mut txn.open_table(META).expect("room"), "changes").expect("room");
        write_version(&txn, 2).expect("room");
        txn.commit().expect("room");
        drop(database);

        let (store, opened) = Store::open(dir.path(), at(1)).expect("version 2");
        assert_eq!(opened, Opened::Migrated { from: 2 });
        assert_eq!(store.recall().expect("whole"), [port]);
        let kept: Result<Vec<Row>, _> = store.history(at(0)).expect("whole").changes.collect();
        assert_eq!(kept.expect("whole"), [change]);
        assert_eq!(store.queue().expect("there is one"), Queue::default());
        store.commit(Batch::new(at(1)).export(Lane::Events, export(1, 2, "an event"))).expect("room");
        assert_eq!(store.newest(Lane::Events).expect("whole"), Some(export(1, 2, "an event")));
        drop(store);

        let database = Database::open(dir.path().join(FILE)).expect("closed");
        let meta = database.begin_read().expect("ours").open_table(META).expect("made");
        assert_eq!(Sum::read(&meta, "changes").expect("two numbers"), sum);
        drop((meta, database));
        assert_eq!(Store::open(dir.path(), at(2)).expect("whole").1, Opened::Kept);
    }
}
