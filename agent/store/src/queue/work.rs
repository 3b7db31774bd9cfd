//! What a batch does to the queue.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use redb::{ReadableTable as _, WriteTransaction};

use super::lane::OpenLane;
use super::{Export, Lane, Loss, Losses, QueueLimits};
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

    pub(crate) fn exports(&self, lane: Lane) -> impl Iterator<Item = &Export> {
        self.exports.iter().filter(move |(of, _)| *of == lane).map(|(_, export)| export)
    }

    pub(crate) fn withdraw(&mut self, lane: Lane, number: u64) -> Option<Export> {
        let at = self.exports.iter().position(|(of, export)| *of == lane && export.number == number)?;
        Some(self.exports.remove(at).1)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.settled.is_empty() && self.bound.is_none() && !self.cannot_be_repeated()
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
