//! What the tests of this crate share.

use std::path::{Path, PathBuf};

use crate::{Export, Moment, PortKey, PortMemory, Row};

/// Milliseconds after noon of the 26th of November 2026.
pub(crate) fn at(millis: u64) -> Moment {
    const NOON: u64 = 1_795_694_400_000;
    Moment::from_millis(NOON + millis)
}

pub(crate) fn memory(port: u16, value: &str) -> PortMemory {
    PortMemory { key: PortKey { port, family: 4 }, value: value.into() }
}

pub(crate) fn row(millis: u64, id: u128, value: &str) -> Row {
    Row { at: at(millis), id, value: value.into() }
}

/// An export of as many records as its number says, made that many milliseconds after noon.
pub(crate) fn export(number: u64, millis: u64, body: &str) -> Export {
    let records = u32::try_from(number).expect("a small number");
    Export { number, at: at(millis), records, body: body.into() }
}

/// A directory of one test, removed with it.
pub(crate) struct Dir(PathBuf);

impl Dir {
    pub(crate) fn new(name: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("sortie-store-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::create_dir_all(&dir).expect("a directory can be made");
        Self(dir)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
