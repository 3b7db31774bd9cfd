//! A queue for a few events that cannot be made durable: the state directory is somebody else's, who must not be disturbed.

use std::sync::{Mutex, PoisonError};

use sortie_telemetry::{Encoded, Export, Signal, Spool};
use tokio::sync::Notify;

/// Events alone, oldest first.
#[derive(Debug, Default)]
pub(super) struct Pocket {
    exports: Mutex<(u64, Vec<Export>)>,
    added: Notify,
}

impl Pocket {
    fn with<T>(&self, does: impl FnOnce(&mut u64, &mut Vec<Export>) -> T) -> T {
        let mut exports = self.exports.lock().unwrap_or_else(PoisonError::into_inner);
        let (number, exports) = &mut *exports;
        does(number, exports)
    }
}

impl Spool for Pocket {
    async fn append(&self, Encoded { records, body, .. }: Encoded) {
        self.with(|number, exports| {
            *number += 1;
            exports.push(Export { number: *number, records, body });
        });
        self.added.notify_one();
    }

    async fn newest(&self, signal: Signal) -> Option<Export> {
        (signal == Signal::Events).then(|| self.with(|_, exports| exports.last().cloned())).flatten()
    }

    async fn backlog(&self, signal: Signal, before: u64, most: usize, count: usize) -> Vec<Export> {
        if signal != Signal::Events {
            return Vec::new();
        }
        let mut bytes = 0;
        let fits = |export: &Export| {
            let is_first = bytes == 0;
            bytes += export.body.len();
            is_first || bytes <= most
        };
        let older = |exports: &mut Vec<Export>| {
            let older = exports.iter().filter(|export| export.number < before).take(count);
            older.cloned().collect::<Vec<_>>()
        };
        self.with(|_, exports| older(exports)).into_iter().take_while(fits).collect()
    }

    async fn settle(&self, _: Signal, numbers: Vec<u64>, _: u64) {
        self.with(|_, exports| exports.retain(|export| !numbers.contains(&export.number)));
    }

    async fn added(&self) {
        self.added.notified().await;
    }
}
