//! Losses that nobody was told of by an event yet.
//!
//! Each is counted at once. An event follows soon and tells the sum, so that a receiver that refuses everything does not
//! get an event for each thing that it refused.

use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime};

use sortie_telemetry::{Encoded, Event, Loss, Signal, Telemetry};
use tracing::warn;
use uuid::Uuid;

/// Between two tellings.
const TELL_EVERY: Duration = Duration::from_secs(300);

/// What is lost and not told.
#[derive(Debug, Default)]
pub(super) struct Losses {
    untold: BTreeMap<(Signal, Loss), u64>,
    told: Option<Instant>,
}

impl Losses {
    /// These records will never be delivered.
    pub(super) fn add(&mut self, signal: Signal, loss: Loss, records: u64) {
        *self.untold.entry((signal, loss)).or_default() += records;
    }

    /// The events that are due, and a line of the log for each.
    pub(super) fn due(&mut self, telemetry: &Telemetry) -> Vec<Encoded> {
        if self.untold.is_empty() || self.told.is_some_and(|told| told.elapsed() < TELL_EVERY) {
            return Vec::new();
        }
        self.told = Some(Instant::now());
        let now = SystemTime::now();
        let mut events = Vec::new();
        for ((signal, loss), records) in std::mem::take(&mut self.untold) {
            warn!("{records} records of {} will never be delivered: {}", signal.code(), loss.code());
            // An event about events that were refused would be refused like them.
            if (signal, loss) != (Signal::Events, Loss::Rejected) {
                let event = Event::AgentDataDropped { signal, reason: loss, records };
                events.extend(telemetry.event(&event, &Uuid::now_v7().to_string(), now));
            }
        }
        events
    }
}
