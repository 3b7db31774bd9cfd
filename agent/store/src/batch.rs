//! What is committed together.

use crate::limits::ROW_MOST;
use crate::moment::Moment;
use crate::row::{PortKey, PortMemory, Row};

/// Everything that one transaction writes. It can be committed again when the first time failed.
#[derive(Clone, Debug)]
pub struct Batch {
    pub(crate) now: Moment,
    pub(crate) ports: Vec<PortMemory>,
    pub(crate) forgotten: Vec<PortKey>,
    pub(crate) changes: Vec<Row>,
    pub(crate) samples: Vec<Row>,
}

impl Batch {
    /// Nothing yet. History that is too old by this moment goes in the same transaction.
    pub fn new(now: Moment) -> Self {
        Self { now, ports: Vec::new(), forgotten: Vec::new(), changes: Vec::new(), samples: Vec::new() }
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

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.ports.is_empty()
            && self.forgotten.is_empty()
            && self.changes.is_empty()
            && self.samples.is_empty()
    }

    /// The size of the first row that is larger than a row may be.
    pub(crate) fn oversized(&self) -> Option<usize> {
        let ports = self.ports.iter().map(|memory| memory.value.len());
        let rows = self.changes.iter().chain(&self.samples).map(|row| row.value.len());
        ports.chain(rows).find(|&length| length > ROW_MOST)
    }
}
