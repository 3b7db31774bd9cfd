//! What is committed together.

use crate::error::StoreError;
use crate::limits::{EXPORT_MOST, ROW_MOST};
use crate::moment::Moment;
use crate::queue::{Export, Lane, Loss, QueueLimits, Work};
use crate::row::{PortKey, PortMemory, Row};

/// Everything that one transaction writes.
///
/// It can be committed again when the first time failed: nothing of it is there twice then, and no loss is counted twice,
/// as long as no other batch of exports or losses was committed in between.
#[derive(Clone, Debug)]
pub struct Batch {
    pub(crate) now: Moment,
    pub(crate) machine: Option<Vec<u8>>,
    pub(crate) ports: Vec<PortMemory>,
    pub(crate) forgotten: Vec<PortKey>,
    pub(crate) changes: Vec<Row>,
    pub(crate) samples: Vec<Row>,
    pub(crate) queue: Work,
    pub(crate) lazy: bool,
}

impl Batch {
    /// Nothing yet. History that is too old by this moment goes in the same transaction.
    pub fn new(now: Moment) -> Self {
        Self {
            now,
            machine: None,
            ports: Vec::new(),
            forgotten: Vec::new(),
            changes: Vec::new(),
            samples: Vec::new(),
            queue: Work::default(),
            lazy: false,
        }
    }

    /// What is known of the machine itself from now on, at most [`ROW_MOST`].
    pub fn machine(&mut self, value: Vec<u8>) -> &mut Self {
        self.machine = Some(value);
        self
    }

    /// What is on show for a port and family from now on.
    pub fn remember(&mut self, memory: PortMemory) -> &mut Self {
        self.ports.push(memory);
        self
    }

    /// A port and family that is no longer asked about. Forgetting comes before remembering.
    pub fn forget(&mut self, key: PortKey) -> &mut Self {
        self.forgotten.push(key);
        self
    }

    /// A change of state, for the history.
    pub fn change(&mut self, row: Row) -> &mut Self {
        self.changes.push(row);
        self
    }

    /// What destinations answered, for the history.
    pub fn sample(&mut self, row: Row) -> &mut Self {
        self.samples.push(row);
        self
    }

    /// An export, at the end of its lane. When another one has its number, or had it, it gets the next that is free:
    /// what the lane says of it is what counts.
    pub fn export(&mut self, lane: Lane, export: Export) -> &mut Self {
        self.queue.export(lane, export);
        self
    }

    /// An export that was delivered or refused, and leaves its lane. Settling comes before appending.
    pub fn settle(&mut self, lane: Lane, number: u64) -> &mut Self {
        self.queue.settle(lane, number);
        self
    }

    /// Records that are lost and known to be: they are added to what [`Queue::lost`](crate::Queue::lost) tells. What
    /// [`bound`](Self::bound) throws out is counted without being told.
    pub fn lose(&mut self, lane: Lane, loss: Loss, records: u64) -> &mut Self {
        self.queue.lose(lane, loss, records);
        self
    }

    /// Keeps the queue within its limits, after everything else of this batch. `now` is by the clock of the exports.
    pub fn bound(&mut self, limits: QueueLimits, now: Moment) -> &mut Self {
        self.queue.bound(limits, now);
        self
    }

    /// How far the wall clock is ahead of the clock of the exports, in seconds: [`Queue::ahead`](crate::Queue::ahead) tells
    /// it to the next life. It travels with exports, and alone it is nothing to write.
    pub fn clock_ahead(&mut self, seconds: i64) -> &mut Self {
        self.queue.clock_ahead(seconds);
        self
    }

    /// Costs no sync: the batch is on the disk with the next one that is not lazy, or when the store is closed. A crash
    /// before that undoes all of it. For acknowledgements, which cost one more delivery of the same bytes then.
    pub fn lazy(&mut self) -> &mut Self {
        self.lazy = true;
        self
    }

    /// The exports of a lane that are to be appended, in their order.
    pub fn exports(&self, lane: Lane) -> impl Iterator<Item = &Export> {
        self.queue.exports(lane)
    }

    /// Takes an export out again, while the batch waits for its commit.
    pub fn withdraw(&mut self, lane: Lane, number: u64) -> Option<Export> {
        self.queue.withdraw(lane, number)
    }

    /// Whether it takes this export out of its lane.
    pub fn settles(&self, lane: Lane, number: u64) -> bool {
        self.queue.settles(lane, number)
    }

    /// Whether it says something about the machine and its ports: what is on show, what changed, what was answered.
    pub fn has_rows(&self) -> bool {
        !(self.machine.is_none()
            && self.ports.is_empty()
            && self.forgotten.is_empty()
            && self.changes.is_empty()
            && self.samples.is_empty())
    }

    /// Whether nothing is gone for ever without it but samples and metrics: what is on show a later batch says again, and
    /// nothing says again what changed, what happened, what was delivered and what was lost.
    pub fn is_dispensable(&self) -> bool {
        self.changes.is_empty() && self.queue.is_dispensable()
    }

    /// Whether there is nothing to write, but for keeping the queue within its limits.
    pub fn is_bare(&self) -> bool {
        !self.has_rows() && self.queue.is_bare()
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        !self.has_rows() && self.queue.is_empty()
    }

    /// Whatever is larger than it may be refuses the batch.
    pub(crate) fn check_sizes(&self) -> Result<(), StoreError> {
        let machine = self.machine.iter().map(Vec::len);
        let ports = self.ports.iter().map(|memory| memory.value.len());
        let mut rows =
            machine.chain(ports).chain(self.changes.iter().chain(&self.samples).map(|row| row.value.len()));
        if let Some(bytes) = rows.find(|&length| length > ROW_MOST) {
            return Err(StoreError::RowTooLarge { bytes });
        }
        match self.queue.bodies().find(|&length| length > EXPORT_MOST) {
            Some(bytes) => Err(StoreError::ExportTooLarge { bytes }),
            None => Ok(()),
        }
    }
}
