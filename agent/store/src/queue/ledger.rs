//! What is known of a lane without reading it: one row of `meta`, under the lane's name.

use redb::{ReadableTable, TableHandle as _};

use super::losses::LaneLosses;
use super::{Export, Lane};
use crate::format::Bytes;

/// What waits in a lane, which numbers it has used, and all that it ever lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Ledger {
    pub(super) exports: u64,
    pub(super) records: u64,
    pub(super) bytes: u64,
    /// Survives the exports: a number is used once.
    pub(super) highest: u64,
    pub(super) lost: LaneLosses,
}

impl Ledger {
    const NUMBERS: usize = 4 + size_of::<LaneLosses>() / size_of::<u64>();
    const NUMBER_LEN: usize = size_of::<u64>();

    /// Zeros where there is none: a lane that nobody has used.
    pub(super) fn read(
        meta: &impl ReadableTable<&'static [u8], &'static [u8]>,
        lane: Lane,
    ) -> Result<Self, redb::Error> {
        let definition = lane.table();
        let Some(stored) = meta.get(definition.name().as_bytes())? else { return Ok(Self::default()) };
        let (numbers, rest) = stored.value().as_chunks::<{ Self::NUMBER_LEN }>();
        let Ok([exports, records, bytes, highest, lost @ ..]) =
            <[[u8; Self::NUMBER_LEN]; Self::NUMBERS]>::try_from(numbers)
        else {
            return Err(damaged(definition.name()));
        };
        if !rest.is_empty() {
            return Err(damaged(definition.name()));
        }
        let [exports, records, bytes, highest] = [exports, records, bytes, highest].map(u64::from_le_bytes);
        Ok(Self { exports, records, bytes, highest, lost: lost.map(u64::from_le_bytes) })
    }

    pub(super) fn write(&self, meta: &mut Bytes<'_>, lane: Lane) -> Result<(), redb::Error> {
        let [rejected, age, size, corrupt, memory] = self.lost;
        let numbers: [u64; Self::NUMBERS] =
            [self.exports, self.records, self.bytes, self.highest, rejected, age, size, corrupt, memory];
        let stored = numbers.map(u64::to_le_bytes);
        meta.insert(lane.table().name().as_bytes(), stored.as_flattened())?;
        Ok(())
    }

    pub(super) fn add(&mut self, records: u64, value_len: usize) {
        self.exports = self.exports.saturating_add(1);
        self.records = self.records.saturating_add(records);
        self.bytes = self.bytes.saturating_add((Export::KEY_LEN + value_len) as u64);
    }

    /// What disagrees with its table ends at zero instead of below it.
    pub(super) fn take(&mut self, records: u64, value_len: usize) {
        self.exports = self.exports.saturating_sub(1);
        self.records = self.records.saturating_sub(records);
        self.bytes = self.bytes.saturating_sub((Export::KEY_LEN + value_len) as u64);
    }

    /// The same lane with nothing in it.
    pub(super) fn emptied(&self) -> Self {
        Self { highest: self.highest, lost: self.lost, ..Self::default() }
    }
}

/// Seconds that the wall clock was ahead of the clock of the exports.
const AHEAD: &[u8] = b"ahead";

/// Zero where nobody has said it.
pub(super) fn read_ahead(
    meta: &impl ReadableTable<&'static [u8], &'static [u8]>,
) -> Result<i64, redb::Error> {
    let Some(stored) = meta.get(AHEAD)? else { return Ok(0) };
    stored
        .value()
        .try_into()
        .map(i64::from_le_bytes)
        .map_err(|_| redb::Error::Corrupted("how far the clock was ahead is not a number".to_owned()))
}

pub(super) fn write_ahead(meta: &mut Bytes<'_>, seconds: i64) -> Result<(), redb::Error> {
    if read_ahead(meta)? != seconds {
        meta.insert(AHEAD, seconds.to_le_bytes().as_slice())?;
    }
    Ok(())
}

fn damaged(lane: &str) -> redb::Error {
    redb::Error::Corrupted(format!("the ledger of {lane} is not {} numbers", Ledger::NUMBERS))
}
