//! Finds and reads the file, bounded in size.

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use super::{Base, Config, ConfigError, fingerprint};

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

/// A file that was read, whatever stands in it.
#[derive(Clone, Debug)]
pub struct File {
    /// Where it is.
    pub path: PathBuf,
    /// What stands in it.
    pub text: String,
}

impl File {
    /// The file as given, else the one at [`DEFAULT_PATH`] if it is there, else none.
    pub fn find(given: Option<&Path>) -> Result<Option<Self>, FileError> {
        let default = || Some(Path::new(DEFAULT_PATH)).filter(|path| path.symlink_metadata().is_ok());
        given.or_else(default).map(Self::open).transpose()
    }

    /// The file at `path`.
    pub fn open(path: &Path) -> Result<Self, FileError> {
        let shown = || shown(path);
        let failed = |source: io::Error| {
            let hint = match source.kind() {
                io::ErrorKind::NotFound => "\n\nhint: without --config the built-in defaults are used",
                io::ErrorKind::PermissionDenied => "\n\nhint: run as a user who may read it",
                _ => "",
            };
            FileError::Io { path: shown(), source, hint }
        };
        // A pipe is fine (`--config <(…)`), and /dev/null is a customary way to say "no file".
        let kind = fs::metadata(path).map_err(failed)?.file_type();
        if kind.is_dir() || kind.is_block_device() || kind.is_socket() {
            return Err(FileError::NotAFile(shown()));
        }
        Self::read(path, fs::File::open(path).map_err(failed)?)
    }

    /// What `reader` has to say, under the name `path`.
    pub fn read(path: &Path, reader: impl Read) -> Result<Self, FileError> {
        let mut bytes = Vec::new();
        let read = reader.take(SIZE_MAX + 1).read_to_end(&mut bytes);
        read.map_err(|source| FileError::Io { path: shown(path), source, hint: "" })?;
        if bytes.len() as u64 > SIZE_MAX {
            return Err(FileError::TooLarge(shown(path)));
        }
        let text = String::from_utf8(bytes).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            let line = error.as_bytes()[..at].split(|b| *b == b'\n').count();
            FileError::NotUtf8 { path: shown(path), at, line }
        })?;
        Ok(Self { path: path.to_owned(), text })
    }

    /// The configuration that it describes, or every mistake in it.
    pub fn config(&self) -> Result<Config, ConfigError> {
        let Self { path, text } = self;
        match super::parse(text, Base::Catalogue) {
            Ok(config) => {
                Ok(Config { path: Some(path.clone()), hash: fingerprint::of(text.as_bytes()), ..config })
            }
            Err(problems) => Err(ConfigError::Refused { path: path.clone(), text: text.clone(), problems }),
        }
    }
}

fn shown(path: &Path) -> String {
    super::diagnose::quote(&path.display().to_string())
}
