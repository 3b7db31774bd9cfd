//! What the victim commits, and what must be in the queue afterwards.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use sortie_store::{Batch, Export, Lane, Loss, Moment, PortKey, PortMemory, QueueLimits, Row, Store};

use Lane::{Events, Metrics};

pub(crate) const PORT: PortKey = PortKey { port: 25, family: 4 };
/// Milliseconds. Exports are one apart, and both bounds are reached after some dozens of them.
const AGE: u64 = 20;
const LIMITS: QueueLimits = QueueLimits { age: Duration::from_millis(AGE), bytes: 16_000 };
/// Bytes of a row beside its body: number, moment, records.
const ROW: usize = 8 + 8 + 4;

/// The numbers that wait in each lane, and what was lost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Model {
    lanes: [BTreeSet<u64>; 2],
    lost: BTreeMap<(Lane, Loss), u64>,
}

/// One state of a port, its change, an export in each lane, one that was refused, and one that was lost before.
pub(crate) fn durable(number: u64) -> Batch {
    let mut batch = Batch::new(moment(0));
    batch.remember(PortMemory { key: PORT, value: number.to_le_bytes().to_vec() });
    batch.change(Row { at: moment(number), id: 0, value: vec![0; 200] });
    batch.export(Metrics, export(number)).export(Events, export(number));
    if let Some(refused) = refused(number) {
        batch.settle(Events, refused).lose(Events, Loss::Rejected, export(refused).records.into());
    }
    batch.lose(Metrics, Loss::Memory, 1).bound(LIMITS, moment(number));
    batch
}

/// What was acknowledged after that.
pub(crate) fn lazy(number: u64) -> Batch {
    let mut batch = Batch::new(moment(0));
    batch.settle(Metrics, acknowledged(number)).lazy();
    batch
}

impl Model {
    /// What is in a store. Whatever waits there is as it was made, byte for byte.
    pub(crate) fn of(store: &Store) -> Self {
        let queue = store.queue().expect("whole");
        let lanes = Lane::ALL.map(|lane| {
            let exports = store.backlog(lane, u64::MAX, usize::MAX, usize::MAX).expect("whole");
            assert!(exports.iter().all(|found| *found == export(found.number)), "an export was altered");
            let records: u64 = exports.iter().map(|export| u64::from(export.records)).sum();
            let waiting = queue.lane(lane);
            assert_eq!((waiting.exports, waiting.records), (exports.len() as u64, records), "{lane:?}");
            exports.iter().map(|export| export.number).collect()
        });
        Self { lanes, lost: queue.lost.iter().map(|(lane, loss, records)| ((lane, loss), records)).collect() }
    }

    pub(crate) fn durable(&mut self, number: u64) {
        let [metrics, events] = &mut self.lanes;
        metrics.insert(number);
        events.insert(number);
        if let Some(refused) = refused(number) {
            assert!(events.remove(&refused), "it waits until it is refused");
            self.lose(Events, Loss::Rejected, export(refused).records);
        }
        self.lose(Metrics, Loss::Memory, 1);
        for lane in Lane::ALL {
            while let Some(aged) = self.first(lane).filter(|first| moment(*first) < oldest(number)) {
                self.take(lane, aged, Loss::Age);
            }
        }
        while self.bytes() > LIMITS.bytes {
            let first = self.first(Metrics).expect("the events alone are few enough");
            self.take(Metrics, first, Loss::Size);
        }
    }

    pub(crate) fn lazy(&mut self, number: u64) {
        self.lanes[Metrics as usize].remove(&acknowledged(number));
    }

    /// Whether it has lost something for each reason there is for it.
    pub(crate) fn has_lost_for_every_reason(&self) -> bool {
        let reasons: BTreeSet<Loss> = self.lost.keys().map(|(_, loss)| *loss).collect();
        reasons == BTreeSet::from([Loss::Rejected, Loss::Age, Loss::Size, Loss::Memory])
    }

    fn first(&self, lane: Lane) -> Option<u64> {
        self.lanes[lane as usize].first().copied()
    }

    fn take(&mut self, lane: Lane, number: u64, loss: Loss) {
        self.lanes[lane as usize].remove(&number);
        self.lose(lane, loss, export(number).records);
    }

    fn lose(&mut self, lane: Lane, loss: Loss, records: u32) {
        *self.lost.entry((lane, loss)).or_default() += u64::from(records);
    }

    fn bytes(&self) -> u64 {
        let waiting = self.lanes.iter().flatten();
        waiting.map(|number| (ROW + export(*number).body.len()) as u64).sum()
    }
}

pub(crate) fn moment(millis: u64) -> Moment {
    Moment::from_millis(millis)
}

/// Of a size of its own, and over pages of the database now and then.
fn export(number: u64) -> Export {
    let size = if number.is_multiple_of(16) { 5_000 } else { 100 + number % 300 };
    let body = (0..size).map(|at| (at * number % 251) as u8).collect();
    Export { number, at: moment(number), records: (number % 7) as u32 + 1, body }
}

fn oldest(now: u64) -> Moment {
    moment(now.saturating_sub(AGE))
}

/// An event of some batches before, once in a while.
fn refused(number: u64) -> Option<u64> {
    number.checked_sub(5).filter(|refused| *refused > 0 && number.is_multiple_of(4))
}

fn acknowledged(number: u64) -> u64 {
    number - number % 3
}
