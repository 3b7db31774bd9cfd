//! The store, opened when it is needed, and what an earlier life left in it.

use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use sortie_core::history::History;
use sortie_store::{FILE, Moment, Opened, PortMemory, Snapshot, Store, StoreError};
use tracing::warn;

use super::vocabulary::moment;
use crate::known::Recalled;
use crate::past;

/// Of what destinations answered, the page shows a day.
const SAMPLES_SHOWN: Duration = Duration::from_secs(24 * 3_600);

/// Whoever reads a store that no agent has open (`sortie report`) is done in some milliseconds: so often it is tried,
/// and so long it is waited in between.
const TRIES: u32 = 25;
const BETWEEN: Duration = Duration::from_millis(20);

/// The store of one state directory, open or not.
#[derive(Debug)]
pub(super) struct Disk {
    dir: PathBuf,
    store: Option<Store>,
    /// Which file that is.
    file: Option<FileId>,
}

/// Device and inode: the kernel's name of a file, which outlives those that people give.
type FileId = (u64, u64);

impl Disk {
    /// Not open yet.
    pub(super) fn at(dir: PathBuf) -> Self {
        Self { dir, store: None, file: None }
    }

    /// The store, where it is open.
    pub(super) fn store(&self) -> Option<&Store> {
        self.store.as_ref()
    }

    /// Opens the store.
    pub(super) fn open(&mut self) -> Result<(&Store, Opened), StoreError> {
        let (store, opened) = self.open_patiently(TRIES)?;
        if let Opened::SetAside { as_path, why } = &opened {
            warn!("the store was set aside as {}, and a new one begun: {why}", as_path.display());
        }
        self.file = fs::metadata(self.dir.join(FILE)).ok().as_ref().map(id);
        Ok((self.store.insert(store), opened))
    }

    /// Whether somebody has removed or replaced the file of the open store: what is written there is gone with this
    /// process.
    pub(super) fn is_gone(&self) -> bool {
        let is_another = match fs::metadata(self.dir.join(FILE)) {
            Ok(file) => self.file != Some(id(&file)),
            // Who may not look does not know.
            Err(error) => error.kind() == ErrorKind::NotFound,
        };
        self.store.is_some() && is_another
    }

    /// Lets go of the store.
    pub(super) fn close(&mut self) {
        self.store = None;
    }

    fn open_patiently(&self, tries: u32) -> Result<(Store, Opened), StoreError> {
        match Store::open(&self.dir, moment(SystemTime::now())) {
            Err(StoreError::Locked { .. }) if tries > 1 => {
                thread::sleep(BETWEEN);
                self.open_patiently(tries - 1)
            }
            opened => opened,
        }
    }
}

fn id(file: &Metadata) -> FileId {
    (file.dev(), file.ino())
}

/// What is recalled from a store that is open.
pub(super) fn recall(store: &Store) -> Recalled {
    understood(store.recall(), store.machine(), |since| store.history(since))
}

/// What is recalled from a store that cannot be written to: a disk that is full or read-only can be read all the same.
pub(super) fn recall_reading(dir: &Path) -> Option<Recalled> {
    let snapshot = Snapshot::open(dir)
        .inspect_err(|error| warn!("what was on show is not remembered: {error}"))
        .ok()
        .flatten()?;
    Some(understood(snapshot.recall(), snapshot.machine(), |since| snapshot.history(since)))
}

/// What was known, as far as this version understands it.
fn understood(
    ports: Result<Vec<PortMemory>, StoreError>,
    machine: Result<Option<Vec<u8>>, StoreError>,
    rows: impl Fn(Moment) -> Result<sortie_store::History, StoreError>,
) -> Recalled {
    let ports = ports.unwrap_or_else(|error| {
        warn!("what was on show is not remembered: {error}");
        Vec::new()
    });
    let ports = ports.iter().filter_map(|memory| {
        let read = serde_json::from_slice(&memory.value);
        read.inspect_err(|error| warn!("port {} is judged anew: {error}", memory.key.port)).ok()
    });
    let machine = machine
        .map_err(anyhow::Error::from)
        .and_then(|value| value.map(|value| serde_json::from_slice(&value).map_err(Into::into)).transpose());
    let machine = machine.unwrap_or_else(|error| {
        warn!("the cloud of this machine is not remembered: {error}");
        None
    });
    let mut history = History::default();
    if let Err(error) = recall_history(rows, &mut history) {
        warn!("the history is not remembered: {error}");
    }
    Recalled { ports: ports.collect(), machine: machine.unwrap_or_default(), history }
}

fn recall_history(
    rows: impl Fn(Moment) -> Result<sortie_store::History, StoreError>,
    history: &mut History,
) -> Result<(), StoreError> {
    let shown = moment(SystemTime::now() - SAMPLES_SHOWN);
    past::recall(history, rows(Moment::from_millis(0))?.changes, rows(shown)?.samples)
}
