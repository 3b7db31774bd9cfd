//! What the agents of a fleet made, and what became of it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use prost::Message as _;
use sortie_telemetry::{Loss, Signal};

use super::spool::{Body, Made};
use crate::ledger::{Catalogue, Events, Points};
use crate::otlp::decompress;

/// Latencies are kept as counts by powers of two of milliseconds: up to 2¹⁹ ms, nine minutes.
const LATENCIES: usize = 20;

/// What became of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It waits.
    Waiting,
    /// The receiver has acknowledged it.
    Taken,
    /// It will never be delivered.
    Lost(Loss),
}

/// An export that was made.
#[derive(Clone, Debug)]
pub struct Record {
    /// Number of the agent in the population.
    pub agent: usize,
    pub signal: Signal,
    /// By the agent's clock.
    pub at: SystemTime,
    pub fate: Fate,
    /// Samples that Prometheus makes of it.
    pub samples: usize,
    body: Body,
}

/// In how many ways exports ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Exports that were made, and points and records in them.
    pub made: u64,
    pub points: u64,
    /// Samples that Prometheus makes of them.
    pub samples: u64,
    /// As they travel, in bytes.
    pub bytes: u64,
    /// Exports that were acknowledged, and that were given up.
    pub taken: u64,
    pub lost: u64,
    /// From the making to the acknowledgement, in real time: how many took no longer than 2ⁿ ms.
    latencies: [u64; LATENCIES],
    /// Requests by their ending: empty where they were taken, else as `sortie.agent.exports` has it.
    pub endings: BTreeMap<String, u64>,
}

impl Statistics {
    /// Exports that wait.
    pub fn waiting(&self) -> u64 {
        self.made - self.taken - self.lost
    }

    /// Within which time this share of the exports that were taken was acknowledged.
    pub fn latency(&self, share: f64) -> Duration {
        let wanted = self.taken as f64 * share;
        let mut seen = 0;
        for (power, count) in self.latencies.iter().enumerate() {
            seen += count;
            if seen as f64 >= wanted {
                return Duration::from_millis(1 << power);
            }
        }
        Duration::MAX
    }
}

/// The number of a record; `None` where records are not kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry(Option<usize>);

/// All of them.
#[derive(Debug)]
pub(super) struct Records {
    /// Whether bodies are kept: a day of ten thousand agents is more than memory has.
    are_kept: bool,
    inside: Mutex<Inside>,
}

#[derive(Debug, Default)]
struct Inside {
    records: Vec<Record>,
    statistics: Statistics,
    /// By agent: what its counters said last.
    endings: BTreeMap<usize, Vec<(String, u64)>>,
}

impl Records {
    pub(super) fn new(are_kept: bool) -> Self {
        Self { are_kept, inside: Mutex::default() }
    }

    pub(super) fn made(&self, agent: usize, made: &Made) -> Entry {
        let Made { export, at, samples } = made;
        let mut inside = self.lock();
        inside.statistics.made += 1;
        inside.statistics.points += u64::from(export.records);
        inside.statistics.samples += *samples as u64;
        inside.statistics.bytes += export.body.len() as u64;
        if !self.are_kept {
            return Entry(None);
        }
        inside.records.push(Record {
            agent,
            signal: export.signal,
            at: *at,
            fate: Fate::Waiting,
            samples: *samples,
            body: export.body.clone(),
        });
        Entry(Some(inside.records.len() - 1))
    }

    pub(super) fn ended(&self, entry: Entry, fate: Fate, after: Duration) {
        let mut inside = self.lock();
        if fate == Fate::Taken {
            inside.statistics.taken += 1;
            let milliseconds = u64::try_from(after.as_millis()).unwrap_or(u64::MAX).max(1);
            let power = (64 - (milliseconds - 1).leading_zeros()) as usize;
            inside.statistics.latencies[power.min(LATENCIES - 1)] += 1;
        } else {
            inside.statistics.lost += 1;
        }
        if let Entry(Some(number)) = entry {
            inside.records[number].fate = fate;
        }
    }

    /// What an agent says about the requests of this life.
    pub(super) fn ended_requests(&self, agent: usize, endings: Vec<(String, u64)>) {
        self.lock().endings.insert(agent, endings);
    }

    pub(super) fn statistics(&self) -> Statistics {
        let inside = self.lock();
        let mut statistics = inside.statistics.clone();
        for (ending, count) in inside.endings.values().flatten() {
            *statistics.endings.entry(ending.clone()).or_default() += count;
        }
        statistics
    }

    pub(super) fn all(&self) -> Vec<Record> {
        self.lock().records.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What agents emitted, as far as it is of interest.
#[derive(Clone, Debug)]
pub struct Emitted(pub(super) Vec<Record>);

impl Emitted {
    /// Those of this fate.
    #[must_use]
    pub fn with_fate(&self, wanted: impl Fn(Fate) -> bool) -> Self {
        Self(self.0.iter().filter(|record| wanted(record.fate)).cloned().collect())
    }

    /// Those that are wanted.
    #[must_use]
    pub fn those(&self, wanted: impl Fn(&Record) -> bool) -> Self {
        Self(self.0.iter().filter(|record| wanted(record)).cloned().collect())
    }

    /// What receivers have acknowledged: all of it must be there.
    #[must_use]
    pub fn taken(&self) -> Self {
        self.with_fate(|fate| fate == Fate::Taken)
    }

    /// What one agent emitted.
    #[must_use]
    pub fn of_agent(&self, agent: usize) -> Self {
        Self(self.0.iter().filter(|record| record.agent == agent).cloned().collect())
    }

    /// Samples that Prometheus should have, by the number of the agent.
    pub fn samples(&self) -> BTreeMap<usize, usize> {
        let mut samples = BTreeMap::new();
        for record in &self.0 {
            *samples.entry(record.agent).or_default() += record.samples;
        }
        samples
    }

    pub fn records(&self) -> &[Record] {
        &self.0
    }

    /// Every point, as Prometheus should have it.
    ///
    /// # Errors
    /// When two exports told one point differently.
    pub fn points(&self) -> Result<Points> {
        let requests: Result<Vec<ExportMetricsServiceRequest>> = self
            .bodies(Signal::Metrics)
            .map(|body| {
                Ok(ExportMetricsServiceRequest::decode(&*decompress(body).context("an export is gzip")?)?)
            })
            .collect();
        Points::of(&requests?, &Catalogue::load()?)
    }

    /// Every event.
    ///
    /// # Errors
    /// When two events have one uid.
    pub fn events(&self) -> Result<Events> {
        let requests: Result<Vec<ExportLogsServiceRequest>> = self
            .bodies(Signal::Events)
            .map(|body| {
                Ok(ExportLogsServiceRequest::decode(&*decompress(body).context("an export is gzip")?)?)
            })
            .collect();
        Events::of(&requests?)
    }

    fn bodies(&self, signal: Signal) -> impl Iterator<Item = &Body> {
        self.0.iter().filter(move |record| record.signal == signal).map(|record| &record.body)
    }
}
