//! Virtual time: it begins in the past and runs ahead of real time until it has caught up with it.
//!
//! A sample may be too old for Prometheus and it may be from the future: so no moment of a fleet is ever later than the
//! real one, and a story that is played fast has to begin as long ago as it is told.

use std::time::{Duration, Instant, SystemTime};

/// When a story begins, and how fast it is told.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// The first moment.
    pub begins: SystemTime,
    /// Virtual seconds in a real one, one at least.
    pub speed: f64,
}

impl Pace {
    /// As it happens, from now on.
    pub fn real() -> Self {
        Self { begins: SystemTime::now(), speed: 1.0 }
    }

    /// So that what lasts `length` is told at this speed and ends in the real present.
    pub fn ending_now(length: Duration, speed: f64) -> Self {
        let speed = speed.max(1.0);
        Self { begins: SystemTime::now() + length.div_f64(speed) - length, speed }
    }
}

/// A pace that is kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    pace: Pace,
    started: Instant,
    /// Of virtual time, at which it has caught up.
    present: Duration,
}

impl Clock {
    pub(super) fn start(pace: Pace) -> Self {
        let behind = SystemTime::now().duration_since(pace.begins).unwrap_or_default();
        // speed × t = behind + t
        let present = if pace.speed > 1.0 { behind.mul_f64(pace.speed / (pace.speed - 1.0)) } else { behind };
        Self { pace, started: Instant::now(), present }
    }

    /// Since the first moment.
    pub(super) fn now(&self) -> Duration {
        self.at(self.started.elapsed())
    }

    /// How long it really takes from now until this moment.
    pub(super) fn until(&self, moment: Duration) -> Duration {
        let ahead = moment.saturating_sub(self.now());
        let fast = self.present.saturating_sub(self.now()).min(ahead);
        fast.div_f64(self.pace.speed) + ahead.saturating_sub(fast)
    }

    /// As a clock on the wall has it.
    pub(super) fn wall(&self, moment: Duration) -> SystemTime {
        self.pace.begins + moment
    }

    /// How fast virtual time runs until it has caught up.
    pub(super) fn speed(&self) -> f64 {
        self.pace.speed
    }

    fn at(&self, elapsed: Duration) -> Duration {
        let fast = elapsed.mul_f64(self.pace.speed);
        if fast <= self.present {
            return fast;
        }
        self.present + elapsed.saturating_sub(self.present.div_f64(self.pace.speed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn it_runs_ahead_until_it_has_caught_up_and_then_as_real_time_does() {
        let clock = Clock::start(Pace::ending_now(40 * MINUTE, 40.0));
        let within = |elapsed, expected: Duration| {
            let at = clock.at(elapsed);
            assert!(at.abs_diff(expected) < Duration::from_secs(5), "{elapsed:?}: {at:?}");
        };
        within(Duration::ZERO, Duration::ZERO);
        within(MINUTE / 2, 20 * MINUTE);
        within(MINUTE, 40 * MINUTE);
        within(2 * MINUTE, 41 * MINUTE);
        assert!(clock.wall(clock.at(Duration::ZERO)) < SystemTime::now());
    }

    #[test]
    fn a_story_that_is_told_as_it_happens_begins_now() {
        let clock = Clock::start(Pace::real());
        assert!(clock.at(MINUTE).abs_diff(MINUTE) < Duration::from_secs(1));
        assert!(clock.until(2 * MINUTE) > MINUTE);
    }
}
