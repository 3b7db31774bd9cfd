//! What is written for a round, as rows of the store.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use sortie_core::alert::Alarm;
use sortie_core::history::{Sample, StateChange};
use sortie_core::target::{Family, Port};
use sortie_core::verdict::Finding;
use sortie_store::{Moment, PortKey, PortMemory, ROW_MOST, Row};
use uuid::Uuid;

use super::entry::Entry;

/// Samples of one row: with the longest names they fit into [`ROW_MOST`].
const SAMPLES_A_ROW: usize = 32;

/// One port and family, as it was on show.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Known {
    pub(crate) port: Port,
    pub(crate) family: Family,
    pub(crate) finding: Finding,
    /// When the state on show was decided.
    pub(crate) since: SystemTime,
    /// When a round could last judge it.
    pub(crate) conclusive: Option<SystemTime>,
    /// What is raised about it.
    #[serde(default)]
    pub(in crate::run) alarm: Alarm,
}

impl Entry {
    /// What is on show for one port and family. Evidence of hundreds of operators is left to the next sitting.
    pub(in crate::run) fn remember(&mut self, mut known: Known) {
        if encoded(&known).is_none() {
            known.finding.evidence.clear();
        }
        if let Some(value) = encoded(&known) {
            self.batch.remember(PortMemory { key: key((known.port, known.family)), value });
        }
    }

    /// A port and family that is not asked any more.
    pub(in crate::run) fn forget(&mut self, place: (Port, Family)) {
        self.batch.forget(key(place));
    }

    /// A change of state.
    pub(in crate::run) fn change(&mut self, change: &StateChange) {
        let id = change.uid.parse::<Uuid>().unwrap_or_default().as_u128();
        if let Some(value) = encoded(change) {
            self.batch.change(Row { at: since_epoch(change.moment), id, value });
        }
    }

    /// What the destinations of one round answered.
    pub(in crate::run) fn samples(&mut self, samples: &[Sample], began: Duration) {
        for value in samples.chunks(SAMPLES_A_ROW).filter_map(encoded) {
            self.batch.sample(Row { at: since_epoch(began), id: Uuid::now_v7().as_u128(), value });
        }
    }
}

/// As a row; `None` where it would be too large for one.
fn encoded<T: Serialize + ?Sized>(value: &T) -> Option<Vec<u8>> {
    serde_json::to_vec(value).ok().filter(|bytes| bytes.len() <= ROW_MOST)
}

fn key((port, family): (Port, Family)) -> PortKey {
    let family = match family {
        Family::Ipv4 => 4,
        Family::Ipv6 => 6,
    };
    PortKey { port: port.number(), family }
}

pub(super) fn moment(time: SystemTime) -> Moment {
    since_epoch(time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default())
}

pub(super) fn since_epoch(offset: Duration) -> Moment {
    Moment::from_millis(u64::try_from(offset.as_millis()).unwrap_or(u64::MAX))
}
