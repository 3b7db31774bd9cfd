//! Finds and reads the file, bounded in size.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

/// Read when `--config` is not given and the file exists.
pub const DEFAULT_PATH: &str = "/etc/sortie/sortie.toml";

/// A thousand targets need a tenth of this; more is some other file.
const SIZE_MAX: u64 = 1 << 20;

/// Why a file could not be read. The texts name the file and say what to do.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The operating system refused.
    #[error("failed to read the configuration {path}: {source}{hint}")]
    Io {
        /// The file, fit for a terminal.
        path: String,
        /// The refusal.
        source: io::Error,
        /// What to do, on a line of its own.
        hint: &'static str,
    },
    /// It is a directory, a device or a pipe without end.
    #[error("failed to read the configuration {0}: it is not a file")]
    NotAFile(String),
    /// It cannot be a configuration.
    #[error("failed to read the configuration {0}: it is larger than 1 MiB, so it is probably another file")]
    TooLarge(String),
    /// It is not text.
    #[error("failed to read the configuration {path}: byte {at} (line {line}) is not UTF-8")]
    NotUtf8 {
        /// The file, fit for a terminal.
        path: String,
        /// Offset of the first bad byte.
        at: usize,
        /// Its line, from 1.
        line: usize,
    },
}

/// The path to read: as given, else the default one if it is there, else none.
pub(super) fn locate(given: Option<&Path>) -> Option<PathBuf> {
    let default = || Some(PathBuf::from(DEFAULT_PATH)).filter(|path| path.symlink_metadata().is_ok());
    given.map(Path::to_path_buf).or_else(default)
}

/// The text of the file.
pub(super) fn read(path: &Path) -> Result<String, FileError> {
    let shown = || super::diagnose::quote(&path.display().to_string());
    let failed = |source: io::Error| {
        let hint = match source.kind() {
            io::ErrorKind::NotFound => "\n\nhint: without --config the built-in defaults are used",
            io::ErrorKind::PermissionDenied => "\n\nhint: run as a user who may read it",
            _ => "",
        };
        FileError::Io { path: shown(), source, hint }
    };
    let meta = std::fs::metadata(path).map_err(failed)?;
    // A pipe is fine (`--config <(…)`), and /dev/null is a customary way to say "no file".
    let kind = meta.file_type();
    if kind.is_dir() || kind.is_block_device() || kind.is_socket() {
        return Err(FileError::NotAFile(shown()));
    }
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(SIZE_MAX + 1).read_to_end(&mut bytes)).map_err(failed)?;
    if bytes.len() as u64 > SIZE_MAX {
        return Err(FileError::TooLarge(shown()));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..at].split(|b| *b == b'\n').count();
        FileError::NotUtf8 { path: shown(), at, line }
    })
}
