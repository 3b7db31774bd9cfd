//! The store as a thread that may wait for a disk uses it: opened when it is needed, and again after it failed.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use sortie_core::history::{History, Sample, StateChange};
use sortie_store::{Batch, Moment, Opened, Store, StoreError};
use tracing::warn;

use super::rows::{Known, moment};

/// Of what destinations answered, the page shows a day.
const SAMPLES_SHOWN: Duration = Duration::from_secs(24 * 3_600);

/// The store of one state directory, open or not.
#[derive(Debug)]
pub(super) struct Disk {
    dir: PathBuf,
    store: Option<Store>,
}

/// What became of a writing.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) disk: Disk,
    /// What could not be written, oldest first.
    pub(super) left: VecDeque<Batch>,
    pub(super) ended: Result<(), StoreError>,
}

impl Disk {
    /// Not open yet.
    pub(super) fn at(dir: PathBuf) -> Self {
        Self { dir, store: None }
    }

    /// Opens the store where it is not.
    pub(super) fn open(&mut self) -> Result<&Store, StoreError> {
        let store = match self.store.take() {
            Some(store) => store,
            None => self.opened()?,
        };
        Ok(self.store.insert(store))
    }

    /// Writes the batches in their order, until one fails.
    pub(super) fn write(mut self, mut left: VecDeque<Batch>) -> Written {
        let ended = self.commit(&mut left);
        if ended.is_err() {
            self.store = None;
        }
        Written { disk: self, left, ended }
    }

    fn commit(&mut self, left: &mut VecDeque<Batch>) -> Result<(), StoreError> {
        let store = self.open()?;
        while let Some(batch) = left.front() {
            match store.commit(batch) {
                Err(error) if error.is_lost_until_reopened() => return Err(error),
                Err(error) => warn!("a round is not kept: {error}"),
                Ok(_) => {}
            }
            left.pop_front();
        }
        Ok(())
    }

    fn opened(&self) -> Result<Store, StoreError> {
        let (store, opened) = Store::open(&self.dir, moment(SystemTime::now()))?;
        if let Opened::SetAside { as_path, why } = opened {
            warn!("the store was set aside as {}, and a new one begun: {why}", as_path.display());
        }
        Ok(store)
    }
}

/// What was on show, and the history, as far as this version understands them.
pub(super) fn recall(store: &Store) -> (Vec<Known>, History) {
    let known = store.recall().unwrap_or_else(|error| {
        warn!("what was on show is not remembered: {error}");
        Vec::new()
    });
    let known = known.iter().filter_map(|memory| {
        let read = serde_json::from_slice(&memory.value);
        read.inspect_err(|error| warn!("port {} is judged anew: {error}", memory.key.port)).ok()
    });
    let mut history = History::default();
    if let Err(error) = recall_history(store, &mut history) {
        warn!("the history is not remembered: {error}");
    }
    (known.collect(), history)
}

fn recall_history(store: &Store, history: &mut History) -> Result<(), StoreError> {
    for row in store.history(Moment::from_millis(0))?.changes {
        let row = row?;
        if let Ok(change) = serde_json::from_slice::<StateChange>(&row.value) {
            history.change(StateChange { moment: Duration::from_millis(row.at.millis()), ..change });
        }
    }
    let shown = moment(SystemTime::now() - SAMPLES_SHOWN);
    for row in store.history(shown)?.samples {
        let row = row?;
        let samples: Vec<Sample> = serde_json::from_slice(&row.value).unwrap_or_default();
        history.record(samples, Duration::from_millis(row.at.millis()));
    }
    Ok(())
}
