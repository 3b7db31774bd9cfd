//! The queue as its users see it.

use crate::testing::{Dir, at, export};
use crate::{Batch, Export, Lane, Loss, Store};

use Lane::{Events, Metrics};

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

    fn reopen(&mut self) {
        self.store.reopen(at(0)).expect("whole");
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
    queue.reopen();
    assert_eq!(queue.all(Metrics), [first.clone(), second.clone()]);
    assert_eq!(queue.all(Events), [first]);
    assert_eq!(queue.store.newest(Metrics).expect("whole"), Some(second.clone()));

    for _ in 0..2 {
        queue.commit(|batch| _ = batch.settle(Metrics, 1).settle(Metrics, 99));
        assert_eq!((queue.numbers(Metrics), queue.numbers(Events)), (vec![2], vec![1]));
    }
    queue.commit(|batch| _ = batch.settle(Metrics, 2));
    assert_eq!(queue.store.newest(Metrics).expect("whole"), None);
    assert_eq!(queue.lost(), [], "what was delivered is not lost");
}
