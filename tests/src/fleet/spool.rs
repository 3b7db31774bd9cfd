//! A queue in memory, with the limits of the one that agents have on disk.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use hyper::body::Bytes;
use sortie_telemetry::{Encoded, Export, Loss, Signal, Spool, SpoolUsage};
use tokio::sync::Notify;

use super::records::{Entry, Fate, Records};

/// An export on its way to the queue.
pub(super) struct Made {
    pub(super) export: Encoded,
    /// As the agent's clock has it.
    pub(super) at: SystemTime,
    /// Samples that Prometheus makes of it: none of events.
    pub(super) samples: usize,
}

/// Of one agent.
#[derive(Debug)]
pub(super) struct MemorySpool {
    agent: usize,
    limits: Limits,
    lanes: Mutex<Lanes>,
    added: Notify,
    records: Arc<Records>,
}

/// What may wait.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) age: Duration,
    pub(super) bytes: u64,
}

#[derive(Debug, Default)]
struct Lanes {
    next: u64,
    metrics: VecDeque<Waiting>,
    events: VecDeque<Waiting>,
    /// What was given up, to be counted by the agent.
    lost: Vec<(Signal, Loss, u64)>,
}

#[derive(Debug)]
struct Waiting {
    export: Export,
    /// In virtual time.
    since: Duration,
    /// In real time.
    made: Instant,
    entry: Entry,
}

impl Lanes {
    fn of(&mut self, signal: Signal) -> &mut VecDeque<Waiting> {
        match signal {
            Signal::Metrics => &mut self.metrics,
            Signal::Events => &mut self.events,
        }
    }

    fn bytes(&self) -> u64 {
        self.metrics.iter().chain(&self.events).map(|waiting| waiting.export.body.len() as u64).sum()
    }
}

impl MemorySpool {
    pub(super) fn new(agent: usize, limits: Limits, records: Arc<Records>) -> Self {
        Self { agent, limits, lanes: Mutex::default(), added: Notify::new(), records }
    }

    /// Adds what was made at this virtual moment, and lets go of what is too old or too much.
    pub(super) fn add(&self, made: Made, now: Duration) {
        let mut lanes = self.lock();
        let number = lanes.next;
        lanes.next += 1;
        let entry = self.records.made(self.agent, &made);
        let export = made.export;
        let waiting = Waiting {
            export: Export { number, records: export.records, body: export.body },
            since: now,
            made: Instant::now(),
            entry,
        };
        lanes.of(export.signal).push_back(waiting);
        self.bound(&mut lanes, now);
        drop(lanes);
        self.added.notify_one();
    }

    /// What waits now, lane by lane.
    pub(super) fn usage(&self, now: Duration) -> [(Signal, SpoolUsage); 2] {
        let mut lanes = self.lock();
        self.bound(&mut lanes, now);
        Signal::ALL.map(|signal| {
            let lane = lanes.of(signal);
            let bytes = lane.iter().map(|waiting| waiting.export.body.len() as u64).sum();
            let oldest = lane.front().map(|waiting| now.saturating_sub(waiting.since));
            (signal, SpoolUsage { bytes, limit: self.limits.bytes, oldest })
        })
    }

    /// What was given up since somebody asked last.
    pub(super) fn lost(&self) -> Vec<(Signal, Loss, u64)> {
        std::mem::take(&mut self.lock().lost)
    }

    /// Exports that wait.
    pub(super) fn waiting(&self) -> usize {
        let lanes = self.lock();
        lanes.metrics.len() + lanes.events.len()
    }

    fn bound(&self, lanes: &mut Lanes, now: Duration) {
        let let_go = |lanes: &mut Lanes, signal, loss| {
            if let Some(waiting) = lanes.of(signal).pop_front() {
                self.records.ended(waiting.entry, Fate::Lost(loss), waiting.made.elapsed());
                lanes.lost.push((signal, loss, waiting.export.records.into()));
            }
        };
        for signal in Signal::ALL {
            let is_old = |waiting: &Waiting| now.saturating_sub(waiting.since) > self.limits.age;
            while lanes.of(signal).front().is_some_and(is_old) {
                let_go(lanes, signal, Loss::Age);
            }
        }
        // Events are few and tell more, so metrics go first.
        while lanes.bytes() > self.limits.bytes && lanes.metrics.len() > 1 {
            let_go(lanes, Signal::Metrics, Loss::Size);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Lanes> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Spool for MemorySpool {
    /// Nobody appends but the agent, which says when it is.
    async fn append(&self, export: Encoded) {
        let since = self.lock().of(export.signal).back().map(|waiting| waiting.since).unwrap_or_default();
        self.add(Made { export, at: SystemTime::now(), samples: 0 }, since);
    }

    async fn newest(&self, signal: Signal) -> Option<Export> {
        self.lock().of(signal).back().map(|waiting| waiting.export.clone())
    }

    async fn backlog(&self, signal: Signal, before: u64, most: usize, count: usize) -> Vec<Export> {
        let mut lanes = self.lock();
        let older = lanes.of(signal).iter().take_while(|waiting| waiting.export.number < before).take(count);
        let mut bytes = 0;
        let fitting = older.enumerate().take_while(|(index, waiting)| {
            bytes += waiting.export.body.len();
            *index == 0 || bytes <= most
        });
        fitting.map(|(_, waiting)| waiting.export.clone()).collect()
    }

    async fn settle(&self, signal: Signal, numbers: Vec<u64>, rejected: u64) {
        let mut lanes = self.lock();
        let lane = std::mem::take(lanes.of(signal));
        let (settled, left) = lane.into_iter().partition(|waiting| numbers.contains(&waiting.export.number));
        *lanes.of(signal) = left;
        if rejected > 0 {
            lanes.lost.push((signal, Loss::Rejected, rejected));
        }
        let settled: VecDeque<Waiting> = settled;
        for waiting in settled {
            let fate = if rejected == 0 { Fate::Taken } else { Fate::Lost(Loss::Rejected) };
            self.records.ended(waiting.entry, fate, waiting.made.elapsed());
        }
    }

    async fn added(&self) {
        self.added.notified().await;
    }
}

/// For whoever compares: the bytes of an export.
pub(super) type Body = Bytes;
