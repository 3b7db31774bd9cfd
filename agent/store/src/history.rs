//! History, read one row at a time.

use std::path::{Path, PathBuf};

use redb::{OwnedRange, ReadTransaction};

use crate::error::StoreError;
use crate::format::{CHANGES, Definition, SAMPLES};
use crate::moment::Moment;
use crate::row::Row;

/// What happened since a moment, as of one moment: rows that are committed while it is read are not in it.
///
/// Let it go when it is read. Until then the pages it may still read cannot be used again, and the file grows.
#[derive(Debug)]
pub struct History {
    /// Changes of state, oldest first.
    pub changes: Rows,
    /// What destinations answered, oldest first.
    pub samples: Rows,
}

/// Rows from the database, each read when it is asked for.
pub struct Rows {
    path: PathBuf,
    range: OwnedRange<&'static [u8], &'static [u8]>,
}

impl History {
    pub(crate) fn read(txn: &ReadTransaction, since: Moment, path: &Path) -> Result<Self, redb::Error> {
        let rows = |definition: Definition| -> Result<Rows, redb::Error> {
            let range = txn.open_table(definition)?.range_owned(Row::first_key(since).as_slice()..)?;
            Ok(Rows { path: path.to_owned(), range })
        };
        Ok(Self { changes: rows(CHANGES)?, samples: rows(SAMPLES)? })
    }
}

impl Iterator for Rows {
    type Item = Result<Row, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        let row = match self.range.next()? {
            Ok((key, value)) => Row::decode(key.value(), value.value()).ok_or_else(|| StoreError::Damaged {
                path: self.path.clone(),
                what: "a row of history has no moment".to_owned(),
            }),
            Err(error) => Err(StoreError::database("read", &self.path, error.into())),
        };
        Some(row)
    }
}

impl std::fmt::Debug for Rows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rows").field("path", &self.path).finish_non_exhaustive()
    }
}
