//! The queue, in memory.

use std::collections::BTreeMap;
use std::sync::Mutex;

use tokio::sync::Notify;

use crate::spool::{Encoded, Export, Signal, Spool};

/// What a receiver is done with: the numbers, and how many of their records it refused.
type Settled = (Signal, Vec<u64>, u64);

#[derive(Default)]
pub(super) struct Memory {
    lanes: Mutex<BTreeMap<Signal, BTreeMap<u64, Export>>>,
    number: Mutex<u64>,
    settled: Mutex<Vec<Settled>>,
    added: Notify,
    changed: Notify,
}

impl Memory {
    /// Holds these exports, numbered from one over both lanes.
    pub(super) async fn with(exports: impl IntoIterator<Item = Encoded>) -> std::sync::Arc<Self> {
        let memory = Self::default();
        for export in exports {
            memory.append(export).await;
        }
        memory.into()
    }

    /// Waits until so many calls have settled something, and says what they were.
    pub(super) async fn settled(&self, calls: usize) -> Vec<Settled> {
        loop {
            let changed = self.changed.notified();
            let settled = self.settled.lock().expect("no panic").clone();
            if settled.len() >= calls {
                return settled;
            }
            changed.await;
        }
    }

    /// The numbers that wait.
    pub(super) fn waiting(&self, signal: Signal) -> Vec<u64> {
        self.lanes.lock().expect("no panic").entry(signal).or_default().keys().copied().collect()
    }
}

impl Spool for Memory {
    async fn append(&self, export: Encoded) {
        let Encoded { signal, records, body } = export;
        let mut number = self.number.lock().expect("no panic");
        *number += 1;
        let export = Export { number: *number, records, body };
        self.lanes.lock().expect("no panic").entry(signal).or_default().insert(*number, export);
        self.added.notify_one();
    }

    async fn newest(&self, signal: Signal) -> Option<Export> {
        let mut lanes = self.lanes.lock().expect("no panic");
        lanes.entry(signal).or_default().last_key_value().map(|(_, export)| export.clone())
    }

    async fn backlog(&self, signal: Signal, before: u64, most: usize, count: usize) -> Vec<Export> {
        let mut lanes = self.lanes.lock().expect("no panic");
        let older = lanes.entry(signal).or_default().range(..before).map(|(_, export)| export.clone());
        let mut bytes = 0;
        let fits = |export: &Export| {
            let is_first = bytes == 0;
            bytes += export.body.len();
            is_first || bytes <= most
        };
        older.take(count).take_while(fits).collect()
    }

    async fn settle(&self, signal: Signal, numbers: Vec<u64>, rejected: u64) {
        let mut lanes = self.lanes.lock().expect("no panic");
        for number in &numbers {
            assert!(lanes.entry(signal).or_default().remove(number).is_some(), "{number} was settled before");
        }
        self.settled.lock().expect("no panic").push((signal, numbers, rejected));
        self.changed.notify_waiters();
    }

    async fn added(&self) {
        self.added.notified().await;
    }
}
