//! What the next life of this agent goes on from, and what waits to be delivered, kept in the state directory.
//!
//! ```text
//!   probing ──▶ entry ──┐                     ┌──▶ store ──▶ only then: board, page, metrics
//!   metrics ──▶ entry ──┼──▶ keeper (thread) ─┤
//!   shipper ◀──────────▶┘                     └── fails ──▶ waits in memory, is said, is written when the disk is back
//! ```
//!
//! The disk is written by a thread of its own, which takes one order after the other. Whoever gives an order waits for
//! it within bounds, so that a disk that hangs stalls no round.

mod disk;
mod entry;
mod keeper;
mod losses;
#[cfg(test)]
mod tests;
mod vocabulary;
mod waiting;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use sortie_store::QueueLimits;
use sortie_telemetry::{Encoded, Export, Loss, Signal, Spool, Telemetry};
use tokio::sync::{Notify, oneshot};
use tracing::{error, warn};

pub(super) use self::entry::Entry;
use self::keeper::Keeper;
use super::instance::Instance;
use crate::known::Recalled;

/// A sync takes milliseconds, on the disk of a busy cloud a second.
const PATIENCE: Duration = Duration::from_secs(2);
/// Entries on their way to a disk that hangs: two hours of rounds.
const ON_THE_WAY_MOST: usize = 128;

/// The way to the keeper; every clone leads to the same one.
#[derive(Clone, Debug)]
pub(super) struct Memory {
    orders: Sender<Order>,
    shared: Arc<Shared>,
    telemetry: Arc<Telemetry>,
}

/// What the keeper says without being asked.
#[derive(Debug, Default)]
struct Shared {
    /// Something new is in the queue.
    added: Notify,
    /// Entries that were given and not taken yet.
    on_the_way: AtomicUsize,
    /// Patience was over once, and no entry has been taken care of since.
    is_hanging: AtomicBool,
    condition: Mutex<Condition>,
}

/// How it stands with the disk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Condition {
    /// Why nothing is kept on it; `None` while everything is.
    pub(super) trouble: Option<String>,
    /// Rounds that will never be on it.
    pub(super) lost: u64,
}

/// Something that the keeper does, in its turn.
type Order = Box<dyn FnOnce(&mut Keeper) + Send>;

impl Memory {
    /// Begins to keep in a state directory. Where it is not this agent's own yet, what lies in it is recalled where it can
    /// be read, and everything new lives in memory until the directory can be taken.
    pub(super) fn begin(
        dir: PathBuf,
        instance: Option<Instance>,
        telemetry: Arc<Telemetry>,
    ) -> anyhow::Result<Self> {
        let (orders, taken) = channel();
        let shared = Arc::<Shared>::default();
        let keeper = Keeper::new(dir, instance, Arc::clone(&telemetry), Arc::clone(&shared));
        thread::Builder::new()
            .name("keeper".to_owned())
            .spawn(move || keep(keeper, &taken))
            .context("failed to start the thread that writes to the disk")?;
        Ok(Self { orders, shared, telemetry })
    }

    /// What was on show, and the history; nothing where the disk does not say so.
    pub(super) async fn recall(&self) -> Recalled {
        self.ask(Keeper::recall).await.unwrap_or_default()
    }

    /// Makes an entry durable. Returns when it is, when the disk has refused and memory has it, or when patience is over.
    pub(super) async fn keep(&self, entry: Entry) {
        // One that hung before has had its patience.
        let patience = if self.shared.is_hanging.load(Ordering::Relaxed) { Duration::ZERO } else { PATIENCE };
        if self.shared.on_the_way.fetch_add(1, Ordering::Relaxed) >= ON_THE_WAY_MOST {
            self.shared.on_the_way.fetch_sub(1, Ordering::Relaxed);
            self.shared.condition(|condition| condition.lost += 1);
            for export in &entry.exports {
                self.telemetry.dropped(export.signal, Loss::Memory, u64::from(export.records));
            }
            return;
        }
        let shared = Arc::clone(&self.shared);
        let kept = self.ask(move |keeper| {
            shared.on_the_way.fetch_sub(1, Ordering::Relaxed);
            keeper.keep(entry);
            shared.is_hanging.store(false, Ordering::Relaxed);
        });
        if tokio::time::timeout(patience, kept).await.is_err() {
            self.shared.is_hanging.store(true, Ordering::Relaxed);
            self.shared.trouble("the disk does not answer");
        }
    }

    /// What may wait to be delivered, from now on; `None` where nothing is exported. Losses are told by events where those
    /// are exported.
    pub(super) fn bound(&self, limits: Option<QueueLimits>, has_events: bool) {
        // It fails only where the thread is gone, which the next answer that does not come tells.
        let _ = self.orders.send(Box::new(move |keeper| keeper.bound(limits, has_events)));
    }

    /// The end of this life: what waits is offered to the disk once more, and what was acknowledged is on it when this
    /// returns, so that the next life does not deliver it again.
    pub(super) async fn end(&self) {
        let _ = tokio::time::timeout(PATIENCE, self.ask(Keeper::end)).await;
    }

    /// How it stands with the disk.
    pub(super) fn condition(&self) -> Condition {
        self.shared.condition(|condition| condition.clone())
    }

    /// `None` where there is no thread any more to answer.
    async fn ask<T: Send + 'static>(
        &self,
        what: impl FnOnce(&mut Keeper) -> T + Send + 'static,
    ) -> Option<T> {
        let (answer, answered) = oneshot::channel();
        let order = move |keeper: &mut Keeper| {
            // Whoever asked may be gone.
            let _ = answer.send(what(keeper));
        };
        self.orders.send(Box::new(order)).ok()?;
        answered.await.ok()
    }
}

impl Spool for Memory {
    async fn append(&self, export: Encoded) {
        let mut entry = Entry::new();
        entry.export(export);
        self.keep(entry).await;
    }

    async fn newest(&self, signal: Signal) -> Option<Export> {
        self.ask(move |keeper| keeper.newest(signal)).await.flatten()
    }

    async fn backlog(&self, signal: Signal, before: u64, most: usize, count: usize) -> Vec<Export> {
        self.ask(move |keeper| keeper.backlog(signal, before, most, count)).await.unwrap_or_default()
    }

    async fn settle(&self, signal: Signal, numbers: Vec<u64>, rejected: u64) {
        self.ask(move |keeper| keeper.settle(signal, &numbers, rejected)).await;
    }

    async fn added(&self) {
        self.shared.added.notified().await;
    }
}

impl Shared {
    /// The disk refuses, and why; one reason after the other is no news.
    fn trouble(&self, why: &str) {
        let former = self.condition(|condition| condition.trouble.replace(why.to_owned()));
        if former.is_none() {
            warn!("{why}; the agent goes on from memory");
        }
    }

    fn condition<T>(&self, with: impl FnOnce(&mut Condition) -> T) -> T {
        with(&mut self.condition.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The life of the thread: it ends when nobody can give an order any more.
fn keep(mut keeper: Keeper, orders: &Receiver<Order>) {
    for order in orders {
        if catch_unwind(AssertUnwindSafe(|| order(&mut keeper))).is_err() {
            error!("writing to the disk failed; it is opened again");
            keeper.close();
        }
    }
}
