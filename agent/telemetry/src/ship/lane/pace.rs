//! How fast a lane goes, all of it derived from the interval of exports: what is gentle enough for a fleet that exports
//! each minute is too much for one that exports each second, and the other way round.

use std::time::Duration;

/// The shortest of the longest waits after a failure; where exports are more frequent than this, the interval.
const BASE: Duration = Duration::from_secs(1);

/// No wait of our own choosing is longer than this many intervals: 100,000 agents that come back within five minutes are
/// 333 requests a second, beside 1,667 of everyday.
const SPREAD_INTERVALS: u32 = 5;

/// Requests of backlog in one interval. A day of exports of each minute needs about 41 of them, seven intervals.
const REPLAYS_PER_INTERVAL: u32 = 6;

/// A receiver that asks for more patience than this is asked again all the same: it may mean a date in a year, and an
/// export that is never tried is lost by age.
const PATIENCE_MOST: Duration = Duration::from_secs(3_600);

/// Powers of two beyond this change nothing: 2³¹ s are 68 years.
const DOUBLINGS_MOST: u32 = 31;

/// The pace of a lane.
#[derive(Clone, Copy, Debug)]
pub(in crate::ship) struct Pace {
    interval: Duration,
}

impl Pace {
    pub(in crate::ship) fn new(interval: Duration) -> Self {
        Self { interval }
    }

    /// How long to wait after a failure that follows `setbacks` others: exponential, with full jitter.
    pub(super) fn backoff(self, setbacks: u32, random: f64) -> Duration {
        let doubled = BASE.min(self.interval).saturating_mul(1 << setbacks.min(DOUBLINGS_MOST));
        doubled.min(self.longest()).mul_f64(random)
    }

    /// How long to wait where the receiver asked for it: never less, and no two machines for the same time.
    pub(super) fn patience(self, asked: Duration, random: f64) -> Duration {
        asked.min(PATIENCE_MOST) + self.interval.mul_f64(random)
    }

    /// From the moment at which delivery resumes to the first request of backlog.
    pub(super) fn spread(self, random: f64) -> Duration {
        self.longest().mul_f64(random)
    }

    /// From the end of one request of backlog to the next.
    pub(super) fn between_replays(self) -> Duration {
        self.interval / REPLAYS_PER_INTERVAL
    }

    fn longest(self) -> Duration {
        self.interval.saturating_mul(SPREAD_INTERVALS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn the_longest_wait_doubles_up_to_five_intervals() {
        for (interval, setbacks, longest) in [
            (seconds(60), 0, seconds(1)),
            (seconds(60), 1, seconds(2)),
            (seconds(60), 8, seconds(256)),
            (seconds(60), 9, seconds(300)),
            (seconds(60), u32::MAX, seconds(300)),
            (seconds(3_600), u32::MAX, seconds(18_000)),
            (Duration::from_millis(10), 0, Duration::from_millis(10)),
            (Duration::from_millis(10), 9, Duration::from_millis(50)),
        ] {
            let pace = Pace::new(interval);
            assert_eq!(pace.backoff(setbacks, 1.0), longest, "{interval:?} {setbacks}");
            assert_eq!(pace.backoff(setbacks, 0.25), longest.mul_f64(0.25), "{interval:?} {setbacks}");
            assert_eq!(pace.backoff(setbacks, 0.0), Duration::ZERO);
        }
    }

    #[test]
    fn a_receiver_that_asks_for_patience_gets_it_and_up_to_an_interval_more() {
        let pace = Pace::new(seconds(60));
        for (asked, random, waits) in [
            (seconds(0), 0.0, seconds(0)),
            (seconds(0), 1.0, seconds(60)),
            (seconds(120), 0.0, seconds(120)),
            (seconds(120), 0.5, seconds(150)),
            (seconds(86_400), 0.0, seconds(3_600)),
        ] {
            assert_eq!(pace.patience(asked, random), waits);
        }
    }

    #[test]
    fn a_day_of_exports_of_each_minute_is_away_within_four_intervals() {
        let requests = u32::try_from(24_usize * 60 / crate::ship::REPLAY_EXPORTS_MOST + 1).expect("a few");
        let pace = Pace::new(seconds(60));
        assert!(pace.between_replays() * requests <= seconds(60) * 4, "{requests} requests");
    }
}
