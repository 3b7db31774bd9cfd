//! A lane within a transaction: the table and its ledger, kept in step.

use redb::{ReadableTable as _, ReadableTableMetadata as _, WriteTransaction};

use super::export::Head;
use super::ledger::Ledger;
use super::losses::LaneLosses;
use super::{Export, Lane, Loss, Losses};
use crate::commit::Refusal;
use crate::error::StoreError;
use crate::format::Bytes;
use crate::moment::Moment;

pub(super) struct OpenLane<'t> {
    lane: Lane,
    table: Bytes<'t>,
    before: Ledger,
    ledger: Ledger,
    /// What this transaction found to be too old, too much or no export.
    thrown: LaneLosses,
}

impl<'t> OpenLane<'t> {
    pub(super) fn open(txn: &'t WriteTransaction, meta: &Bytes<'_>, lane: Lane) -> Result<Self, redb::Error> {
        let table = txn.open_table(lane.table())?;
        let before = Ledger::read(meta, lane)?;
        let mut open = Self { lane, table, before, ledger: before, thrown: LaneLosses::default() };
        let exports = open.table.len()?;
        if exports != before.exports || (exports == 0 && before != before.emptied()) {
            open.count()?;
        }
        Ok(open)
    }

    pub(super) fn bytes(&self) -> u64 {
        self.ledger.bytes
    }

    /// Adds to the totals.
    pub(super) fn lose(&mut self, lost: LaneLosses) {
        for (total, lost) in self.ledger.lost.iter_mut().zip(lost) {
            *total = total.saturating_add(lost);
        }
    }

    /// Appends an export under its number, or under the next one that nobody has used.
    pub(super) fn append(&mut self, export: &Export) -> Result<(), Refusal> {
        let mut number = export.number;
        if number <= self.ledger.highest {
            let there = self.table.get(Export::key(number).as_slice())?;
            if there.is_some_and(|value| export.is_in(value.value())) {
                return Ok(());
            }
            let next = self.ledger.highest.checked_add(1);
            number = next.ok_or(Refusal::Batch(StoreError::NoNumberLeft))?;
        }
        let mut value = self.table.insert_reserve(Export::key(number).as_slice(), export.value_len())?;
        export.encode(value.as_mut());
        self.ledger.highest = number;
        self.ledger.add(export.records.into(), export.value_len());
        Ok(())
    }

    /// Takes an export out that waits no longer. One that is not there was taken before.
    pub(super) fn settle(&mut self, number: u64) -> Result<(), redb::Error> {
        let key = Export::key(number);
        let Some(value) = self.table.remove(key.as_slice())? else { return Ok(()) };
        let (head, length) = (Head::decode(&key, value.value()), value.value().len());
        drop(value);
        self.took(head, length, None);
        Ok(())
    }

    pub(super) fn drop_aged(&mut self, oldest: Moment) -> Result<(), redb::Error> {
        let aged = |head: Option<Head>| head.is_none_or(|head| head.at < oldest);
        while self.table.first()?.is_some_and(|(key, value)| aged(Head::decode(key.value(), value.value()))) {
            self.drop_first(Loss::Age)?;
        }
        Ok(())
    }

    /// False where there is none.
    pub(super) fn drop_first(&mut self, loss: Loss) -> Result<bool, redb::Error> {
        let Some((key, value)) = self.table.pop_first()? else {
            self.ledger = self.ledger.emptied();
            return Ok(false);
        };
        let (head, length) = (Head::decode(key.value(), value.value()), value.value().len());
        drop((key, value));
        self.took(head, length, Some(loss));
        Ok(true)
    }

    /// Writes the ledger where it has changed, and tells what was thrown out.
    pub(super) fn close(mut self, meta: &mut Bytes<'_>, thrown: &mut Losses) -> Result<(), redb::Error> {
        *thrown.lane_mut(self.lane) = self.thrown;
        self.lose(self.thrown);
        if self.ledger != self.before {
            self.ledger.write(meta, self.lane)?;
        }
        Ok(())
    }

    fn took(&mut self, head: Option<Head>, value_len: usize, loss: Option<Loss>) {
        let (records, loss) = head.map_or((1, Some(Loss::Corrupt)), |head| (head.records.into(), loss));
        self.ledger.take(records, value_len);
        if let Some(loss) = loss {
            self.thrown[loss as usize] += records;
        }
    }

    /// Reads the lane whole, which nothing makes necessary but a ledger that disagrees with it.
    fn count(&mut self) -> Result<(), redb::Error> {
        let mut counted = self.ledger.emptied();
        let mut corrupt = Vec::new();
        for row in self.table.iter()? {
            let (key, value) = row?;
            let Some(head) = Head::decode(key.value(), value.value()) else {
                corrupt.push(key.value().to_vec());
                continue;
            };
            counted.add(head.records.into(), value.value().len());
            counted.highest = counted.highest.max(head.number);
        }
        for key in corrupt {
            self.table.remove(key.as_slice())?;
            self.thrown[Loss::Corrupt as usize] += 1;
        }
        self.ledger = counted;
        Ok(())
    }
}
