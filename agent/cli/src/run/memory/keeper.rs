//! The thread that writes: one order after the other, onto the disk or, where that refuses, into memory.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use sortie_store::{Lane, Moment, Opened, Queue, QueueLimits, Store, StoreError};
use sortie_telemetry::{Export, Loss, Signal, SpoolUsage, Telemetry};
use tracing::{info, warn};

use super::Shared;
use super::disk::{self, Disk};
use super::entry::Entry;
use super::losses::Losses;
use super::vocabulary::{counted, lane, moment, signal, since_epoch, told};
use super::waiting::Waiting;
use crate::clock::Steady;
use crate::known::Recalled;
use crate::run::instance::{Instance, InstanceError};

/// A disk that refused is tried again after this long.
const AGAIN: Duration = if cfg!(test) { Duration::from_millis(20) } else { Duration::from_secs(5) };

/// Bytes of a queue that leave a file worth making small again.
const OUTAGE: u64 = 4 << 20;

/// Everything that is kept, and where.
pub(super) struct Keeper {
    dir: PathBuf,
    /// The lock of the state directory; `None` while it cannot be taken.
    instance: Option<Instance>,
    disk: Disk,
    /// When the disk last refused.
    refused: Option<Instant>,
    waiting: Waiting,
    limits: Option<QueueLimits>,
    /// Whether anybody takes events.
    has_events: bool,
    losses: Losses,
    /// Bytes that waited at most since the queue was last empty.
    waited: u64,
    /// Whether the losses of earlier lives are in the totals.
    is_counted: bool,
    /// Of the latest export.
    number: u64,
    clock: Steady,
    telemetry: Arc<Telemetry>,
    shared: Arc<Shared>,
}

/// Why nothing is written.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
enum Refusal {
    Directory(#[from] InstanceError),
    Store(#[from] StoreError),
}

impl Keeper {
    /// Opens nothing yet: that is the first order's to wait for.
    pub(super) fn new(
        dir: PathBuf,
        instance: Option<Instance>,
        telemetry: Arc<Telemetry>,
        shared: Arc<Shared>,
    ) -> Self {
        Self {
            disk: Disk::at(dir.clone()),
            dir,
            instance,
            refused: None,
            waiting: Waiting::default(),
            limits: None,
            has_events: false,
            losses: Losses::default(),
            waited: 0,
            is_counted: false,
            number: 0,
            clock: Steady::now(),
            telemetry,
            shared,
        }
    }

    /// What may wait to be delivered; `None` where nothing is exported.
    pub(super) fn bound(&mut self, limits: Option<QueueLimits>, has_events: bool) {
        self.limits = limits;
        self.has_events = has_events;
    }

    /// After a panic nobody knows what of the disk's state is true.
    pub(super) fn close(&mut self) {
        self.disk.close();
    }

    /// Nothing follows. Lazy batches are on the disk when the store is closed.
    pub(super) fn end(&mut self) {
        self.refused = None;
        self.flush();
        self.close();
    }

    /// What was on show, and the history.
    pub(super) fn recall(&mut self) -> Recalled {
        let recalled = self.ask(|store| Ok(disk::recall(store)));
        let recalled = recalled.or_else(|| disk::recall_reading(&self.dir)).unwrap_or_default();
        self.tell();
        recalled
    }

    /// Makes an entry durable, or lets it wait in memory.
    pub(super) fn keep(&mut self, entry: Entry) {
        // Before its exports get their numbers: they go on from those on the disk.
        self.ask(|_| Ok(()));
        let has_exports = !entry.exports.is_empty();
        self.push(entry);
        self.flush();
        let events = self.losses.due(&self.telemetry);
        if self.has_events && !events.is_empty() {
            self.push(Entry::of(events));
            self.flush();
        }
        self.tell();
        if has_exports {
            self.shared.added.notify_one();
        }
    }

    /// As [`Spool::newest`](sortie_telemetry::Spool::newest).
    pub(super) fn newest(&mut self, signal: Signal) -> Option<Export> {
        let lane = lane(signal);
        let in_memory = self.waiting.exports(lane).last().cloned();
        let newest = in_memory.or_else(|| self.ask(|store| store.newest(lane)).flatten())?;
        (!self.waiting.is_settled(lane, newest.number)).then(|| shipped(newest))
    }

    /// As [`Spool::backlog`](sortie_telemetry::Spool::backlog).
    pub(super) fn backlog(&mut self, signal: Signal, before: u64, most: usize, count: usize) -> Vec<Export> {
        let lane = lane(signal);
        let on_disk = self.ask(|store| store.backlog(lane, before, most, count)).unwrap_or_default();
        let on_disk = on_disk.into_iter().filter(|export| !self.waiting.is_settled(lane, export.number));
        let in_memory = self.waiting.exports(lane).filter(|export| export.number < before).cloned();
        let mut bytes = 0;
        let fits = |export: &sortie_store::Export| {
            let is_first = bytes == 0;
            bytes += export.body.len();
            is_first || bytes <= most
        };
        on_disk.chain(in_memory).take(count).take_while(fits).map(shipped).collect()
    }

    /// As [`Spool::settle`](sortie_telemetry::Spool::settle).
    pub(super) fn settle(&mut self, signal: Signal, numbers: &[u64], rejected: u64) {
        let lane = lane(signal);
        for &number in numbers {
            self.waiting.settle(lane, number);
        }
        if rejected > 0 {
            self.lose_untold(signal, Loss::Rejected, rejected);
        }
        self.flush();
        self.tell();
    }

    /// Gives the exports of an entry their numbers, and lets it wait for the disk.
    fn push(&mut self, entry: Entry) {
        let (now, mut number) = (self.now(), self.number);
        let micros = u64::try_from(self.clock.since_epoch().as_micros()).unwrap_or(u64::MAX);
        let mut batch = entry.placed(now, || {
            // Numbers that a disk out of reach has given are lower, as long as the clock was right.
            number = micros.max(number + 1);
            number
        });
        self.number = number;
        if batch.is_empty() {
            return;
        }
        if let Some(limits) = self.limits {
            batch.bound(limits, now);
        }
        batch.clock_ahead(self.clock.wall_ahead());
        let evicted = self.waiting.push(batch);
        self.shared.condition(|condition| condition.lost += evicted.rounds);
        for (lane, records) in evicted.records {
            self.lose_untold(signal(lane), Loss::Memory, records);
        }
    }

    /// Writes everything that waits, as far as the disk takes it.
    fn flush(&mut self) {
        if self.disk.is_gone() {
            warn!("somebody has removed the store of {}; it is begun anew", self.dir.display());
            self.close();
        }
        let mut waiting = std::mem::take(&mut self.waiting);
        let (mut lost, mut refused) = (Vec::new(), Vec::new());
        let now = moment(SystemTime::now());
        let written = self.ask(|store| {
            waiting.drain(now, |batch| match store.commit(batch) {
                Ok(trimmed) => {
                    lost.extend(trimmed.lost.iter());
                    Ok(())
                }
                Err(error) if error.is_lost_until_reopened() => Err(error),
                Err(error) => {
                    warn!("a round is not kept: {error}");
                    let records = |lane| batch.exports(lane).map(|export| u64::from(export.records)).sum();
                    refused.extend(Lane::ALL.map(|lane| (lane, records(lane))));
                    Ok(())
                }
            })
        });
        self.waiting = waiting;
        for (lane, loss, records) in lost {
            self.lose(signal(lane), told(loss), records);
        }
        for (lane, records) in refused.into_iter().filter(|(_, records)| *records > 0) {
            self.lose_untold(signal(lane), Loss::Size, records);
        }
        if written.is_some() {
            self.recovered();
        }
    }

    /// A loss that the disk is to be told of.
    fn lose_untold(&mut self, signal: Signal, loss: Loss, records: u64) {
        self.waiting.lose(lane(signal), counted(loss), records);
        self.lose(signal, loss, records);
    }

    fn lose(&mut self, signal: Signal, loss: Loss, records: u64) {
        self.telemetry.dropped(signal, loss, records);
        self.losses.add(signal, loss, records);
    }

    /// Asks the store, which is opened where it is not. `None` where there is none, or it fails.
    fn ask<T>(&mut self, what: impl FnOnce(&Store) -> Result<T, StoreError>) -> Option<T> {
        if self.refused.is_some_and(|refused| refused.elapsed() < AGAIN) {
            return None;
        }
        match self.open().and_then(|()| Ok(self.disk.store().map(what).transpose()?)) {
            Ok(answer) => answer,
            Err(error) => {
                self.fail(&error);
                None
            }
        }
    }

    /// Takes the state directory where it is not taken, and opens the store where it is not open.
    fn open(&mut self) -> Result<(), Refusal> {
        if self.instance.is_none() {
            self.instance = Some(Instance::take(&self.dir)?);
        }
        if self.disk.store().is_none() {
            let (store, opened) = self.disk.open()?;
            let queue = store.queue()?;
            self.found(&queue, &opened);
        }
        Ok(())
    }

    /// What a store that was just opened says of the queue.
    fn found(&mut self, queue: &Queue, opened: &Opened) {
        self.number = Lane::ALL.into_iter().map(|lane| queue.lane(lane).highest).fold(self.number, u64::max);
        let was_there = std::mem::replace(&mut self.is_counted, true);
        if !was_there {
            // What waits has the age that it had by the clock of that life, however far the wall clock was set since.
            self.clock = Steady::behind(queue.ahead);
            // The totals go on over restarts, so that a loss is in them although its life ended at once.
            for (lane, loss, records) in queue.lost.iter() {
                self.telemetry.dropped(signal(lane), told(loss), records);
            }
        }
        let is_lost = matches!(opened, Opened::SetAside { .. }) || (was_there && *opened == Opened::Fresh);
        if is_lost && self.limits.is_some() {
            // How much waited in it nobody knows: one for each lane says that it happened.
            for signal in Signal::ALL {
                self.lose_untold(signal, Loss::Corrupt, 1);
            }
        }
    }

    fn fail(&mut self, error: &Refusal) {
        self.close();
        self.refused = Some(Instant::now());
        self.shared.trouble(&error.to_string());
    }

    fn recovered(&mut self) {
        self.refused = None;
        let former = self.shared.condition(std::mem::take);
        if former.trouble.is_some() {
            info!("what happens is kept on disk again; {} rounds were lost meanwhile", former.lost);
        }
    }

    /// How it stands, for whoever looks.
    fn tell(&mut self) {
        let queue = self.ask(Store::queue).unwrap_or_default();
        self.shrink(queue.metrics.bytes + queue.events.bytes);
        let Some(limits) = self.limits else { return self.telemetry.unspooled() };
        let now = self.now();
        for one in Signal::ALL {
            let (waits, lane) = (queue.lane(lane(one)), lane(one));
            let bytes =
                waits.bytes + self.waiting.exports(lane).map(|export| export.body.len() as u64).sum::<u64>();
            let oldest = waits.oldest.or_else(|| self.waiting.exports(lane).map(|export| export.at).next());
            let oldest = oldest.map(|at| Duration::from_millis(now.millis().saturating_sub(at.millis())));
            self.telemetry.spooled(one, SpoolUsage { bytes, limit: limits.bytes, oldest });
        }
    }

    /// The file does not become small by itself when an outage is over; opening it again makes it so.
    fn shrink(&mut self, waits: u64) {
        self.waited = self.waited.max(waits);
        if waits == 0 && std::mem::take(&mut self.waited) >= OUTAGE {
            self.close();
        }
    }

    fn now(&self) -> Moment {
        since_epoch(self.clock.since_epoch())
    }
}

fn shipped(export: sortie_store::Export) -> Export {
    Export { number: export.number, records: export.records, body: export.body.into() }
}
