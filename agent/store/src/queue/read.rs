//! The queue as it is read.

use redb::{ReadTransaction, ReadableTable as _};

use super::export::Head;
use super::ledger::{self, Ledger};
use super::{Export, Lane, Losses};
use crate::format::META;
use crate::moment::Moment;

/// What is in the queue, and what is not any more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    /// What waits in the lane of metrics.
    pub metrics: Waiting,
    /// What waits in the lane of events.
    pub events: Waiting,
    /// All that was ever lost.
    pub lost: Losses,
    /// How far the wall clock was ahead of the clock of the exports, in seconds: whoever goes on with them goes on with
    /// that clock, so that one that was set makes nothing too old.
    pub ahead: i64,
}

/// What waits in one lane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// How many.
    pub exports: u64,
    /// Records in them.
    pub records: u64,
    /// Bytes of keys and values, as [`QueueLimits::bytes`](crate::QueueLimits::bytes) counts them.
    pub bytes: u64,
    /// When the export with the lowest number was made; none where nothing waits.
    pub oldest: Option<Moment>,
    /// The highest number that an export ever had, 0 before the first. It outlives the exports: the next one is above.
    pub highest: u64,
}

impl Queue {
    /// What waits in a lane.
    pub fn lane(&self, lane: Lane) -> &Waiting {
        match lane {
            Lane::Metrics => &self.metrics,
            Lane::Events => &self.events,
        }
    }
}

pub(crate) fn newest(txn: &ReadTransaction, lane: Lane) -> Result<Option<Export>, redb::Error> {
    for row in txn.open_table(lane.table())?.iter()?.rev() {
        let (key, value) = row?;
        if let Some(export) = Export::decode(key.value(), value.value()) {
            return Ok(Some(export));
        }
    }
    Ok(None)
}

pub(crate) fn backlog(
    txn: &ReadTransaction,
    lane: Lane,
    before: u64,
    bytes: usize,
    count: usize,
) -> Result<Vec<Export>, redb::Error> {
    let mut exports = Vec::new();
    let mut left = bytes;
    for row in txn.open_table(lane.table())?.range(..Export::key(before).as_slice())? {
        let (key, value) = row?;
        // A row that is no export is counted by the next transaction that meets it.
        let Some(export) = Export::decode(key.value(), value.value()) else { continue };
        let fits = left.checked_sub(export.body.len());
        if fits.is_none() && !exports.is_empty() {
            break;
        }
        left = fits.unwrap_or(0);
        exports.push(export);
        if exports.len() >= count {
            break;
        }
    }
    Ok(exports)
}

pub(crate) fn queue(txn: &ReadTransaction) -> Result<Queue, redb::Error> {
    let meta = txn.open_table(META)?;
    let mut lost = Losses::default();
    let mut waiting = |lane: Lane| -> Result<Waiting, redb::Error> {
        let Ledger { exports, records, bytes, highest, lost: of_lane } = Ledger::read(&meta, lane)?;
        *lost.lane_mut(lane) = of_lane;
        Ok(Waiting { exports, records, bytes, oldest: oldest(txn, lane)?, highest })
    };
    let (metrics, events) = (waiting(Lane::Metrics)?, waiting(Lane::Events)?);
    Ok(Queue { metrics, events, lost, ahead: ledger::read_ahead(&meta)? })
}

fn oldest(txn: &ReadTransaction, lane: Lane) -> Result<Option<Moment>, redb::Error> {
    for row in txn.open_table(lane.table())?.iter()? {
        let (key, value) = row?;
        if let Some(head) = Head::decode(key.value(), value.value()) {
            return Ok(Some(head.at));
        }
    }
    Ok(None)
}
