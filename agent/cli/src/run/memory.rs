//! What the next life of this agent goes on from: what is on show, and the history, kept in the state directory.
//!
//! ```text
//!   a round ─▶ batch ─▶ store ─▶ board        what is on show was made durable before
//!                        └─ fails ─▶ waits in memory, is said, and is written when the database opens again
//! ```

use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use sortie_core::history::{History, Sample, StateChange};
use sortie_core::target::{Family, Port};
use sortie_core::verdict::Finding;
use sortie_store::{Batch, Moment, Opened, PortKey, PortMemory, ROW_MOST, Row, Store, StoreError, Why};
use tracing::{info, warn};
use uuid::Uuid;

use super::notices::{self, Notices};

/// Batches that wait for a disk: two hours of rounds.
const WAITING_MOST: usize = 128;
/// Samples of one row: with the longest names they fit into [`ROW_MOST`].
const SAMPLES_A_ROW: usize = 32;
/// Of what destinations answered, the page shows a day.
const SAMPLES_SHOWN: Duration = Duration::from_secs(24 * 3_600);

/// One port and family, as it was on show.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Known {
    pub(super) port: Port,
    pub(super) family: Family,
    pub(super) finding: Finding,
    /// When the state on show was decided.
    pub(super) since: SystemTime,
    /// When a round could last judge it.
    pub(super) conclusive: Option<SystemTime>,
}

/// The store, as far as there is one.
#[derive(Debug)]
pub(super) struct Memory {
    dir: PathBuf,
    store: Option<Store>,
    waiting: VecDeque<Batch>,
    /// Batches that waited too long.
    lost: u64,
}

impl Memory {
    /// Opens the store in a state directory that is this agent's own.
    pub(super) fn open(dir: PathBuf, notices: &mut Notices) -> Self {
        let mut memory = Self { dir, store: None, waiting: VecDeque::new(), lost: 0 };
        match memory.reopen() {
            Ok(()) => {}
            Err(error) => memory.complain(&error, notices),
        }
        memory
    }

    /// What was on show, and the history, as far as this version understands them.
    pub(super) fn recall(&self) -> (Vec<Known>, History) {
        let mut history = History::default();
        let Some(store) = &self.store else { return (Vec::new(), history) };
        let known = store.recall().unwrap_or_else(|error| {
            warn!("what was on show is not remembered: {error}");
            Vec::new()
        });
        let known = known.iter().filter_map(|memory| {
            let read = serde_json::from_slice(&memory.value);
            read.inspect_err(|error| warn!("port {} is judged anew: {error}", memory.key.port)).ok()
        });
        if let Err(error) = recall_history(store, &mut history) {
            warn!("the history is not remembered: {error}");
        }
        (known.collect(), history)
    }

    /// Makes a batch durable, with everything that waited for the disk before it.
    pub(super) fn keep(&mut self, batch: Batch, notices: &mut Notices) {
        if self.waiting.len() == WAITING_MOST {
            self.waiting.pop_front();
            self.lost += 1;
        }
        self.waiting.push_back(batch);
        match self.write() {
            Ok(()) if notices.has(notices::NOT_KEPT) => {
                info!("what happens is kept on disk again; {} rounds were lost meanwhile", self.lost);
                self.lost = 0;
                notices.clear(notices::NOT_KEPT);
            }
            Ok(()) => {}
            Err(error) => self.complain(&error, notices),
        }
    }

    fn write(&mut self) -> Result<(), StoreError> {
        if self.store.is_none() {
            self.reopen()?;
        }
        while let (Some(store), Some(batch)) = (&self.store, self.waiting.front()) {
            match store.commit(batch) {
                Ok(_) => {}
                Err(error) if error.is_lost_until_reopened() => {
                    self.store = None;
                    return Err(error);
                }
                Err(error) => warn!("a round is not kept: {error}"),
            }
            self.waiting.pop_front();
        }
        Ok(())
    }

    fn reopen(&mut self) -> Result<(), StoreError> {
        let (store, opened) = Store::open(&self.dir, moment(SystemTime::now()))?;
        if let Opened::SetAside { as_path, why } = opened {
            let why = match why {
                Why::Damaged { what } => format!("it is damaged ({what})"),
                Why::Newer { version } => format!("a newer sortie wrote it (format {version})"),
            };
            warn!("the store was set aside as {}, and a new one begun: {why}", as_path.display());
        }
        self.store = Some(store);
        Ok(())
    }

    fn complain(&self, error: &StoreError, notices: &mut Notices) {
        if !notices.has(notices::NOT_KEPT) {
            warn!("{error}; the agent goes on from memory");
        }
        let lost = match self.lost {
            0 => String::new(),
            lost => format!(" {lost} rounds are lost."),
        };
        notices.raise(notices::NOT_KEPT, format!("Nothing is kept on disk: {error}.{lost}"));
    }
}

/// A batch of now.
pub(super) fn batch() -> Batch {
    Batch::new(moment(SystemTime::now()))
}

/// What is on show for one port and family. Evidence of hundreds of operators is left to the next sitting.
pub(super) fn remember(batch: &mut Batch, mut known: Known) {
    if encoded(&known).is_none() {
        known.finding.evidence.clear();
    }
    if let Some(value) = encoded(&known) {
        batch.remember(PortMemory { key: key((known.port, known.family)), value });
    }
}

/// A port and family that is not asked any more.
pub(super) fn forget(batch: &mut Batch, place: (Port, Family)) {
    batch.forget(key(place));
}

/// A change of state.
pub(super) fn change(batch: &mut Batch, change: &StateChange) {
    let id = change.uid.parse::<Uuid>().unwrap_or_default().as_u128();
    if let Some(value) = encoded(change) {
        batch.change(Row { at: since_epoch(change.moment), id, value });
    }
}

/// What the destinations of one round answered.
pub(super) fn samples(batch: &mut Batch, samples: &[Sample], began: Duration) {
    for value in samples.chunks(SAMPLES_A_ROW).filter_map(encoded) {
        batch.sample(Row { at: since_epoch(began), id: Uuid::now_v7().as_u128(), value });
    }
}

/// As a row; `None` where it would be too large for one.
fn encoded<T: Serialize + ?Sized>(value: &T) -> Option<Vec<u8>> {
    serde_json::to_vec(value).ok().filter(|bytes| bytes.len() <= ROW_MOST)
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
        for sample in serde_json::from_slice::<Vec<Sample>>(&row.value).unwrap_or_default() {
            history.sample(sample, Duration::from_millis(row.at.millis()));
        }
    }
    Ok(())
}

fn key((port, family): (Port, Family)) -> PortKey {
    let family = match family {
        Family::Ipv4 => 4,
        Family::Ipv6 => 6,
    };
    PortKey { port: port.number(), family }
}

fn moment(time: SystemTime) -> Moment {
    since_epoch(time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default())
}

fn since_epoch(offset: Duration) -> Moment {
    Moment::from_millis(u64::try_from(offset.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use sortie_core::evidence::Evidence;
    use sortie_core::outcome::Outcome;
    use sortie_core::target::Role;
    use sortie_core::verdict::State;

    use super::*;

    fn sample(number: usize) -> Sample {
        Sample {
            operator: Some("o".repeat(64)),
            role: Role::Subject,
            address: format!("{number:03}.{}:25", "x".repeat(240)),
            port: Port::SMTP,
            family: Family::Ipv4,
            outcome: Outcome::ResetAfterHandshake,
            handshake_us: Some(u64::MAX),
        }
    }

    #[test]
    fn a_round_of_hundreds_with_the_longest_names_is_kept_and_costs_no_change() {
        let dir = std::env::temp_dir().join(format!("sortie-memory-{}", std::process::id()));
        std::fs::create_dir_all(&dir).expect("the temporary folder can be written to");
        let mut notices = Notices::default();
        let mut memory = Memory::open(dir.clone(), &mut notices);
        let sentence = "an operator: no answer in 7 rounds, control answered";
        let finding = Finding {
            state: State::PlatformBlocked,
            rule: "silent_all",
            evidence: vec![Evidence::new(1.0, sentence); 500],
            ..Finding::unfinished()
        };
        let now = SystemTime::now();
        let began = now.duration_since(SystemTime::UNIX_EPOCH).expect("the clock was set");
        let mut batch = batch();
        samples(&mut batch, &(0..300).map(sample).collect::<Vec<_>>(), began);
        let (port, family) = (Port::SMTP, Family::Ipv4);
        remember(&mut batch, Known { port, family, finding, since: now, conclusive: Some(now) });
        memory.keep(batch, &mut notices);
        assert!(notices.list().is_empty(), "{notices:?}");
        let (known, history) = memory.recall();
        std::fs::remove_dir_all(&dir).expect("it was made");
        assert_eq!(
            known.iter().map(|known| known.finding.state).collect::<Vec<_>>(),
            [State::PlatformBlocked]
        );
        assert_eq!(history.series().len(), 300);
    }
}
