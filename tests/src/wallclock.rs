//! The wall clock of one process, to be stepped while it runs.
//!
//! The kernel has namespaces for the boot and the monotonic clock and none for the wall clock, so this stands between the
//! process and its C library (libfaketime, `LD_PRELOAD`). The other clocks are left alone: they do not step either.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// Where Debian has it, one folder for each architecture.
const LIBRARIES: &str = "/usr/lib";
const LIBRARY: &str = "faketime/libfaketime.so.1";

/// A clock that is off by as much as a test wants.
#[derive(Debug)]
pub struct WallClock {
    file: PathBuf,
    library: PathBuf,
}

impl WallClock {
    /// A clock that is right, kept in a file of this folder.
    pub fn new(folder: &Path) -> Result<Self> {
        let architectures = fs::read_dir(LIBRARIES).with_context(|| format!("failed to read {LIBRARIES}"))?;
        let mut libraries = architectures.filter_map(|entry| Some(entry.ok()?.path().join(LIBRARY)));
        let library = libraries
            .find(|library| library.exists())
            .with_context(|| format!("there is no {LIBRARIES}/*/{LIBRARY} (package libfaketime)"))?;
        let clock = Self { file: folder.join("wall-clock"), library };
        clock.set(0)?;
        Ok(clock)
    }

    /// For a process that is to go by it.
    pub fn environment(&self) -> [(&'static str, String); 4] {
        [
            ("LD_PRELOAD", self.library.display().to_string()),
            ("FAKETIME_TIMESTAMP_FILE", self.file.display().to_string()),
            ("FAKETIME_NO_CACHE", "1".to_owned()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
        ]
    }

    /// Steps it to this many seconds after the real time, or before it.
    pub fn set(&self, seconds: i64) -> Result<()> {
        // Who reads it sees the old one or the new one.
        let new = self.file.with_extension("new");
        fs::write(&new, format!("{seconds:+}s\n"))
            .and_then(|()| fs::rename(&new, &self.file))
            .with_context(|| format!("failed to write {}", self.file.display()))
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::time::{SystemTime, UNIX_EPOCH};

    use super::*;

    /// `date`, in seconds after the real time.
    fn off_by(clock: &WallClock) -> i64 {
        let date = Command::new("date").arg("+%s").envs(clock.environment()).output().expect("it runs");
        let told: i64 = String::from_utf8_lossy(&date.stdout).trim().parse().expect("seconds");
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
        told - i64::try_from(now).expect("before the year 292 billion")
    }

    #[test]
    fn it_is_off_by_what_it_was_set_to() {
        let folder = std::env::temp_dir().join(format!("wall-clock-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        let clock = WallClock::new(&folder).expect("the library is there");
        for seconds in [0, 3600, -3600] {
            clock.set(seconds).expect("it can be set");
            // A second may pass in between.
            assert!((seconds - 1..=seconds).contains(&off_by(&clock)), "{seconds}");
        }
        fs::remove_dir_all(&folder).expect("it is ours");
    }
}
