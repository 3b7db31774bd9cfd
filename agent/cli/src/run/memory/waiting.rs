//! What waits in memory for a disk that refuses: as much as is reasonable, the newest of it.

use std::collections::{BTreeSet, VecDeque};

use sortie_store::{Batch, Export, Lane, Loss, Moment};

/// Batches that wait: two hours of rounds.
const BATCHES_MOST: usize = 128;
/// Bytes of exports that wait.
const BYTES_MOST: usize = 1 << 20;
/// Exports that are done with while the disk cannot be told: more than a day of exports of each minute. What is forgotten
/// here is delivered once more.
const SETTLED_MOST: usize = 4_096;

/// What is not on the disk, oldest first.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    batches: VecDeque<Batch>,
    /// Whether the disk refused the first batch, which may be on it all the same.
    is_offered: bool,
    /// Exports that may be on the disk, and are done with.
    settled: BTreeSet<(Lane, u64)>,
    /// Records lost that no batch tells.
    lost: Vec<(Lane, Loss, u64)>,
}

/// What had to make room.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Evicted {
    /// Whole rounds.
    pub(super) rounds: u64,
    /// Records of exports.
    pub(super) records: Vec<(Lane, u64)>,
}

impl Waiting {
    /// Adds the next one, which may push others out: of the exports the oldest metrics first, events last; of the batches
    /// the oldest, those that nothing says again last.
    pub(super) fn push(&mut self, batch: Batch) -> Evicted {
        self.batches.push_back(batch);
        let mut evicted = Evicted::default();
        for lane in Lane::ALL {
            while self.bytes() > BYTES_MOST {
                let Some(oldest) = self.exports(lane).next().map(|export| export.number) else { break };
                evicted.export(lane, self.withdraw(lane, oldest).as_ref());
            }
        }
        while self.batches.len() > BATCHES_MOST {
            let oldest = self.batches.iter().position(Batch::is_dispensable).unwrap_or(0);
            let Some(oldest) = self.take(oldest) else { break };
            evicted.rounds += u64::from(oldest.has_rows());
            for lane in Lane::ALL {
                oldest.exports(lane).for_each(|export| evicted.export(lane, Some(export)));
            }
        }
        evicted
    }

    /// Offers everything to the disk, oldest first, until it refuses.
    pub(super) fn drain<E>(
        &mut self,
        now: Moment,
        mut write: impl FnMut(&Batch) -> Result<(), E>,
    ) -> Result<(), E> {
        loop {
            while let Some(batch) = self.batches.front() {
                self.is_offered = true;
                write(batch)?;
                self.take(0);
            }
            if self.lost.is_empty() {
                break;
            }
            // A batch of its own, which stays the same until the disk has taken it: no loss is counted twice.
            let mut batch = self.settling(now);
            self.settled.clear();
            for (lane, loss, records) in self.lost.drain(..) {
                batch.lose(lane, loss, records);
            }
            self.batches.push_back(batch);
        }
        if !self.settled.is_empty() {
            // A crash before the next entry costs one more delivery of the same bytes.
            write(self.settling(now).lazy())?;
            self.settled.clear();
        }
        Ok(())
    }

    /// Exports of a lane that wait here, in the order in which they were made.
    pub(super) fn exports(&self, lane: Lane) -> impl Iterator<Item = &Export> {
        self.batches.iter().flat_map(move |batch| batch.exports(lane))
    }

    /// An export is done with, wherever it is.
    pub(super) fn settle(&mut self, lane: Lane, number: u64) {
        let may_be_on_disk = match self.place_of(lane, number) {
            Some(place) => place == 0 && self.is_offered,
            None => true,
        };
        self.withdraw(lane, number);
        if may_be_on_disk {
            self.settled.insert((lane, number));
        }
        if self.settled.len() > SETTLED_MOST {
            self.settled.pop_first();
        }
    }

    /// Whether an export on the disk is done with.
    pub(super) fn is_settled(&self, lane: Lane, number: u64) -> bool {
        self.settled.contains(&(lane, number)) || self.batches.iter().any(|batch| batch.settles(lane, number))
    }

    /// Records that will never be delivered, which the disk is to know.
    pub(super) fn lose(&mut self, lane: Lane, loss: Loss, records: u64) {
        match self.lost.iter_mut().find(|known| (known.0, known.1) == (lane, loss)) {
            Some(known) => known.2 += records,
            None => self.lost.push((lane, loss, records)),
        }
    }

    /// Takes an export out again, and the batch with it where that has nothing more to say.
    fn withdraw(&mut self, lane: Lane, number: u64) -> Option<Export> {
        let place = self.place_of(lane, number)?;
        let export = self.batches[place].withdraw(lane, number);
        if self.batches[place].is_bare() {
            self.take(place);
        }
        export
    }

    fn place_of(&self, lane: Lane, number: u64) -> Option<usize> {
        self.batches.iter().position(|batch| batch.exports(lane).any(|export| export.number == number))
    }

    fn take(&mut self, place: usize) -> Option<Batch> {
        self.is_offered &= place > 0;
        self.batches.remove(place)
    }

    fn settling(&self, now: Moment) -> Batch {
        let mut batch = Batch::new(now);
        for &(lane, number) in &self.settled {
            batch.settle(lane, number);
        }
        batch
    }

    fn bytes(&self) -> usize {
        let bytes = |lane| self.exports(lane).map(|export| export.body.len()).sum::<usize>();
        Lane::ALL.map(bytes).iter().sum()
    }
}

impl Evicted {
    fn export(&mut self, lane: Lane, export: Option<&Export>) {
        self.records.extend(export.map(|export| (lane, u64::from(export.records))));
    }
}

#[cfg(test)]
mod tests {
    use sortie_store::Row;

    use super::*;

    fn batch(lane: Lane, number: u64, bytes: usize) -> Batch {
        let at = Moment::from_millis(number);
        let mut batch = Batch::new(at);
        batch.export(lane, Export { number, at, records: 1, body: vec![0; bytes] });
        batch
    }

    fn numbers(waiting: &Waiting, lane: Lane) -> Vec<u64> {
        waiting.exports(lane).map(|export| export.number).collect()
    }

    #[test]
    fn metrics_make_room_before_events_and_the_oldest_first() {
        let mut waiting = Waiting::default();
        for number in 1..=4 {
            let lane = if number % 2 == 0 { Lane::Metrics } else { Lane::Events };
            assert_eq!(waiting.push(batch(lane, number, BYTES_MOST / 4)), Evicted::default(), "{number}");
        }
        let lost = |lane| Evicted { rounds: 0, records: vec![(lane, 1)] };
        assert_eq!(waiting.push(batch(Lane::Events, 5, BYTES_MOST / 4)), lost(Lane::Metrics));
        assert_eq!(
            (numbers(&waiting, Lane::Metrics), numbers(&waiting, Lane::Events)),
            (vec![4], vec![1, 3, 5])
        );
        assert_eq!(waiting.push(batch(Lane::Events, 6, BYTES_MOST / 4)), lost(Lane::Metrics));
        assert_eq!(waiting.push(batch(Lane::Events, 7, BYTES_MOST / 4)), lost(Lane::Events));
        assert_eq!(
            (numbers(&waiting, Lane::Metrics), numbers(&waiting, Lane::Events)),
            (vec![], vec![3, 5, 6, 7])
        );
    }

    /// A round without a change.
    fn round(number: u64) -> Batch {
        let at = Moment::from_millis(number);
        let mut batch = Batch::new(at);
        batch.sample(Row { at, id: number.into(), value: Vec::new() });
        batch
    }

    /// Everything that the disk is offered, where it takes this many and then refuses.
    fn drained(waiting: &mut Waiting, takes: usize) -> Vec<Batch> {
        let mut offered = Vec::new();
        let _ = waiting.drain(Moment::from_millis(0), |batch| {
            offered.push(batch.clone());
            if offered.len() <= takes { Ok(()) } else { Err("full") }
        });
        offered
    }

    #[test]
    fn a_disk_that_refuses_for_hours_costs_the_oldest_rounds_and_then_the_oldest_events() {
        let mut waiting = Waiting::default();
        waiting.push(batch(Lane::Events, 1, 1));
        waiting.push(batch(Lane::Metrics, 2, 1));
        for number in 3..=BATCHES_MOST as u64 {
            assert_eq!(waiting.push(round(number)), Evicted::default());
        }
        let lost = |rounds, records| Evicted { rounds, records };
        assert_eq!(waiting.push(batch(Lane::Events, 1_000, 1)), lost(0, vec![(Lane::Metrics, 1)]));
        for number in 1_001..1_001 + BATCHES_MOST as u64 - 2 {
            assert_eq!(waiting.push(batch(Lane::Events, number, 1)), lost(1, vec![]), "{number}");
        }
        assert_eq!(waiting.push(batch(Lane::Events, 2_000, 1)), lost(0, vec![(Lane::Events, 1)]));
        assert_eq!(numbers(&waiting, Lane::Events)[0], 1_000);
    }

    #[test]
    fn what_is_delivered_from_memory_pushes_no_round_out() {
        let mut waiting = Waiting::default();
        waiting.push(round(0));
        for number in 1..=3 * BATCHES_MOST as u64 {
            assert_eq!(waiting.push(batch(Lane::Metrics, number, 1)), Evicted::default(), "{number}");
            waiting.settle(Lane::Metrics, number);
        }
        assert_eq!(drained(&mut waiting, 9).len(), 1, "the round, and nothing to settle");
    }

    #[test]
    fn what_the_disk_took_waits_no_longer_and_what_it_refused_does() {
        let mut waiting = Waiting::default();
        for number in 1..=3 {
            waiting.push(batch(Lane::Metrics, number, 1));
        }
        waiting.settle(Lane::Metrics, 7);
        assert_eq!(drained(&mut waiting, 2).len(), 3);
        assert_eq!(numbers(&waiting, Lane::Metrics), [3]);
        assert!(waiting.is_settled(Lane::Metrics, 7), "the disk was not told");
        let offered = drained(&mut waiting, 9);
        assert_eq!(
            offered.iter().map(|batch| batch.settles(Lane::Metrics, 7)).collect::<Vec<_>>(),
            [false, true]
        );
        assert!(numbers(&waiting, Lane::Metrics).is_empty() && !waiting.is_settled(Lane::Metrics, 7));
        assert!(drained(&mut waiting, 9).is_empty());
    }

    #[test]
    fn an_export_that_the_disk_may_have_is_settled_there_too() {
        let mut waiting = Waiting::default();
        waiting.push(batch(Lane::Metrics, 1, 1));
        waiting.push(batch(Lane::Metrics, 2, 1));
        drained(&mut waiting, 0);
        waiting.settle(Lane::Metrics, 1);
        waiting.settle(Lane::Metrics, 2);
        let offered = drained(&mut waiting, 9);
        assert_eq!(offered.len(), 1);
        assert!(offered[0].settles(Lane::Metrics, 1) && !offered[0].settles(Lane::Metrics, 2));
    }

    #[test]
    fn losses_reach_the_disk_in_one_batch_that_stays_the_same_until_it_is_taken() {
        let mut waiting = Waiting::default();
        waiting.lose(Lane::Metrics, Loss::Memory, 3);
        waiting.settle(Lane::Metrics, 7);
        let first = drained(&mut waiting, 0);
        waiting.lose(Lane::Metrics, Loss::Memory, 4);
        waiting.lose(Lane::Metrics, Loss::Memory, 5);
        assert!(waiting.is_settled(Lane::Metrics, 7));
        let then = drained(&mut waiting, 9);
        let shown = |batch: &Batch| format!("{batch:?}");
        assert_eq!((then.len(), shown(&then[0])), (2, shown(&first[0])));
        assert!(then[0].settles(Lane::Metrics, 7) && !then[1].settles(Lane::Metrics, 7));
        assert!(drained(&mut waiting, 9).is_empty());
    }
}
