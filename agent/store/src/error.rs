//! Why a store could not be opened, read or written.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::file::{FOREIGN, SET_ASIDE_MOST};
use crate::format::FORMAT;
use crate::limits::{EXPORT_MOST, PORTS_MOST, ROW_MOST};

/// Why a store could not be opened, read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no directory to put it into.
    #[error("{} is not in a directory that exists: create it, or set [agent] state_dir to another", .path.display())]
    NoDirectory {
        /// The database.
        path: PathBuf,
    },
    /// Another user's, by its permissions.
    #[error("failed to {doing} {}: its permissions keep this user out", .path.display())]
    Forbidden {
        /// What was being done.
        doing: &'static str,
        /// To which file.
        path: PathBuf,
    },
    /// The filesystem is mounted read-only.
    #[error("failed to {doing} {}: its filesystem is read-only", .path.display())]
    ReadOnly {
        /// What was being done.
        doing: &'static str,
        /// To which file.
        path: PathBuf,
    },
    /// No space or no quota is left.
    #[error("failed to {doing} {}: {source}; free some space, or set [agent] state_dir to another disk", .path.display())]
    Full {
        /// What was being done.
        doing: &'static str,
        /// To which file.
        path: PathBuf,
        /// The refusal.
        source: io::Error,
    },
    /// Another process has it open.
    #[error("another process has {} open: one agent for each state directory", .path.display())]
    Locked {
        /// The database.
        path: PathBuf,
    },
    /// Something else stands under its name.
    #[error("{} is not a regular file: move it away", .path.display())]
    NotAFile {
        /// The database.
        path: PathBuf,
    },
    /// Damage again and again: one more copy would help nobody.
    #[error(
        "{} is damaged, and {SET_ASIDE_MOST} files were set aside before: check the disk, then move them away",
        .path.display()
    )]
    DamagedAgain {
        /// The database.
        path: PathBuf,
    },
    /// It was found damaged while it was in use. Opening it again sets it aside.
    #[error("{} is damaged: {what}", .path.display())]
    Damaged {
        /// The database.
        path: PathBuf,
        /// What was found.
        what: String,
    },
    /// A newer Sortie wrote it. Opening it for writing sets it aside.
    #[error("{} is in format {version} of a newer Sortie; this one reads up to {FORMAT}", .path.display())]
    Newer {
        /// The database.
        path: PathBuf,
        /// The format it is in.
        version: u32,
    },
    /// An earlier I/O error, or an opening that failed, and no successful [`reopen`](crate::Store::reopen) since.
    #[error("{} is closed since an earlier error, until it is opened again", .path.display())]
    Lost {
        /// The database.
        path: PathBuf,
    },
    /// Any other refusal of the operating system.
    #[error("failed to {doing} {}: {source}", .path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// To which file.
        path: PathBuf,
        /// The refusal.
        source: io::Error,
    },
    /// A row beyond [`ROW_MOST`]. Nothing of its batch was written.
    #[error("failed to store a row of {bytes} bytes: a row has at most {ROW_MOST}")]
    RowTooLarge {
        /// The size of the row's value.
        bytes: usize,
    },
    /// An export beyond [`EXPORT_MOST`]. Nothing of its batch was written.
    #[error("failed to queue an export of {bytes} bytes: an export has at most {EXPORT_MOST}")]
    ExportTooLarge {
        /// The size of its body.
        bytes: usize,
    },
    /// The last number of a lane was used. Nothing of the batch was written.
    #[error("failed to queue an export: its lane has used every number up to {}", u64::MAX)]
    NoNumberLeft,
    /// More ports and families than [`PORTS_MOST`]. Nothing of the batch was written.
    #[error("failed to remember {ports} ports and families: a store has at most {PORTS_MOST}")]
    TooManyPorts {
        /// How many there would be.
        ports: u64,
    },
}

impl StoreError {
    /// Whether every further call fails until [`Store::reopen`](crate::Store::reopen) succeeds.
    ///
    /// Everything is that is about the file, and nothing is that is about the batch.
    pub fn is_lost_until_reopened(&self) -> bool {
        !matches!(
            self,
            Self::RowTooLarge { .. }
                | Self::ExportTooLarge { .. }
                | Self::NoNumberLeft
                | Self::TooManyPorts { .. }
        )
    }

    pub(crate) fn foreign(path: &Path) -> Self {
        Self::Damaged { path: path.to_owned(), what: FOREIGN.to_owned() }
    }

    pub(crate) fn io(doing: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => Self::NoDirectory { path },
            ErrorKind::PermissionDenied => Self::Forbidden { doing, path },
            ErrorKind::ReadOnlyFilesystem => Self::ReadOnly { doing, path },
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
                Self::Full { doing, path, source }
            }
            // What redb says of a file that is too short or no database of its.
            ErrorKind::UnexpectedEof | ErrorKind::InvalidData => {
                Self::Damaged { path, what: source.to_string() }
            }
            _ => Self::Io { doing, path, source },
        }
    }

    pub(crate) fn database(doing: &'static str, path: &Path, error: redb::Error) -> Self {
        use redb::Error;
        match error {
            Error::Io(source) => Self::io(doing, path, source),
            Error::DatabaseAlreadyOpen | Error::LockProtocolMismatch => {
                Self::Locked { path: path.to_owned() }
            }
            Error::PreviousIo | Error::DatabaseClosed | Error::LockPoisoned(_) => {
                Self::Lost { path: path.to_owned() }
            }
            // The other ones say that the tables are not as this crate makes them.
            other => Self::Damaged { path: path.to_owned(), what: other.to_string() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_of_the_system_is_named_with_the_file_and_what_to_do() {
        let path = Path::new("/var/lib/sortie/sortie.redb");
        for (kind, text) in [
            (ErrorKind::NotFound, "create it, or set [agent] state_dir to another"),
            (ErrorKind::NotADirectory, "create it, or set [agent] state_dir to another"),
            (ErrorKind::PermissionDenied, "its permissions keep this user out"),
            (ErrorKind::ReadOnlyFilesystem, "its filesystem is read-only"),
            (ErrorKind::StorageFull, "free some space, or set [agent] state_dir to another disk"),
            (ErrorKind::QuotaExceeded, "free some space, or set [agent] state_dir to another disk"),
            (ErrorKind::UnexpectedEof, "is damaged"),
            (ErrorKind::TimedOut, "failed to open"),
        ] {
            let error = StoreError::io("open", path, kind.into());
            let told = error.to_string();
            assert!(told.contains(text) && told.contains("/var/lib/sortie/sortie.redb"), "{kind}: {told}");
            assert!(error.is_lost_until_reopened(), "{kind}");
        }
    }
}
