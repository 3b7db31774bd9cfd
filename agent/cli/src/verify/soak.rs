//! How long it has been as expected, and what came between.
//!
//! ```text
//!   waiting ── as expected ──▶ soaking ── as expected for the whole time ──▶ over
//!      ▲                          │
//!      └──── anything else ───────┘   a lapse, where it is known not to be as expected
//! ```

use std::time::Duration;

use crate::exit::Standing;

/// The soak of one verification. Times are offsets from its beginning.
#[derive(Clone, Debug)]
pub(super) struct Soak {
    least: Duration,
    began: Option<Duration>,
    has_lapsed: bool,
}

impl Soak {
    /// It has to be as expected for this long.
    pub(super) fn new(least: Duration) -> Self {
        Self { least, began: None, has_lapsed: false }
    }

    /// How things stood at this moment.
    pub(super) fn hear(&mut self, at: Duration, standing: Standing) {
        match standing {
            Standing::Fine => self.began = self.began.or(Some(at)),
            // Not known: nothing is proved any more, and nothing against it either.
            Standing::Unknown => self.began = None,
            Standing::Degraded | Standing::Violated => self.has_lapsed |= self.began.take().is_some(),
        }
    }

    /// For how long it has been as expected; `None` where it is not.
    pub(super) fn lasts(&self, at: Duration) -> Option<Duration> {
        self.began.map(|began| at.saturating_sub(began))
    }

    /// How long it still has to be so; `None` where it is not.
    pub(super) fn left(&self, at: Duration) -> Option<Duration> {
        self.lasts(at).map(|lasts| self.least.saturating_sub(lasts))
    }

    /// Whether it has been as expected for long enough.
    pub(super) fn is_over(&self, at: Duration) -> bool {
        self.left(at) == Some(Duration::ZERO)
    }

    /// Whether it was as expected once, and then was known not to be.
    pub(super) fn has_lapsed(&self) -> bool {
        self.has_lapsed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: Duration = Duration::from_secs(600);

    /// How it stands after these moments, by seconds: whether it is over, and whether it has lapsed.
    fn after(moments: &[(u64, Standing)]) -> (bool, bool) {
        let mut soak = Soak::new(LEAST);
        let mut now = Duration::ZERO;
        for &(at, standing) in moments {
            now = Duration::from_secs(at);
            soak.hear(now, standing);
        }
        (soak.is_over(now), soak.has_lapsed())
    }

    #[test]
    fn only_a_whole_soak_without_a_break_is_enough() {
        use Standing::{Degraded, Fine, Unknown, Violated};
        for (moments, is_over, has_lapsed) in [
            (&[][..], false, false),
            (&[(0, Fine)], false, false),
            (&[(0, Fine), (599, Fine)], false, false),
            (&[(0, Fine), (600, Fine)], true, false),
            (&[(0, Violated), (30, Fine), (630, Fine)], true, false),
            (&[(0, Fine), (300, Violated), (600, Fine)], false, true),
            (&[(0, Fine), (300, Degraded), (600, Fine), (1_200, Fine)], true, true),
            (&[(0, Fine), (300, Unknown), (600, Fine)], false, false),
            (&[(0, Fine), (599, Fine), (600, Violated)], false, true),
            (&[(0, Fine), (300, Unknown), (330, Violated)], false, false),
        ] {
            assert_eq!(after(moments), (is_over, has_lapsed), "{moments:?}");
        }
    }

    #[test]
    fn one_look_is_enough_where_no_time_is_asked_for() {
        let mut soak = Soak::new(Duration::ZERO);
        assert!(!soak.is_over(Duration::ZERO), "nothing was seen");
        soak.hear(Duration::from_secs(20), Standing::Fine);
        assert!(soak.is_over(Duration::from_secs(20)));
    }

    #[test]
    fn what_is_left_begins_anew_after_a_break() {
        let (mut soak, at) = (Soak::new(LEAST), Duration::from_secs);
        soak.hear(at(0), Standing::Fine);
        assert_eq!(soak.left(at(200)), Some(at(400)));
        soak.hear(at(200), Standing::Violated);
        assert_eq!(soak.left(at(210)), None);
        soak.hear(at(220), Standing::Fine);
        assert_eq!((soak.left(at(220)), soak.lasts(at(250))), (Some(LEAST), Some(at(30))));
    }
}
