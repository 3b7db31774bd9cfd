//! Whose turn it is: a client may ask as fast as it likes, and is heard as often as probing can bear.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep};

/// What was not spent is saved for this long, so that a page may load its parts at once.
const BURST: Duration = Duration::from_secs(1);

/// So many units a second (the generic cell rate algorithm, ITU-T I.371).
#[derive(Debug)]
pub(super) struct Turns {
    every: Duration,
    /// When everything that was spent is earned again.
    earned: Mutex<Instant>,
}

impl Turns {
    pub(super) fn per_second(units: u32, now: Instant) -> Self {
        Self { every: Duration::from_secs(1) / units.max(1), earned: Mutex::new(now) }
    }

    /// Spends; on credit where it must be.
    pub(super) fn spend(&self, units: u32, now: Instant) {
        let mut earned = self.earned.lock().unwrap_or_else(PoisonError::into_inner);
        *earned = (*earned).max(now) + self.every * units;
    }

    /// Waits until no more than a burst is owed; nothing owed costs no timer.
    pub(super) async fn wait(&self) {
        let owed = self.owed(Instant::now());
        if !owed.is_zero() {
            sleep(owed).await;
        }
    }

    fn owed(&self, now: Instant) -> Duration {
        let earned = *self.earned.lock().unwrap_or_else(PoisonError::into_inner);
        (earned - now).saturating_sub(BURST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seconds_worth_comes_at_once_and_the_rest_in_turn() {
        let start = Instant::now();
        let turns = Turns::per_second(4, start);
        for (after_ms, units, owed_ms) in [
            (0, 4, 0),
            (0, 1, 250),
            (0, 8, 2_250),
            (2_000, 0, 250),
            (2_250, 1, 250),
            // An idle minute saves no more than a second.
            (60_000, 4, 0),
            (60_000, 1, 250),
        ] {
            let now = start + Duration::from_millis(after_ms);
            turns.spend(units, now);
            assert_eq!(turns.owed(now), Duration::from_millis(owed_ms), "{units} units after {after_ms} ms");
        }
    }
}
