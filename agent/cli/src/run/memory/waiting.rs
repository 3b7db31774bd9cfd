//! What waits in memory for a disk that refuses: as much as is reasonable, the newest of it.

use std::collections::{BTreeSet, VecDeque};

use sortie_store::{Batch, Export, Lane};

/// Batches that wait: two hours of rounds.
const BATCHES_MOST: usize = 128;
/// Bytes of exports that wait.
const BYTES_MOST: usize = 1 << 20;

/// Batches that are not on the disk, oldest first.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    batches: VecDeque<Batch>,
    /// Exports on the disk that are done with, while the disk cannot be told.
    settled: BTreeSet<(Lane, u64)>,
}

/// What had to make room.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Evicted {
    /// Whole batches.
    pub(super) batches: u64,
    /// Records of exports.
    pub(super) records: Vec<(Lane, u64)>,
}

impl Waiting {
    /// Adds the next one, which may push others out: of the exports the oldest metrics first, events last.
    pub(super) fn push(&mut self, batch: Batch) -> Evicted {
        self.batches.push_back(batch);
        let mut evicted = Evicted::default();
        for lane in Lane::ALL {
            while self.bytes() > BYTES_MOST {
                let Some(oldest) = self.exports(lane).next().map(|export| export.number) else { break };
                evicted.export(lane, self.withdraw(lane, oldest).as_ref());
            }
        }
        while self.batches.len() > BATCHES_MOST
            && let Some(oldest) = self.batches.pop_front()
        {
            evicted.batches += 1;
            for lane in Lane::ALL {
                oldest.exports(lane).for_each(|export| evicted.export(lane, Some(export)));
            }
        }
        evicted
    }

    /// Offers every batch to the disk, oldest first, until it refuses one.
    pub(super) fn drain<E>(&mut self, mut write: impl FnMut(&Batch) -> Result<(), E>) -> Result<(), E> {
        while let Some(batch) = self.batches.front() {
            write(batch)?;
            self.batches.pop_front();
        }
        self.settled.clear();
        Ok(())
    }

    /// Exports of a lane that wait here, in the order in which they were made.
    pub(super) fn exports(&self, lane: Lane) -> impl Iterator<Item = &Export> {
        self.batches.iter().flat_map(move |batch| batch.exports(lane))
    }

    /// Takes an export out again.
    pub(super) fn withdraw(&mut self, lane: Lane, number: u64) -> Option<Export> {
        self.batches.iter_mut().find_map(|batch| batch.withdraw(lane, number))
    }

    /// Remembers that an export on the disk is done with, until the disk was told.
    pub(super) fn settle(&mut self, lane: Lane, number: u64) {
        self.settled.insert((lane, number));
    }

    /// Whether an export on the disk is done with.
    pub(super) fn is_settled(&self, lane: Lane, number: u64) -> bool {
        self.settled.contains(&(lane, number))
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
    use sortie_store::Moment;

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
        let lost = |lane| Evicted { batches: 0, records: vec![(lane, 1)] };
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

    #[test]
    fn a_disk_that_refuses_for_hours_costs_the_oldest_batches() {
        let mut waiting = Waiting::default();
        for number in 0..BATCHES_MOST as u64 {
            assert_eq!(waiting.push(batch(Lane::Events, number, 1)), Evicted::default());
        }
        let evicted = waiting.push(batch(Lane::Events, 1_000, 1));
        assert_eq!(evicted, Evicted { batches: 1, records: vec![(Lane::Events, 1)] });
        assert_eq!(numbers(&waiting, Lane::Events)[0], 1);
    }

    #[test]
    fn what_the_disk_took_waits_no_longer_and_what_it_refused_does() {
        let mut waiting = Waiting::default();
        for number in 1..=3 {
            waiting.push(batch(Lane::Metrics, number, 1));
        }
        waiting.settle(Lane::Metrics, 7);
        let mut room = 2;
        let refused = waiting.drain(|_| {
            room -= 1;
            if room >= 0 { Ok(()) } else { Err("full") }
        });
        assert_eq!((refused, numbers(&waiting, Lane::Metrics)), (Err("full"), vec![3]));
        assert!(waiting.is_settled(Lane::Metrics, 7), "the disk was not told");
        assert_eq!(waiting.drain(|_| Ok::<_, ()>(())), Ok(()));
        assert!(numbers(&waiting, Lane::Metrics).is_empty() && !waiting.is_settled(Lane::Metrics, 7));
    }
}
