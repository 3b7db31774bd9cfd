//! Where an axis is labelled: round numbers, and round times.

use std::time::Duration;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

/// Distances between labels that a clock's reader expects, in seconds.
const STEPS: [u64; 13] = [
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    4 * HOUR,
    6 * HOUR,
    12 * HOUR,
    24 * HOUR,
];

/// Round moments between two others, `most` of them at most.
pub(super) fn times(from: Duration, to: Duration, most: u64) -> Vec<Duration> {
    let span = to.saturating_sub(from).as_secs();
    let step = STEPS.into_iter().find(|step| span / step < most).unwrap_or(24 * HOUR);
    let first = from.as_secs().div_ceil(step) * step;
    let ticks = (0..most).map(|n| Duration::from_secs(first + n * step));
    ticks.take_while(|tick| *tick <= to).collect()
}

/// The smallest of 1, 2 and 5 times a power of ten that is not below `least`; one, where that is no number.
pub(super) fn step(least: f64) -> f64 {
    if !least.is_finite() || least <= 0.0 {
        return 1.0;
    }
    let magnitude = 10f64.powf(least.log10().floor());
    let round = [1.0, 2.0, 5.0].into_iter().map(|digit| digit * magnitude);
    // A hair below the step is the step: 0.1 + 0.2 must not be more than 0.3.
    round.into_iter().find(|step| *step >= least * (1.0 - 1e-9)).unwrap_or(10.0 * magnitude)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_stand_at_round_times() {
        let at = |hour: u64, minute: u64| Duration::from_secs(hour * HOUR + minute * MINUTE);
        for (from, to, ticks) in [
            (at(0, 0), at(24, 0), vec![at(0, 0), at(6, 0), at(12, 0), at(18, 0), at(24, 0)]),
            (at(9, 7), at(10, 7), vec![at(9, 15), at(9, 30), at(9, 45), at(10, 0)]),
            (at(9, 7), at(9, 17), vec![at(9, 10), at(9, 15)]),
            (at(9, 0), at(9, 0), vec![at(9, 0)]),
            (at(9, 1), at(9, 0), vec![]),
        ] {
            assert_eq!(times(from, to, 5), ticks, "{from:?} {to:?}");
        }
    }

    #[test]
    fn a_step_is_a_round_number() {
        for (least, round) in [
            (0.7, 1.0),
            (1.0, 1.0),
            (1.1, 2.0),
            (3.0, 5.0),
            (5.1, 10.0),
            (0.03, 0.05),
            (149.0, 200.0),
            (0.1 + 0.1, 0.2),
            (1_000.0, 1_000.0),
            (0.0, 1.0),
            (-4.0, 1.0),
            (f64::NAN, 1.0),
            (f64::INFINITY, 1.0),
        ] {
            assert!((step(least) - round).abs() < 1e-9 * round, "{least}: {}", step(least));
        }
    }
}
