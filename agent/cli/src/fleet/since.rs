//! Since when a row is as it is. Pure: how finely to look into the past, and what the answers amount to.
//!
//! ```text
//!   a week ago ─────────── first heard of ── otherwise for the last time │─▶ since ────────▶ now
//! ```
//!
//! The past is looked at twice: the latest hours finely, and a week coarsely. How finely follows from how many series have to be
//! read, so that no fleet is too large for a question.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

/// What happened before is not looked for.
pub(super) const BACK_MOST: Duration = Duration::from_secs(7 * 86_400);
const BACK_RECENT: Duration = Duration::from_secs(6 * 3_600);
/// Agents report, and rules are evaluated, once a minute.
const STEP_LEAST: u64 = 60;
/// As fine as a week is ever looked at.
const STEP_COARSE_LEAST: u64 = 600;
/// Prometheus refuses a query that holds more than 50 million samples at once (`query.max-samples`), and needs
/// seconds for this many.
const SAMPLES_MOST: u64 = 10_000_000;

/// A way of looking into the past: how far, and at what interval. Shown as the range of a subquery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    back: u64,
    step: u64,
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}s:{}s", self.back, self.step)
    }
}

impl Span {
    /// The latest hours, where so many series have to be read.
    pub(super) fn recent(series: u64) -> Self {
        Self::new(BACK_RECENT, STEP_LEAST, series)
    }

    /// A week.
    pub(super) fn whole(series: u64) -> Self {
        Self::new(BACK_MOST, STEP_COARSE_LEAST, series)
    }

    /// As far back as silence is looked for, where a hundred agents are asked about.
    pub(super) fn silence(window: Duration) -> Self {
        Self { back: window.as_secs(), step: STEP_LEAST }
    }

    /// The interval, in seconds.
    pub(super) fn resolution(self) -> u64 {
        self.step
    }

    fn new(back: Duration, least: u64, series: u64) -> Self {
        let back = back.as_secs();
        let steps = (SAMPLES_MOST / series.max(1)).max(1);
        // Whole minutes, as people read them.
        let step = back.div_ceil(steps).max(least).next_multiple_of(STEP_LEAST).min(back);
        Self { back, step }
    }
}

/// Since when something is as it is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Since {
    /// Unix time.
    #[serde(serialize_with = "super::face::moment")]
    pub(super) at: f64,
    /// Whether it was otherwise before; else nothing older is known, or looked for.
    pub(super) changed: bool,
    /// Seconds within which the change lies before `at`.
    pub(super) resolution: u64,
}

/// What was seen in the past.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Past {
    /// When it was last otherwise, as seen in the latest hours, and within the week.
    pub(super) recent: Option<f64>,
    pub(super) whole: Option<f64>,
    /// When it was first heard of within the week.
    pub(super) first: Option<f64>,
}

impl Past {
    /// Since when, as of `now`; `None` where nothing is known.
    pub(super) fn since(self, now: f64, recent: Span, whole: Span) -> Option<Since> {
        let otherwise = match (self.recent, self.whole) {
            (Some(at), _) => Some((at, recent.step)),
            (None, at) => at.map(|at| (at, whole.step)),
        };
        match otherwise {
            Some((at, step)) => {
                #[expect(clippy::cast_precision_loss, reason = "a week of seconds")]
                let at = (at + step as f64).min(now);
                Some(Since { at, changed: true, resolution: step })
            }
            None => self.first.map(|at| Since { at, changed: false, resolution: whole.step }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_past_is_looked_at_as_finely_as_the_fleet_allows() {
        for (series, recent, whole) in [
            (0, "21600s:60s", "604800s:600s"),
            (1_000, "21600s:60s", "604800s:600s"),
            (60_000, "21600s:180s", "604800s:3660s"),
            (600_000, "21600s:1380s", "604800s:37800s"),
            (u64::MAX, "21600s:21600s", "604800s:604800s"),
        ] {
            let spans = (Span::recent(series).to_string(), Span::whole(series).to_string());
            assert_eq!(spans, (recent.to_owned(), whole.to_owned()), "{series}");
        }
    }

    #[test]
    fn the_latest_moment_at_which_it_was_otherwise_decides() {
        const NOW: f64 = 1_000_000.0;
        let (fine, coarse) = (Span::recent(0), Span::whole(0));
        for (recent, whole, first, expected) in [
            (None, None, None, None),
            (Some(999_000.0), Some(998_400.0), Some(500_000.0), Some((999_060.0, true, 60))),
            (None, Some(700_000.0), Some(500_000.0), Some((700_600.0, true, 600))),
            (None, None, Some(500_000.0), Some((500_000.0, false, 600))),
            (Some(999_990.0), None, None, Some((NOW, true, 60))),
        ] {
            let since = Past { recent, whole, first }.since(NOW, fine, coarse);
            assert_eq!(since.map(|since| (since.at, since.changed, since.resolution)), expected);
        }
    }
}
