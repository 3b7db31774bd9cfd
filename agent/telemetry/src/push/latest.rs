//! A queue of one place for each lane, for an agent that keeps nothing: what is newer takes the place of what waits.
//!
//! Metrics are cumulative, so that the next export makes up for one that was replaced: it costs resolution and never
//! correctness.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::spool::{Encoded, Export, Signal, Spool};

/// The latest export of each lane.
#[derive(Debug, Default)]
pub struct Latest {
    state: Mutex<State>,
    added: Notify,
}

#[derive(Debug, Default)]
struct State {
    number: u64,
    exports: BTreeMap<Signal, Export>,
}

impl Latest {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Spool for Latest {
    async fn append(&self, export: Encoded) {
        let Encoded { signal, records, body } = export;
        let mut state = self.state();
        state.number += 1;
        let export = Export { number: state.number, records, body };
        state.exports.insert(signal, export);
        self.added.notify_one();
    }

    async fn newest(&self, signal: Signal) -> Option<Export> {
        self.state().exports.get(&signal).cloned()
    }

    async fn backlog(&self, signal: Signal, before: u64, _: usize, _: usize) -> Vec<Export> {
        self.newest(signal).await.into_iter().filter(|export| export.number < before).collect()
    }

    async fn settle(&self, signal: Signal, numbers: Vec<u64>, _: u64) {
        let mut state = self.state();
        if state.exports.get(&signal).is_some_and(|export| numbers.contains(&export.number)) {
            state.exports.remove(&signal);
        }
    }

    async fn added(&self) {
        self.added.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry_http::Bytes;

    use super::*;

    fn export(signal: Signal, body: &'static str) -> Encoded {
        Encoded { signal, records: 1, body: Bytes::from_static(body.as_bytes()) }
    }

    #[tokio::test]
    async fn what_is_newer_takes_the_place_of_what_waits_in_its_lane() {
        let latest = Latest::default();
        latest.append(export(Signal::Events, "event")).await;
        latest.append(export(Signal::Metrics, "older")).await;
        let under_way = latest.newest(Signal::Metrics).await.expect("an export").number;
        latest.append(export(Signal::Metrics, "newer")).await;
        latest.settle(Signal::Metrics, vec![under_way], 0).await;
        let newest = latest.newest(Signal::Metrics).await.expect("it was not the one that was settled");
        assert_eq!(newest.body, "newer");
        assert!(newest.number > under_way);
        assert_eq!(latest.backlog(Signal::Metrics, newest.number, 1, 1).await, []);
        latest.settle(Signal::Metrics, vec![newest.number], 0).await;
        assert_eq!(latest.newest(Signal::Metrics).await, None);
        assert_eq!(latest.newest(Signal::Events).await.expect("another lane").body, "event");
        latest.added().await;
    }
}
