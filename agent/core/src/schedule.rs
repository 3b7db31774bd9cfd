//! When to probe, and whom: sentinel and jury.
//!
//! In a settled state a round probes one operator and its control. Which one rotates with the round and begins at a
//! place that the host's id gives, so that a fleet spreads evenly over operators and a dead destination is met by
//! few machines at a time. Intervals are jittered; nothing here reads a clock or draws a random number.

use std::hash::Hasher;
use std::time::Duration;

use siphasher::sip::SipHasher24;

use crate::verdict::State;

/// Confirm rounds that follow the first round of an episode at most.
pub const CONFIRM_ROUNDS: u32 = 3;
/// Rounds of one episode at most, where no two in a row agree: the confirm rounds, and as many again as it takes for an
/// answer to be forgotten.
pub const LAST_ROUND: u32 = 10;
/// How long a sentinel waits for the answer to its only SYN before the jury is called. Longer than any path on
/// earth takes and short enough to keep detection within a round.
pub const SENTINEL_WINDOW: Duration = Duration::from_millis(1_500);
/// Jitter of the interval, either way. With a tenth, one block in a hundred would be found after more than 80 s: the
/// longest interval, the sentinel's window, the confirm round's spacing and its window add up.
const JITTER: f64 = 0.05;

/// The times within an episode. Verdicts that go into a support ticket are reached at the default pace; a network that
/// is known to be quick and quiet (a demonstration) can be judged at a faster one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// From the start of one jury round to the start of the next.
    pub confirm_spacing: Duration,
    /// An answer on the port under test counts against a silent drop for this long: a throttle lets a few SYNs pass
    /// and is silent for the rest of its window, and nobody is convicted in the middle of one.
    pub answer_memory: Duration,
    /// How often the whole jury sits while a state is shown that one operator cannot speak for.
    pub restless_jury: Duration,
}

impl Pace {
    /// Fit for the internet.
    pub const DEFAULT: Self = Self {
        confirm_spacing: Duration::from_secs(10),
        answer_memory: Duration::from_secs(60),
        restless_jury: Duration::from_secs(5 * 60),
    };

    /// Fit for a network in which nothing is lost and nothing is far: a sixth of the default, and no throttle that is
    /// slower than ten seconds is recognised.
    pub const DEMONSTRATION: Self = Self {
        confirm_spacing: Duration::from_secs(2),
        answer_memory: Duration::from_secs(6),
        restless_jury: Duration::from_secs(10),
    };
}

impl Default for Pace {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// The rotation of one machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    offset: u64,
}

impl Rotation {
    /// The rotation that belongs to a host id.
    pub fn of(host_id: &str) -> Self {
        let mut hasher = SipHasher24::new();
        hasher.write(host_id.as_bytes());
        Self { offset: hasher.finish() }
    }

    /// Which of `operators` keeps watch in `round`; `None` where there is none.
    pub fn sentinel(self, round: u64, operators: usize) -> Option<usize> {
        let operators = u64::try_from(operators).ok().filter(|n| *n > 0)?;
        usize::try_from(self.offset.wrapping_add(round) % operators).ok()
    }
}

/// How often the whole jury sits without being called: for the greetings of an open port, and more often in a state
/// that a sentinel cannot watch.
pub fn jury_interval(shown: State, greeting_interval: Duration, pace: Pace) -> Duration {
    match shown {
        State::Open | State::NoEgress => greeting_interval,
        state if state.is_block() => greeting_interval,
        _ => pace.restless_jury.min(greeting_interval),
    }
}

/// The pause until the next round: the interval, give or take a twentieth. `random` is uniform in 0..1.
pub fn jittered(interval: Duration, random: f64) -> Duration {
    interval.mul_f64(1.0 + JITTER * (2.0 * random.clamp(0.0, 1.0) - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operator_keeps_watch_in_turn() {
        let rotation = Rotation::of("host-1");
        let mut watched: Vec<_> = (0..5).filter_map(|round| rotation.sentinel(round, 5)).collect();
        watched.sort_unstable();
        assert_eq!(watched, [0, 1, 2, 3, 4]);
        assert_eq!(rotation.sentinel(0, 0), None);
    }

    #[test]
    fn a_fleet_spreads_over_operators() {
        let mut counts = [0u32; 5];
        for host in 0..10_000 {
            let first = Rotation::of(&format!("host-{host}")).sentinel(0, 5);
            counts[first.expect("five operators")] += 1;
        }
        assert!(counts.iter().all(|n| (1_800..2_200).contains(n)), "{counts:?}");
    }

    #[test]
    fn jitter_stays_within_a_twentieth() {
        let minute = Duration::from_secs(60);
        assert_eq!(jittered(minute, 0.0), Duration::from_secs(57));
        assert_eq!(jittered(minute, 1.0), Duration::from_secs(63));
        assert_eq!(jittered(minute, 7.0), Duration::from_secs(63));
    }
}
