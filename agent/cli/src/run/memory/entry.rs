//! What is made durable together: a round and what it decided, and the exports that tell it.

use std::time::{Duration, SystemTime};

use serde::Serialize;
use sortie_core::history::{Sample, StateChange};
use sortie_core::target::{Family, Port};
use sortie_store::{Batch, Export, Moment, PortKey, PortMemory, ROW_MOST, Row};
use sortie_telemetry::Encoded;
use uuid::Uuid;

use super::vocabulary::{lane, moment, since_epoch};
use crate::known::{Known, KnownMachine};

/// Samples of one row: with the longest names they fit into [`ROW_MOST`].
const SAMPLES_A_ROW: usize = 32;

/// One entry of what is kept. Nothing of it is on show before all of it is on the disk, or the disk has refused.
#[derive(Clone, Debug)]
pub(in crate::run) struct Entry {
    pub(super) batch: Batch,
    pub(super) exports: Vec<Encoded>,
}

impl Entry {
    /// Nothing yet.
    pub(in crate::run) fn new() -> Self {
        Self { batch: Batch::new(moment(SystemTime::now())), exports: Vec::new() }
    }

    /// Exports alone.
    pub(super) fn of(exports: Vec<Encoded>) -> Self {
        Self { exports, ..Self::new() }
    }

    /// What is on show for one port and family. Evidence of hundreds of operators is left to the next sitting.
    pub(in crate::run) fn remember(&mut self, mut known: Known) {
        if encoded(&known).is_none() {
            known.finding.evidence.clear();
        }
        if let Some(value) = encoded(&known) {
            self.batch.remember(PortMemory { key: key((known.port, known.family)), value });
        }
    }

    /// What is known of the machine itself.
    pub(in crate::run) fn machine(&mut self, machine: &KnownMachine) {
        if let Some(value) = encoded(machine) {
            self.batch.machine(value);
        }
    }

    /// A port and family that is not asked any more.
    pub(in crate::run) fn forget(&mut self, place: (Port, Family)) {
        self.batch.forget(key(place));
    }

    /// A change of state.
    pub(in crate::run) fn change(&mut self, change: &StateChange) {
        let id = change.uid.parse::<Uuid>().unwrap_or_default().as_u128();
        if let Some(value) = encoded(change) {
            self.batch.change(Row { at: since_epoch(change.moment), id, value });
        }
    }

    /// What the destinations of one round answered.
    pub(in crate::run) fn samples(&mut self, samples: &[Sample], began: Duration) {
        for value in samples.chunks(SAMPLES_A_ROW).filter_map(encoded) {
            self.batch.sample(Row { at: since_epoch(began), id: Uuid::now_v7().as_u128(), value });
        }
    }

    /// An export, which waits from now on until a receiver has it.
    pub(in crate::run) fn export(&mut self, export: Encoded) {
        self.exports.push(export);
    }

    /// The batch with its exports at their places in the queue.
    pub(super) fn placed(self, at: Moment, mut next: impl FnMut() -> u64) -> Batch {
        let Self { mut batch, exports } = self;
        for Encoded { signal, records, body } in exports {
            batch.export(lane(signal), Export { number: next(), at, records, body: body.into() });
        }
        batch
    }
}

/// As a row; `None` where it would be too large for one.
fn encoded<T: Serialize + ?Sized>(value: &T) -> Option<Vec<u8>> {
    serde_json::to_vec(value).ok().filter(|bytes| bytes.len() <= ROW_MOST)
}

fn key((port, family): (Port, Family)) -> PortKey {
    let family = match family {
        Family::Ipv4 => 4,
        Family::Ipv6 => 6,
    };
    PortKey { port: port.number(), family }
}
