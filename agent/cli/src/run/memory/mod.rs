//! What the next life of this agent goes on from: what is on show, and the history, kept in the state directory.
//!
//! ```text
//!   a round ─▶ batch ─▶ store ─▶ board        what is on show was made durable before
//!                        └─ fails or hangs ─▶ waits in memory, is said, and is written when the disk is back
//! ```
//!
//! The disk is written by a thread of its own and waited for within bounds, so that one that hangs stalls no round.

mod disk;
mod rows;

use std::collections::VecDeque;
use std::fmt::Display;
use std::path::PathBuf;
use std::time::Duration;

use sortie_core::history::History;
use sortie_store::Batch;
use tokio::task::{JoinError, JoinHandle};
use tracing::{info, warn};

use self::disk::{Disk, Written};
pub(super) use self::rows::{Known, batch, change, forget, remember, samples};
use super::notices::{self, Notices};

/// Batches that wait for a disk: two hours of rounds.
const WAITING_MOST: usize = 128;
/// A sync takes milliseconds, on the disk of a busy cloud a second.
const PATIENCE: Duration = Duration::from_secs(2);

/// The store, and what waits for it.
#[derive(Debug)]
pub(super) struct Memory {
    dir: PathBuf,
    /// `None` while it is being written.
    disk: Option<Disk>,
    writing: Option<JoinHandle<Written>>,
    waiting: VecDeque<Batch>,
    /// Batches that waited too long.
    lost: u64,
}

impl Memory {
    /// Opens the store in a state directory that is this agent's own, and recalls what was on show and the history.
    pub(super) fn open(dir: PathBuf, notices: &mut Notices) -> (Self, Vec<Known>, History) {
        let mut disk = Disk::at(dir.clone());
        let (known, history) = match disk.open() {
            Ok(store) => disk::recall(store),
            Err(error) => {
                complain(&error, 0, notices);
                (Vec::new(), History::default())
            }
        };
        let memory = Self { dir, disk: Some(disk), writing: None, waiting: VecDeque::new(), lost: 0 };
        (memory, known, history)
    }

    /// Makes a batch durable, with everything that waited for the disk before it.
    pub(super) async fn keep(&mut self, batch: Batch, notices: &mut Notices) {
        self.waiting.push_back(batch);
        // One that hung before has had its patience.
        let patience = if self.writing.is_some() { Duration::ZERO } else { PATIENCE };
        if let Some(disk) = self.disk.take() {
            let batches = std::mem::take(&mut self.waiting);
            self.writing = Some(tokio::task::spawn_blocking(move || disk.write(batches)));
        }
        let Some(writing) = &mut self.writing else { return };
        match tokio::time::timeout(patience, writing).await {
            Ok(written) => self.wrote(written, notices),
            Err(_) => complain(&"the disk does not answer", self.lost, notices),
        }
        while self.waiting.len() > WAITING_MOST {
            self.waiting.pop_front();
            self.lost += 1;
        }
    }

    fn wrote(&mut self, written: Result<Written, JoinError>, notices: &mut Notices) {
        self.writing = None;
        let Written { disk, mut left, ended } = match written {
            Ok(written) => written,
            Err(panic) => {
                warn!("writing to the store failed: {panic}");
                self.disk = Some(Disk::at(self.dir.clone()));
                return;
            }
        };
        self.disk = Some(disk);
        left.append(&mut self.waiting);
        self.waiting = left;
        match ended {
            Ok(()) if notices.has(notices::NOT_KEPT) => {
                info!("what happens is kept on disk again; {} rounds were lost meanwhile", self.lost);
                self.lost = 0;
                notices.clear(notices::NOT_KEPT);
            }
            Ok(()) => {}
            Err(error) => complain(&error, self.lost, notices),
        }
    }
}

fn complain(why: &dyn Display, lost: u64, notices: &mut Notices) {
    if !notices.has(notices::NOT_KEPT) {
        warn!("{why}; the agent goes on from memory");
    }
    let lost = match lost {
        0 => String::new(),
        lost => format!(" {lost} rounds are lost."),
    };
    notices.raise(notices::NOT_KEPT, format!("Nothing is kept on disk: {why}.{lost}"));
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use sortie_core::evidence::Evidence;
    use sortie_core::history::Sample;
    use sortie_core::outcome::Outcome;
    use sortie_core::target::{Family, Port, Role};
    use sortie_core::verdict::{Finding, State};

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

    #[tokio::test]
    async fn a_round_of_hundreds_with_the_longest_names_is_kept_and_costs_no_change() {
        let dir = std::env::temp_dir().join(format!("sortie-memory-{}", std::process::id()));
        std::fs::create_dir_all(&dir).expect("the temporary folder can be written to");
        let mut notices = Notices::default();
        let (mut memory, ..) = Memory::open(dir.clone(), &mut notices);
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
        memory.keep(batch, &mut notices).await;
        assert!(notices.list().is_empty(), "{notices:?}");
        drop(memory);
        let (_, known, history) = Memory::open(dir.clone(), &mut notices);
        std::fs::remove_dir_all(&dir).expect("it was made");
        assert_eq!(
            known.iter().map(|known| known.finding.state).collect::<Vec<_>>(),
            [State::PlatformBlocked]
        );
        assert_eq!(history.series().len(), 300);
    }
}
