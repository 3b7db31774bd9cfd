//! What is made durable together: a round and what it decided, and the exports that tell it.

use std::time::SystemTime;

use sortie_store::{Batch, Export, Moment};
use sortie_telemetry::Encoded;

use super::rows::moment;
use super::vocabulary::lane;

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
