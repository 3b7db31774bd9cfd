//! One agent for each state directory.
//!
//! A lock file holds the process id of whoever has it, for people; the lock itself is the kernel's (`flock(2)`), so
//! that it is gone with its process however that ended.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

/// Within the state directory.
const LOCK: &str = "sortie.lock";
/// A process id has seven digits at most; anything longer is not ours.
const PID_MOST: u64 = 16;

/// The state directory, taken for as long as this lives.
#[derive(Debug)]
pub(super) struct Instance {
    _lock: File,
}

/// Why the state directory is not this agent's.
#[derive(Debug, thiserror::Error)]
pub(super) enum InstanceError {
    /// Another agent has it.
    #[error(
        "another sortie{} uses the state directory {}: stop it, or give this one its own with [agent] state_dir",
        .pid.as_ref().map(|pid| format!(" (process {pid})")).unwrap_or_default(),
        .dir.display()
    )]
    Taken {
        /// The state directory.
        dir: PathBuf,
        /// Whose it is, where that is legible.
        pid: Option<String>,
    },
    /// It cannot be used at all. Probing does not need it.
    #[error("failed to use the state directory {}: {source}", .dir.display())]
    Unusable {
        /// The state directory.
        dir: PathBuf,
        /// The refusal.
        source: io::Error,
    },
}

impl Instance {
    /// Creates the directory where it is missing, and takes it.
    pub(super) fn take(dir: &Path) -> Result<Self, InstanceError> {
        let unusable = |source| InstanceError::Unusable { dir: dir.to_owned(), source };
        fs::create_dir_all(dir).map_err(unusable)?;
        // Not truncated: until the lock is ours, the file is somebody else's.
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(dir.join(LOCK))
            .map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(InstanceError::Taken { dir: dir.to_owned(), pid: read_pid(&mut file) });
            }
            Err(TryLockError::Error(source)) => return Err(unusable(source)),
        }
        // A full disk takes the name of the holder, not the lock.
        let _ = write_pid(&mut file);
        Ok(Self { _lock: file })
    }
}

fn read_pid(file: &mut File) -> Option<String> {
    let mut text = String::new();
    file.take(PID_MOST).read_to_string(&mut text).ok()?;
    let pid = text.trim();
    (!pid.is_empty() && pid.bytes().all(|b| b.is_ascii_digit())).then(|| pid.to_owned())
}

fn write_pid(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A directory of this test, removed with it.
    struct Dir(PathBuf);

    impl Dir {
        fn new(name: &str) -> Self {
            let dir = std::env::temp_dir().join(format!("sortie-instance-{}-{name}", std::process::id()));
            let _ = fs::remove_dir_all(&dir);
            Self(dir)
        }
    }

    impl Drop for Dir {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_second_agent_is_refused_with_the_process_of_the_first() {
        let dir = Dir::new("second");
        let first = Instance::take(&dir.0).expect("nobody has it");
        let refusal = Instance::take(&dir.0).expect_err("it is taken").to_string();
        assert!(refusal.contains(&format!("process {}", std::process::id())), "{refusal}");
        drop(first);
        assert!(Instance::take(&dir.0).is_ok(), "a lock ends with its holder");
    }

    #[test]
    fn a_lock_file_with_garbage_in_it_says_nothing_about_a_process() {
        let dir = Dir::new("garbage");
        let _first = Instance::take(&dir.0).expect("nobody has it");
        fs::write(dir.0.join(LOCK), "\u{1b}[31mnonsense").expect("the file can be written to");
        let refusal = Instance::take(&dir.0).expect_err("it is taken").to_string();
        assert!(refusal.starts_with("another sortie uses the state directory"), "{refusal}");
    }

    #[test]
    fn a_directory_that_cannot_be_is_unusable() {
        let error = Instance::take(Path::new("/proc/sortie")).expect_err("nobody can create that");
        assert!(matches!(error, InstanceError::Unusable { .. }), "{error}");
    }
}
