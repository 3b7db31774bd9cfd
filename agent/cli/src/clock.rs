//! The kernel's three clocks, read together: what tells a suspended machine and a stepped clock from time that passed.
//!
//! `CLOCK_BOOTTIME` counts while the machine sleeps, `CLOCK_MONOTONIC` does not, and only `CLOCK_REALTIME` can be set
//! (`clock_gettime(2)`). Offsets within the agent are boot time, so that an answer from before a night of sleep is not
//! "a minute ago".

use std::time::{Duration, SystemTime};

use nix::time::{ClockId, clock_gettime};

/// Above the few microseconds between two readings, and below every suspension.
const NOTICEABLE: Duration = Duration::from_millis(500);

/// One reading of the three clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Since the machine was started, sleep included.
    pub boot: Duration,
    /// Since the machine was started, sleep left out.
    pub awake: Duration,
    /// Since the Unix epoch, as this machine believes.
    pub wall: Duration,
}

/// The wall clock as it was once, going on with boot time: nobody can set it.
#[derive(Clone, Copy, Debug)]
pub struct Steady {
    began: Reading,
}

/// How far the wall clock was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It shows more than has passed.
    Forward(Duration),
    /// It shows less.
    Back(Duration),
}

impl Reading {
    /// The clocks now. A clock that cannot be read (no kernel since 2.6.39 lacks one) stands at zero.
    pub fn now() -> Self {
        let read = |clock| clock_gettime(clock).map(Duration::from).unwrap_or_default();
        Self {
            boot: read(ClockId::CLOCK_BOOTTIME),
            awake: read(ClockId::CLOCK_MONOTONIC),
            wall: read(ClockId::CLOCK_REALTIME),
        }
    }

    /// The wall clock of this reading.
    pub fn wall_time(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + self.wall
    }

    /// When the machine was started, by the wall clock of this reading.
    pub fn booted(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + self.wall.saturating_sub(self.boot)
    }

    /// How long the machine was suspended since `earlier`, where it was.
    pub fn suspended_since(&self, earlier: &Self) -> Option<Duration> {
        let passed = self.boot.saturating_sub(earlier.boot);
        let awake = self.awake.saturating_sub(earlier.awake);
        Some(passed.saturating_sub(awake)).filter(|asleep| *asleep >= NOTICEABLE)
    }

    /// How far the wall clock was set since `earlier`, where it was.
    pub fn stepped_since(&self, earlier: &Self) -> Option<Step> {
        let expected = earlier.wall + self.boot.saturating_sub(earlier.boot);
        let by = self.wall.abs_diff(expected);
        let step = if self.wall >= expected { Step::Forward(by) } else { Step::Back(by) };
        Some(step).filter(|_| by >= NOTICEABLE)
    }
}

impl Step {
    /// In seconds, below zero where it was set back.
    pub fn seconds(self) -> f64 {
        match self {
            Self::Forward(by) => by.as_secs_f64(),
            Self::Back(by) => -by.as_secs_f64(),
        }
    }
}

impl Steady {
    /// From now on.
    pub fn now() -> Self {
        Self { began: Reading::now() }
    }

    /// The one that an earlier life had, when the wall clock was so many seconds ahead of it.
    pub fn behind(seconds: i64) -> Self {
        let mut began = Reading::now();
        let by = Duration::from_secs(seconds.unsigned_abs());
        began.wall = if seconds >= 0 { began.wall.saturating_sub(by) } else { began.wall.saturating_add(by) };
        Self { began }
    }

    /// By how many seconds the wall clock is ahead of it, which nobody has set it by where that is nearly zero.
    pub fn wall_ahead(&self) -> i64 {
        self.ahead(&Reading::now())
    }

    /// Since the Unix epoch, as this machine believed at the beginning.
    pub fn since_epoch(&self) -> Duration {
        self.at(&Reading::now())
    }

    fn ahead(&self, reading: &Reading) -> i64 {
        let by = reading.wall.as_secs_f64() - self.at(reading).as_secs_f64();
        #[expect(
            clippy::cast_possible_truncation,
            reason = "beyond all calendars the largest number will do"
        )]
        {
            by.round() as i64
        }
    }

    fn at(&self, reading: &Reading) -> Duration {
        self.began.wall + reading.boot.saturating_sub(self.began.boot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(boot: u64, awake: u64, wall: u64) -> Reading {
        let [boot, awake, wall] = [boot, awake, wall].map(Duration::from_secs);
        Reading { boot, awake, wall }
    }

    #[test]
    fn time_that_passes_is_neither_sleep_nor_a_step() {
        let (then, now) = (reading(100, 90, 1_000), reading(160, 150, 1_060));
        assert_eq!((now.suspended_since(&then), now.stepped_since(&then)), (None, None));
    }

    #[test]
    fn the_boot_is_as_long_ago_as_the_boot_clock_says() {
        let booted = SystemTime::UNIX_EPOCH + Duration::from_secs(4_600);
        assert_eq!(reading(400, 90, 5_000).booted(), booted);
        assert_eq!(reading(400, 90, 5).booted(), SystemTime::UNIX_EPOCH, "a clock that was never set");
    }

    #[test]
    fn sleep_counts_for_the_boot_clock_alone() {
        let (then, now) = (reading(100, 90, 1_000), reading(3_700, 91, 4_600));
        assert_eq!(now.suspended_since(&then), Some(Duration::from_secs(3_599)));
        assert_eq!(now.stepped_since(&then), None);
    }

    #[test]
    fn a_step_shows_on_the_wall_clock_alone() {
        let then = reading(100, 90, 1_000);
        let forward = reading(101, 91, 4_601).stepped_since(&then);
        assert_eq!(forward, Some(Step::Forward(Duration::from_secs(3_600))));
        let back = reading(101, 91, 401).stepped_since(&then);
        assert_eq!(back, Some(Step::Back(Duration::from_secs(600))));
        assert_eq!(reading(101, 91, 401).suspended_since(&then), None);
    }

    #[test]
    fn nobody_can_set_the_steady_clock() {
        let steady = Steady { began: reading(100, 90, 1_000) };
        assert_eq!(steady.at(&reading(160, 150, 1_060)), Duration::from_secs(1_060));
        assert_eq!(steady.at(&reading(160, 150, 5)), Duration::from_secs(1_060), "set back");
        assert_eq!(
            steady.at(&reading(3_700, 91, 9_999_999)),
            Duration::from_secs(4_600),
            "slept and set forward"
        );
    }

    #[test]
    fn the_steady_clock_knows_how_far_the_other_was_set_and_goes_on_in_another_life() {
        let steady = Steady { began: reading(100, 90, 10_000) };
        for (wall, ahead) in [(10_060, 0), (13_660, 3_600), (6_460, -3_600)] {
            assert_eq!(steady.ahead(&reading(160, 150, wall)), ahead);
            let next = Steady::behind(ahead);
            assert!(next.wall_ahead().abs_diff(ahead) <= 1, "{ahead}");
        }
        assert_eq!(Steady::behind(i64::MAX).since_epoch().as_secs(), 0);
    }

    #[test]
    fn the_kernels_clocks_go_forward_together() {
        let then = Reading::now();
        let now = Reading::now();
        assert!(now.boot >= then.boot && now.awake >= then.awake);
        assert_eq!(now.suspended_since(&then), None);
    }
}
