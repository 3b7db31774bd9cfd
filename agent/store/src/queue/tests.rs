//! The queue as its users see it.

use std::time::Duration;

use crate::testing::{Dir, at, export};
use crate::{Batch, EXPORT_MOST, Export, Lane, Loss, QueueLimits, Store, StoreError, Waiting};

use Lane::{Events, Metrics};

/// Bytes of a row beside its body: number, moment, records.
const ROW: u64 = 8 + 8 + 4;
const ROOMY: QueueLimits = QueueLimits { age: Duration::from_secs(1), bytes: 1 << 20 };

/// A store in a directory that is removed with it.
struct Queued {
    store: Store,
    _dir: Dir,
}

impl Queued {
    fn new(name: &str) -> Self {
        let dir = Dir::new(name);
        let (store, _) = Store::open(dir.path(), at(0)).expect("an empty directory");
        Self { store, _dir: dir }
    }

    /// Commits what is done to an empty batch, and tells what was thrown out.
    fn commit(&self, work: impl FnOnce(&mut Batch)) -> Vec<(Lane, Loss, u64)> {
        let mut batch = Batch::new(at(0));
        work(&mut batch);
        self.store.commit(&batch).expect("room").lost.iter().collect()
    }

    fn all(&self, lane: Lane) -> Vec<Export> {
        self.store.backlog(lane, u64::MAX, usize::MAX, usize::MAX).expect("whole")
    }

    fn numbers(&self, lane: Lane) -> Vec<u64> {
        self.all(lane).iter().map(|export| export.number).collect()
    }

    fn waiting(&self, lane: Lane) -> Waiting {
        *self.store.queue().expect("whole").lane(lane)
    }

    fn lost(&self) -> Vec<(Lane, Loss, u64)> {
        self.store.queue().expect("whole").lost.iter().collect()
    }
}

#[test]
fn an_export_waits_as_it_was_made_until_it_is_settled() {
    let mut queue = Queued::new("queue-waits");
    let (first, second) = (export(1, 10, "first"), export(2, 20, "second"));
    queue.commit(|batch| {
        batch.export(Metrics, first.clone()).export(Metrics, second.clone()).export(Events, first.clone());
    });
    queue.store.reopen(at(0)).expect("whole");
    assert_eq!(queue.all(Metrics), [first.clone(), second.clone()]);
    assert_eq!(queue.all(Events), [first]);
    assert_eq!(queue.store.newest(Metrics).expect("whole"), Some(second));

    for _ in 0..2 {
        queue.commit(|batch| _ = batch.settle(Metrics, 1).settle(Metrics, 99));
        assert_eq!((queue.numbers(Metrics), queue.numbers(Events)), (vec![2], vec![1]));
    }
    queue.commit(|batch| _ = batch.settle(Metrics, 2));
    assert_eq!(queue.store.newest(Metrics).expect("whole"), None);
    assert_eq!(queue.lost(), [], "what was delivered is not lost");
}

#[test]
fn what_waits_is_told_without_reading_it() {
    let queue = Queued::new("queue-told");
    assert_eq!(queue.waiting(Metrics), Waiting::default());
    queue
        .commit(|batch| _ = batch.export(Metrics, export(3, 30, "three")).export(Metrics, export(5, 50, "")));
    let both = Waiting { exports: 2, records: 8, bytes: 2 * ROW + 5, oldest: Some(at(30)), highest: 5 };
    assert_eq!(queue.waiting(Metrics), both);
    queue.commit(|batch| _ = batch.settle(Metrics, 3));
    let left = Waiting { exports: 1, records: 5, bytes: ROW, oldest: Some(at(50)), highest: 5 };
    assert_eq!(queue.waiting(Metrics), left);
    queue.commit(|batch| _ = batch.settle(Metrics, 5));
    assert_eq!(queue.waiting(Metrics), Waiting { highest: 5, ..Waiting::default() });
    assert_eq!(queue.waiting(Events), Waiting::default());
}

#[test]
fn a_backlog_is_read_from_its_oldest_export_on_and_within_its_bounds() {
    let queue = Queued::new("queue-backlog");
    queue.commit(|batch| {
        for number in 1..=5 {
            batch.export(Metrics, export(number, number, "ten bytes."));
        }
    });
    for (situation, before, bytes, count, numbers) in [
        ("all of it", 6, 50, 5, &[1, 2, 3, 4, 5][..]),
        ("without the newest", 5, usize::MAX, usize::MAX, &[1, 2, 3, 4]),
        ("as many as are asked for", 6, usize::MAX, 2, &[1, 2]),
        ("as many as fit", 6, 39, 5, &[1, 2, 3]),
        ("one that does not fit", 6, 9, 5, &[1]),
        ("one that nobody asked for", 6, 0, 0, &[1]),
        ("none where there is none", 1, usize::MAX, usize::MAX, &[]),
    ] {
        let read = queue.store.backlog(Metrics, before, bytes, count).expect("whole");
        let read: Vec<u64> = read.iter().map(|export| export.number).collect();
        assert_eq!(read, numbers, "{situation}");
    }
}

#[test]
fn a_number_is_used_once_whatever_became_of_its_export() {
    let mut queue = Queued::new("queue-numbers");
    let one = export(1, 0, "one");
    queue.commit(|batch| _ = batch.export(Events, one.clone()));
    queue.commit(|batch| _ = batch.export(Events, one.clone()));
    assert_eq!(queue.all(Events), std::slice::from_ref(&one), "the same number with the same bytes");

    queue.commit(|batch| {
        _ = batch.export(Events, export(1, 0, "another")).export(Events, export(0, 0, "zero"));
    });
    let moved = |number, export: Export| Export { number, ..export };
    let all = [one, moved(2, export(1, 0, "another")), moved(3, export(0, 0, "zero"))];
    assert_eq!(queue.all(Events), all);

    queue.commit(|batch| _ = batch.settle(Events, 1).settle(Events, 2).settle(Events, 3));
    queue.store.reopen(at(0)).expect("whole");
    assert_eq!(queue.waiting(Events).highest, 3);
    queue.commit(|batch| _ = batch.export(Events, export(2, 0, "late")).export(Events, export(9, 0, "nine")));
    assert_eq!(queue.numbers(Events), [4, 9]);
}

#[test]
fn a_lane_that_has_used_every_number_takes_no_more_and_says_so() {
    let queue = Queued::new("queue-last");
    let last = Export { number: u64::MAX, ..export(1, 0, "last") };
    queue.commit(|batch| _ = batch.export(Events, last.clone()));
    let error =
        queue.store.commit(Batch::new(at(0)).settle(Events, u64::MAX).export(Events, export(1, 0, "more")));
    let error = error.expect_err("there is no number");
    assert!(matches!(error, StoreError::NoNumberLeft) && !error.is_lost_until_reopened(), "{error}");
    assert_eq!(queue.store.newest(Events).expect("whole"), Some(last), "nothing of the batch was done");
}

#[test]
fn an_export_that_no_receiver_would_take_is_refused_before_anything_is_written() {
    let queue = Queued::new("queue-large");
    let largest = Export { body: vec![7; EXPORT_MOST], ..export(1, 0, "") };
    let larger = Export { body: vec![7; EXPORT_MOST + 1], ..export(2, 0, "") };
    let mut batch = Batch::new(at(0));
    batch.export(Metrics, export(3, 0, "small")).export(Metrics, larger).lose(Metrics, Loss::Memory, 1);
    let error = queue.store.commit(&batch).expect_err("a byte too many");
    assert!(matches!(error, StoreError::ExportTooLarge { bytes } if bytes == EXPORT_MOST + 1), "{error}");
    assert!(!error.is_lost_until_reopened());
    assert_eq!((queue.numbers(Metrics), queue.lost()), (vec![], vec![]));

    queue.commit(|batch| _ = batch.export(Metrics, largest.clone()));
    assert_eq!(queue.store.newest(Metrics).expect("whole"), Some(largest));
}

#[test]
fn a_batch_that_is_committed_again_counts_nothing_twice_and_brings_nothing_back() {
    let queue = Queued::new("queue-again");
    let mut batch = Batch::new(at(0));
    batch.export(Metrics, export(1, 0, "too old")).export(Metrics, export(2, 1_000, "delivered"));
    batch.lose(Events, Loss::Memory, 4).bound(ROOMY, at(1_001));
    let lost = [(Metrics, Loss::Age, 1), (Events, Loss::Memory, 4)];
    assert_eq!(queue.store.commit(&batch).expect("room").lost.iter().collect::<Vec<_>>(), lost[..1]);
    queue.commit(|batch| _ = batch.settle(Metrics, 2));

    assert!(queue.store.commit(&batch).expect("room").lost.is_empty());
    assert!(queue.store.commit(&batch.clone()).expect("room").lost.is_empty());
    assert_eq!((queue.numbers(Metrics), queue.lost()), (vec![], lost.to_vec()));

    // With something added it is another batch.
    queue.store.commit(batch.lose(Events, Loss::Memory, 1)).expect("room");
    assert_eq!(queue.lost(), [(Metrics, Loss::Age, 2), (Events, Loss::Memory, 9)]);
}

#[test]
fn exports_go_when_they_are_too_old_and_one_of_the_future_is_not() {
    let queue = Queued::new("queue-age");
    queue.commit(|batch| {
        batch.export(Metrics, export(1, 0, "")).export(Metrics, export(2, 1, ""));
        batch.export(Events, export(3, 0, "")).export(Events, export(4, 90_000, ""));
    });
    for (now, thrown, metrics, events) in [
        (0, &[][..], &[1, 2][..], &[3, 4][..]),
        (1_000, &[], &[1, 2], &[3, 4]),
        (1_001, &[(Metrics, Loss::Age, 1), (Events, Loss::Age, 3)], &[2], &[4]),
        (1_002, &[(Metrics, Loss::Age, 2)], &[], &[4]),
        (91_000, &[], &[], &[4]),
        (91_001, &[(Events, Loss::Age, 4)], &[], &[]),
    ] {
        assert_eq!(queue.commit(|batch| _ = batch.bound(ROOMY, at(now))), thrown, "at {now}");
        assert_eq!((queue.numbers(Metrics), queue.numbers(Events)), (metrics.to_vec(), events.to_vec()));
    }
    assert_eq!(queue.lost(), [(Metrics, Loss::Age, 3), (Events, Loss::Age, 7)]);
}

#[test]
fn when_there_is_too_much_the_oldest_metrics_go_and_events_only_when_there_are_none() {
    let each = ROW + 10;
    for (situation, bytes, thrown, metrics, events) in [
        ("everything fits", 6 * each, &[][..], &[1, 2, 3][..], &[4, 5, 6][..]),
        ("a byte too much", 6 * each - 1, &[(Metrics, Loss::Size, 1)], &[2, 3], &[4, 5, 6]),
        ("half of it", 3 * each, &[(Metrics, Loss::Size, 6)], &[], &[4, 5, 6]),
        ("less", 2 * each, &[(Metrics, Loss::Size, 6), (Events, Loss::Size, 4)], &[], &[5, 6]),
        ("what was just appended", each - 1, &[(Metrics, Loss::Size, 6), (Events, Loss::Size, 15)], &[], &[]),
        ("nothing at all", 0, &[(Metrics, Loss::Size, 6), (Events, Loss::Size, 15)], &[], &[]),
    ] {
        let queue = Queued::new("queue-size");
        let went = queue.commit(|batch| {
            batch.bound(QueueLimits { bytes, ..ROOMY }, at(0));
            for number in 1..=3 {
                batch.export(Metrics, export(number, 0, "ten bytes."));
                batch.export(Events, export(3 + number, 0, "ten bytes."));
            }
        });
        assert_eq!(went, thrown, "{situation}");
        assert_eq!(queue.lost(), thrown, "{situation}");
        assert_eq!((queue.numbers(Metrics), queue.numbers(Events)), (metrics.to_vec(), events.to_vec()));
        let left = queue.waiting(Metrics).bytes + queue.waiting(Events).bytes;
        assert_eq!(left, each * (metrics.len() + events.len()) as u64, "{situation}");
    }
}

#[test]
fn a_lazy_batch_is_seen_at_once_and_is_on_the_disk_with_the_next_or_when_the_store_is_closed() {
    let mut queue = Queued::new("queue-lazy");
    queue.commit(|batch| {
        batch
            .export(Metrics, export(1, 0, ""))
            .export(Metrics, export(2, 0, ""))
            .export(Metrics, export(3, 0, ""));
    });
    queue.commit(|batch| _ = batch.settle(Metrics, 1).lazy());
    assert_eq!(queue.numbers(Metrics), [2, 3]);
    queue.commit(|batch| _ = batch.settle(Metrics, 2).lazy());
    queue.store.reopen(at(0)).expect("whole");
    assert_eq!(queue.numbers(Metrics), [3]);
}

#[test]
fn how_far_the_clock_was_ahead_is_remembered_with_the_exports() {
    let mut queue = Queued::new("queue-ahead");
    assert_eq!(queue.store.queue().expect("whole").ahead, 0);
    for seconds in [3_600, -3_600, 0] {
        queue.commit(|batch| _ = batch.export(Metrics, export(1, 0, "body")).clock_ahead(seconds));
        queue.store.reopen(at(0)).expect("whole");
        assert_eq!(queue.store.queue().expect("whole").ahead, seconds);
    }
}
