//! What left the queue without having been delivered.

use super::Lane;

/// Why records left the queue without having been delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Loss {
    /// The receiver refused them for good.
    Rejected,
    /// They waited longer than [`QueueLimits::age`](crate::QueueLimits::age).
    Age,
    /// There were more than [`QueueLimits::bytes`](crate::QueueLimits::bytes) of them.
    Size,
    /// A row that is no export. What it was is not known, so it counts as one record.
    Corrupt,
    /// They never reached the disk, and memory was full.
    Memory,
}

/// Records lost, for each lane and reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Losses([LaneLosses; Lane::ALL.len()]);

/// In the order of [`Loss::ALL`], which is the order on the disk.
pub(super) type LaneLosses = [u64; Loss::ALL.len()];

impl Loss {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Rejected, Self::Age, Self::Size, Self::Corrupt, Self::Memory];
}

impl Losses {
    /// Records of this lane, lost for this reason.
    pub fn of(&self, lane: Lane, loss: Loss) -> u64 {
        self.0[lane as usize][loss as usize]
    }

    /// What is not zero.
    pub fn iter(&self) -> impl Iterator<Item = (Lane, Loss, u64)> {
        let all = Lane::ALL.into_iter().flat_map(|lane| Loss::ALL.map(|loss| (lane, loss)));
        all.map(|(lane, loss)| (lane, loss, self.of(lane, loss))).filter(|&(.., records)| records > 0)
    }

    /// Whether nothing was lost.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    pub(super) fn lane(&self, lane: Lane) -> LaneLosses {
        self.0[lane as usize]
    }

    pub(super) fn lane_mut(&mut self, lane: Lane) -> &mut LaneLosses {
        &mut self.0[lane as usize]
    }

    pub(super) fn add(&mut self, lane: Lane, loss: Loss, records: u64) {
        let total = &mut self.0[lane as usize][loss as usize];
        *total = total.saturating_add(records);
    }
}
