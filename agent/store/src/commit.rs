//! One transaction: a batch goes in, and what is too much of history or queue goes out.

use redb::{ReadableTable, ReadableTableMetadata, TableHandle, WriteTransaction};

use crate::batch::Batch;
use crate::error::StoreError;
use crate::format::{Bytes, CHANGES, Definition, MACHINE, META, PORTS, SAMPLES, Sum};
use crate::limits::{Limits, PORTS_MOST};
use crate::moment::Moment;
use crate::queue::{self, Losses};
use crate::row::Row;

/// What went to keep a store within its bounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trimmed {
    /// Changes of state that were not old yet: there were too many of them, or they were too large.
    pub changes: u64,
    /// Samples, likewise.
    pub samples: u64,
    /// Records of exports, from both lanes. What [`Batch::lose`] told is not among them.
    pub lost: Losses,
}

/// Why a batch was not applied.
pub(crate) enum Refusal {
    Batch(StoreError),
    Database(redb::Error),
}

impl<E: Into<redb::Error>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self::Database(error.into())
    }
}

/// Applies a batch within a transaction that the caller commits, or drops after a refusal.
pub(crate) fn apply(
    txn: &WriteTransaction,
    batch: &Batch,
    changes: Limits,
    samples: Limits,
) -> Result<Trimmed, Refusal> {
    if let Some(machine) = &batch.machine {
        txn.open_table(META)?.insert(MACHINE, machine.as_slice())?;
    }
    let mut ports = txn.open_table(PORTS)?;
    for key in &batch.forgotten {
        ports.remove(key.encode().as_slice())?;
    }
    for memory in &batch.ports {
        ports.insert(memory.key.encode().as_slice(), memory.value.as_slice())?;
    }
    let count = ports.len()?;
    if count > PORTS_MOST {
        return Err(Refusal::Batch(StoreError::TooManyPorts { ports: count }));
    }
    Ok(Trimmed {
        changes: append(txn, CHANGES, &batch.changes, changes, batch.now)?,
        samples: append(txn, SAMPLES, &batch.samples, samples, batch.now)?,
        lost: queue::apply(txn, &batch.queue)?,
    })
}

/// How many rows went before they were old.
fn append(
    txn: &WriteTransaction,
    definition: Definition,
    rows: &[Row],
    limits: Limits,
    now: Moment,
) -> Result<u64, redb::Error> {
    let mut meta = txn.open_table(META)?;
    let mut table = txn.open_table(definition)?;
    let before = Sum::read(&meta, definition.name())?;
    let mut sum = before;
    for row in rows {
        if let Some(replaced) = table.insert(row.key().as_slice(), row.value.as_slice())? {
            sum.take(replaced.value().len());
        }
        sum.add(row.value.len());
    }
    drop_aged(&mut table, &mut sum, now.minus(limits.age), now.plus(limits.age))?;
    let mut trimmed = 0;
    while sum.rows > limits.rows || sum.bytes > limits.bytes {
        let Some((_, value)) = table.pop_first()? else {
            // The sums claim more than the table has. It is empty now, and that is what they say from here on.
            sum = Sum::default();
            break;
        };
        sum.take(value.value().len());
        trimmed += 1;
    }
    if sum != before {
        sum.write(&mut meta, definition.name())?;
    }
    Ok(trimmed)
}

fn drop_aged(
    table: &mut Bytes<'_>,
    sum: &mut Sum,
    oldest: Moment,
    latest: Moment,
) -> Result<(), redb::Error> {
    // A key that holds no moment is nothing that `append` wrote.
    let outside = |key: &[u8]| Row::moment(key).is_none_or(|at| at < oldest || at > latest);
    while table.first()?.is_some_and(|(key, _)| outside(key.value())) {
        if let Some((_, value)) = table.pop_first()? {
            sum.take(value.value().len());
        }
    }
    while table.last()?.is_some_and(|(key, _)| outside(key.value())) {
        if let Some((_, value)) = table.pop_last()? {
            sum.take(value.value().len());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use redb::{Database, backends::InMemoryBackend};

    use super::*;
    use crate::format::{Found, upgrade};
    use crate::testing::row;

    const DAY: u64 = 24 * 60 * 60 * 1000;
    const ROOMY: Limits = Limits { age: Duration::from_millis(7 * DAY), rows: 100, bytes: 100_000 };

    struct Table(Database);

    impl Table {
        fn new() -> Self {
            let database = redb::Builder::new().create_with_backend(InMemoryBackend::new()).expect("memory");
            let txn = database.begin_write().expect("ours");
            assert_eq!(upgrade(&txn).expect("memory"), Found::Empty);
            txn.commit().expect("memory");
            Self(database)
        }

        /// Appends, and tells what was trimmed, what is left, and whether the sums say the same.
        fn append(&self, now: u64, rows: &[Row], limits: Limits) -> (u64, Vec<(u64, u128)>) {
            let txn = self.0.begin_write().expect("ours");
            let trimmed = append(&txn, CHANGES, rows, limits, crate::testing::at(now)).expect("memory");
            let mut left = Vec::new();
            let mut counted = Sum::default();
            {
                let table = txn.open_table(CHANGES).expect("made");
                for entry in table.iter().expect("memory") {
                    let (key, value) = entry.expect("memory");
                    let row = Row::decode(key.value(), value.value()).expect("a row");
                    counted.add(row.value.len());
                    left.push((row.at.millis() - crate::testing::at(0).millis(), row.id));
                }
                let kept = Sum::read(&txn.open_table(META).expect("made"), "changes").expect("two numbers");
                assert_eq!(kept, counted);
            }
            txn.commit().expect("memory");
            (trimmed, left)
        }
    }

    #[test]
    fn the_same_row_twice_is_one_row_with_the_newer_value() {
        let table = Table::new();
        table.append(0, &[row(0, 1, "first"), row(0, 2, "another")], ROOMY);
        assert_eq!(table.append(0, &[row(0, 1, "again")], ROOMY), (0, vec![(0, 1), (0, 2)]));
    }

    #[test]
    fn rows_go_when_they_are_older_than_the_age_and_that_is_no_loss() {
        let table = Table::new();
        table.append(0, &[row(0, 1, ""), row(1, 1, ""), row(DAY, 1, "")], ROOMY);
        assert_eq!(table.append(7 * DAY, &[], ROOMY), (0, vec![(0, 1), (1, 1), (DAY, 1)]));
        assert_eq!(table.append(7 * DAY + 1, &[], ROOMY), (0, vec![(1, 1), (DAY, 1)]));
        assert_eq!(table.append(9 * DAY, &[], ROOMY), (0, vec![]));
    }

    #[test]
    fn rows_of_a_clock_that_was_far_ahead_do_not_push_out_those_of_today() {
        let table = Table::new();
        table.append(300 * DAY, &[row(300 * DAY, 1, "")], ROOMY);
        assert_eq!(table.append(0, &[row(0, 2, "")], ROOMY), (0, vec![(0, 2)]));
        assert_eq!(table.append(0, &[row(7 * DAY, 3, "")], ROOMY), (0, vec![(0, 2), (7 * DAY, 3)]));
    }

    #[test]
    fn the_oldest_rows_go_first_when_there_are_too_many_and_are_counted() {
        let table = Table::new();
        let limits = Limits { rows: 3, ..ROOMY };
        let rows: Vec<Row> = (0..5).map(|n| row(n, 0, "")).collect();
        assert_eq!(table.append(0, &rows, limits), (2, vec![(2, 0), (3, 0), (4, 0)]));
    }

    #[test]
    fn the_oldest_rows_go_first_when_they_are_too_large_and_are_counted() {
        let table = Table::new();
        let limits = Limits { bytes: 2 * (Row::KEY_LEN as u64 + 10), ..ROOMY };
        let rows: Vec<Row> = (0..3).map(|n| row(n, 0, "ten bytes.")).collect();
        assert_eq!(table.append(0, &rows, limits), (1, vec![(1, 0), (2, 0)]));
        assert_eq!(
            table.append(0, &[row(9, 0, "eleven byte")], limits),
            (2, vec![(9, 0)]),
            "one byte too many"
        );
    }
}
