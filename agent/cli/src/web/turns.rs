//! Whose turn it is: a client may ask as fast as it likes, and is heard as often as probing can bear.

use std::cell::Cell;
use std::time::Duration;

use tokio::time::Instant;

/// What was not used is saved for this long, so that a page may load its parts at once.
const BURST: Duration = Duration::from_secs(1);

/// So many turns a second (the generic cell rate algorithm, ITU-T I.371).
#[derive(Debug)]
pub(super) struct Turns {
    every: Duration,
    spent: Cell<Instant>,
}

impl Turns {
    pub(super) fn per_second(number: u32, now: Instant) -> Self {
        Self { every: Duration::from_secs(1) / number.max(1), spent: Cell::new(now) }
    }

    /// Takes the next turn and says how long it is until then.
    pub(super) fn take(&self, now: Instant) -> Duration {
        let spent = self.spent.get().max(now) + self.every;
        self.spent.set(spent);
        (spent - now).saturating_sub(BURST)
    }
}

/// Waits for the turn. One that is due is taken at once, without a timer.
pub(super) async fn wait(pause: Duration) {
    if !pause.is_zero() {
        tokio::time::sleep(pause).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seconds_worth_comes_at_once_and_the_rest_in_turn() {
        let start = Instant::now();
        let turns = Turns::per_second(4, start);
        let waits = |number: u64, at| (0..number).map(|_| turns.take(at).as_millis()).collect::<Vec<_>>();
        assert_eq!(waits(6, start), [0, 0, 0, 0, 250, 500]);
        assert_eq!(waits(2, start + Duration::from_millis(500)), [250, 500]);
        let later = start + Duration::from_secs(60);
        assert_eq!(waits(5, later), [0, 0, 0, 0, 250], "an idle minute saves no more than a second");
    }
}
