//! Machines as their own files and variables tell of them.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::around::Surroundings;

/// A root of its own, removed at the end.
pub(super) struct Machine {
    root: PathBuf,
    variables: BTreeMap<&'static str, OsString>,
}

impl Machine {
    /// It tells nothing.
    pub(super) fn silent() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let root = std::env::temp_dir().join(format!("sortie-cloud-{}-{number}", std::process::id()));
        Self { root, variables: BTreeMap::new() }
    }

    pub(super) fn with_file(self, path: &str, text: impl AsRef<[u8]>) -> Self {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().expect("it is in a folder")).expect("a folder of our own");
        fs::write(path, text).expect("a file of our own");
        self
    }

    /// A string of its firmware.
    pub(super) fn with_dmi(self, file: &str, text: impl AsRef<[u8]>) -> Self {
        self.with_file(&format!("sys/class/dmi/id/{file}"), text)
    }

    pub(super) fn with_variables(mut self, variables: &[(&'static str, &str)]) -> Self {
        self.variables.extend(variables.iter().map(|(name, value)| (*name, OsString::from(value))));
        self
    }

    pub(super) fn around(&self) -> Surroundings {
        Surroundings::of(&self.root, |name| self.variables.get(name).cloned())
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // There is none where no file was written.
        let _ = fs::remove_dir_all(&self.root);
    }
}
