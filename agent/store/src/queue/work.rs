//! What a batch does to the queue.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use redb::{ReadableTable as _, WriteTransaction};

use super::lane::OpenLane;
use super::{Export, Lane, Loss, Losses, QueueLimits, ledger};
use crate::commit::Refusal;
use crate::format::META;
use crate::moment::Moment;

/// The last work that appended or lost something.
const WORK: &[u8] = b"work";

/// In the order in which it is done.
#[derive(Clone, Debug, Default)]
pub(crate) struct Work {
    id: u128,
    lost: Losses,
    settled: Vec<(Lane, u64)>,
    exports: Vec<(Lane, Export)>,
    bound: Option<(QueueLimits, Moment)>,
    ahead: Option<i64>,
}

impl Work {
    pub(crate) fn export(&mut self, lane: Lane, export: Export) {
        self.exports.push((lane, export));
        self.id = unique();
    }

    pub(crate) fn settle(&mut self, lane: Lane, number: u64) {
        self.settled.push((lane, number));
    }

    pub(crate) fn lose(&mut self, lane: Lane, loss: Loss, records: u64) {
        self.lost.add(lane, loss, records);
        self.id = unique();
    }

    pub(crate) fn bound(&mut self, limits: QueueLimits, now: Moment) {
        self.bound = Some((limits, now));
    }

    pub(crate) fn clock_ahead(&mut self, seconds: i64) {
        self.ahead = Some(seconds);
    }

    pub(crate) fn exports(&self, lane: Lane) -> impl Iterator<Item = &Export> {
        self.exports.iter().filter(move |(of, _)| *of == lane).map(|(_, export)| export)
    }

    pub(crate) fn withdraw(&mut self, lane: Lane, number: u64) -> Option<Export> {
        let at = self.exports.iter().position(|(of, export)| *of == lane && export.number == number)?;
        Some(self.exports.remove(at).1)
    }

    pub(crate) fn settles(&self, lane: Lane, number: u64) -> bool {
        self.settled.contains(&(lane, number))
    }

    pub(crate) fn is_dispensable(&self) -> bool {
        self.settled.is_empty() && self.lost.is_empty() && self.exports(Lane::Events).next().is_none()
    }

    pub(crate) fn is_bare(&self) -> bool {
        self.settled.is_empty() && !self.cannot_be_repeated()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bound.is_none() && self.is_bare()
    }

    pub(crate) fn bodies(&self) -> impl Iterator<Item = usize> {
        self.exports.iter().map(|(_, export)| export.body.len())
    }

    /// Settling and bounding twice is the same as once. A loss would be counted again, and an export that was settled
    /// or lost meanwhile would come back.
    fn cannot_be_repeated(&self) -> bool {
        !self.exports.is_empty() || !self.lost.is_empty()
    }
}

/// Does the work, and tells which records it threw out.
pub(crate) fn apply(txn: &WriteTransaction, work: &Work) -> Result<Losses, Refusal> {
    if work.is_empty() {
        return Ok(Losses::default());
    }
    let mut meta = txn.open_table(META)?;
    let id = work.id.to_le_bytes();
    let done = meta.get(WORK)?.is_some_and(|last| last.value() == id);
    let mut lanes = [OpenLane::open(txn, &meta, Lane::Metrics)?, OpenLane::open(txn, &meta, Lane::Events)?];
    if work.cannot_be_repeated() && !done {
        meta.insert(WORK, id.as_slice())?;
        for lane in Lane::ALL {
            lanes[lane as usize].lose(work.lost.lane(lane));
        }
    }
    for &(lane, number) in &work.settled {
        lanes[lane as usize].settle(number)?;
    }
    for (lane, export) in work.exports.iter().filter(|_| !done) {
        lanes[*lane as usize].append(export)?;
    }
    if let Some((limits, now)) = work.bound {
        bound(&mut lanes, limits, now)?;
    }
    if let Some(ahead) = work.ahead {
        ledger::write_ahead(&mut meta, ahead)?;
    }
    let mut thrown = Losses::default();
    for lane in lanes {
        lane.close(&mut meta, &mut thrown)?;
    }
    Ok(thrown)
}

fn bound(lanes: &mut [OpenLane<'_>; 2], limits: QueueLimits, now: Moment) -> Result<(), redb::Error> {
    for lane in lanes.iter_mut() {
        lane.drop_aged(now.minus(limits.age))?;
    }
    let [metrics, events] = lanes;
    while metrics.bytes().saturating_add(events.bytes()) > limits.bytes && metrics.drop_first(Loss::Size)? {}
    while metrics.bytes().saturating_add(events.bytes()) > limits.bytes && events.drop_first(Loss::Size)? {}
    Ok(())
}

/// Tells one work from every other, also from those of earlier lives of the program.
fn unique() -> u128 {
    /// The standard library's hashing is seeded by the system's random numbers.
    static LIFE: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(()));
    static NEXT: AtomicU64 = AtomicU64::new(0);
    u128::from(*LIFE) << 64 | u128::from(NEXT.fetch_add(1, Ordering::Relaxed))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use redb::backends::InMemoryBackend;
    use redb::{Database, ReadableDatabase as _};

    use super::super::ledger::Ledger;
    use super::super::{Queue, backlog, newest, queue};
    use super::*;
    use crate::format::upgrade;
    use crate::testing::{at, export};

    const ROOMY: QueueLimits = QueueLimits { age: Duration::from_secs(3_600), bytes: 1 << 20 };

    /// Five exports in each lane, of as many records as their numbers say.
    struct Tables(Database);

    impl Tables {
        fn filled() -> Self {
            let database = redb::Builder::new().create_with_backend(InMemoryBackend::new()).expect("memory");
            let tables = Self(database);
            tables.write(|txn| _ = upgrade(txn).expect("memory"));
            let mut work = Work::default();
            for (lane, number) in Lane::ALL.into_iter().flat_map(|lane| (1..=5).map(move |n| (lane, n))) {
                work.export(lane, export(number, number, "body"));
            }
            assert_eq!(tables.apply(&work), []);
            tables
        }

        fn write(&self, write: impl FnOnce(&WriteTransaction)) {
            let txn = self.0.begin_write().expect("ours");
            write(&txn);
            txn.commit().expect("memory");
        }

        /// Writes behind the back of the ledger.
        fn alter(&self, lane: Lane, key: &[u8], value: &[u8]) {
            self.write(|txn| {
                _ = txn.open_table(lane.table()).expect("made").insert(key, value).expect("memory");
            });
        }

        fn apply(&self, work: &Work) -> Vec<(Lane, Loss, u64)> {
            let mut thrown = Losses::default();
            self.write(|txn| {
                thrown = apply(txn, work).map_err(|_| "refused").expect("nothing impossible");
            });
            thrown.iter().collect()
        }

        fn queue(&self) -> Queue {
            queue(&self.0.begin_read().expect("ours")).expect("whole")
        }

        fn numbers(&self, lane: Lane) -> Vec<u64> {
            let txn = self.0.begin_read().expect("ours");
            let read = backlog(&txn, lane, u64::MAX, usize::MAX, usize::MAX).expect("memory");
            read.iter().map(|export| export.number).collect()
        }
    }

    fn bounded() -> Work {
        let mut work = Work::default();
        work.bound(ROOMY, at(0));
        work
    }

    #[test]
    fn a_row_that_is_no_export_is_skipped_by_readers_and_counted_by_the_writer_that_meets_it() {
        let tables = Tables::filled();
        for number in [1, 3, 5] {
            tables.alter(Lane::Events, &Export::key(number), b"garbage");
        }
        assert_eq!(tables.numbers(Lane::Events), [2, 4]);
        let txn = tables.0.begin_read().expect("ours");
        assert_eq!(newest(&txn, Lane::Events).expect("memory"), Some(export(4, 4, "body")));
        assert_eq!(tables.queue().events.oldest, Some(at(2)));
        drop(txn);

        assert_eq!(tables.apply(&bounded()), [(Lane::Events, Loss::Corrupt, 1)], "the first one");
        let mut settled = Work::default();
        settled.settle(Lane::Events, 3);
        assert_eq!(tables.apply(&settled), [(Lane::Events, Loss::Corrupt, 1)], "the one that was named");
        let mut emptied = Work::default();
        emptied.bound(QueueLimits { bytes: 0, ..ROOMY }, at(0));
        let thrown = [
            (Lane::Metrics, Loss::Size, 15),
            (Lane::Events, Loss::Size, 2 + 4),
            (Lane::Events, Loss::Corrupt, 1),
        ];
        assert_eq!(tables.apply(&emptied), thrown);
        let queue = tables.queue();
        assert_eq!(queue.lost.of(Lane::Events, Loss::Corrupt), 3);
        assert_eq!((queue.events.exports, queue.events.bytes, queue.events.highest), (0, 0, 5));
    }

    #[test]
    fn a_ledger_that_disagrees_with_its_lane_is_made_to_agree() {
        type Alter = fn(&Tables);
        let metrics = Tables::filled().queue().metrics;
        let situations: [(&str, Alter, u64); 3] = [
            ("a row that is no export", |tables| tables.alter(Lane::Metrics, b"nine bytes", b"garbage"), 1),
            (
                "counts that are too small",
                |tables| set(tables, Ledger { highest: 5, ..Ledger::default() }),
                0,
            ),
            (
                "counts that are too large",
                |tables| {
                    let most = u64::MAX;
                    set(
                        tables,
                        Ledger { exports: most, records: most, bytes: most, highest: 5, lost: [0; 5] },
                    );
                },
                0,
            ),
        ];
        for (situation, alter, corrupt) in situations {
            let tables = Tables::filled();
            alter(&tables);
            let thrown: u64 = tables.apply(&bounded()).iter().map(|(.., records)| records).sum();
            let queue = tables.queue();
            assert_eq!(
                (thrown, queue.lost.of(Lane::Metrics, Loss::Corrupt)),
                (corrupt, corrupt),
                "{situation}"
            );
            assert_eq!(queue.metrics, metrics, "{situation}");
            assert_eq!(tables.numbers(Lane::Metrics), [1, 2, 3, 4, 5], "{situation}");
        }
    }

    #[test]
    fn an_export_that_nobody_counted_keeps_its_number() {
        let tables = Tables::filled();
        tables.alter(Lane::Metrics, &Export::key(9), &[0; 20]);
        let mut work = Work::default();
        work.export(Lane::Metrics, export(9, 0, "another"));
        tables.apply(&work);
        assert_eq!(tables.numbers(Lane::Metrics), [1, 2, 3, 4, 5, 9, 10]);
        assert_eq!(tables.queue().metrics.exports, 7);
    }

    #[test]
    fn a_lane_that_is_empty_and_claims_to_be_full_costs_the_other_nothing() {
        let tables = Tables::filled();
        let mut settled = Work::default();
        for number in 1..=5 {
            settled.settle(Lane::Metrics, number);
        }
        tables.apply(&settled);
        set(&tables, Ledger { bytes: u64::MAX, records: 7, highest: 5, ..Ledger::default() });
        assert_eq!(tables.apply(&bounded()), []);
        assert_eq!(tables.queue().metrics, crate::Waiting { highest: 5, ..Default::default() });
        assert_eq!(tables.numbers(Lane::Events), [1, 2, 3, 4, 5]);
    }

    fn set(tables: &Tables, ledger: Ledger) {
        tables.write(|txn| {
            let mut meta = txn.open_table(META).expect("made");
            ledger.write(&mut meta, Lane::Metrics).expect("memory");
        });
    }
}
