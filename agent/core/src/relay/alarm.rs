//! When this machine itself raises an alert about a relay, and when the alert is over.
//!
//! ```text
//!           unusable          unusable
//!   calm ─────────────▶ once ──────────▶ raised
//!    ▲ ◀── usable, degraded ──┴──────────────┘
//! ```
//!
//! One conversation can fail by chance; two in a row, minutes apart, are a failure. A relay that works, however badly, has
//! no alert.

use serde::{Deserialize, Serialize};

use super::Usability;

/// Unusable conversations in a row that raise the alert.
const FAILURES: u8 = 2;

/// What is known of one relay, as far as its alert follows from it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelayAlarm {
    failures: u8,
}

/// What there is to tell after a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelayTurn {
    /// The alert began.
    Raised,
    /// It is over.
    Cleared,
}

impl RelayAlarm {
    /// Takes the result of a conversation; `None` where nothing begins or ends.
    pub fn turn(&mut self, result: Usability) -> Option<RelayTurn> {
        let was_raised = self.is_raised();
        self.failures = if result == Usability::Unusable { (self.failures + 1).min(FAILURES) } else { 0 };
        match (was_raised, self.is_raised()) {
            (false, true) => Some(RelayTurn::Raised),
            (true, false) => Some(RelayTurn::Cleared),
            _ => None,
        }
    }

    /// Whether there is an alert.
    pub fn is_raised(self) -> bool {
        self.failures >= FAILURES
    }
}

#[cfg(test)]
mod tests {
    use super::Usability::{Degraded, Unusable, Usable};
    use super::*;

    #[test]
    fn two_failures_in_a_row_are_an_alert_until_the_relay_works() {
        const RAISED: Option<RelayTurn> = Some(RelayTurn::Raised);
        const CLEARED: Option<RelayTurn> = Some(RelayTurn::Cleared);
        for story in [
            &[(Usable, None), (Degraded, None), (Usable, None)][..],
            &[(Unusable, None), (Usable, None), (Unusable, None), (Degraded, None)],
            &[(Unusable, None), (Unusable, RAISED), (Unusable, None), (Usable, CLEARED), (Usable, None)],
            &[
                (Unusable, None),
                (Unusable, RAISED),
                (Degraded, CLEARED),
                (Unusable, None),
                (Unusable, RAISED),
            ],
        ] {
            let mut alarm = RelayAlarm::default();
            for (at, (result, told)) in story.iter().enumerate() {
                assert_eq!(alarm.turn(*result), *told, "{at} of {story:?}");
            }
        }
    }

    #[test]
    fn a_relay_that_fails_for_ever_is_one_alert() {
        let mut alarm = RelayAlarm::default();
        let raised = (0..1_000).filter(|_| alarm.turn(Unusable) == Some(RelayTurn::Raised)).count();
        assert_eq!((raised, alarm.is_raised()), (1, true));
    }

    #[test]
    fn the_next_life_raises_nothing_again() {
        let mut alarm = RelayAlarm::default();
        alarm.turn(Unusable);
        alarm.turn(Unusable);
        let text = serde_json::to_string(&alarm).expect("plain data");
        let mut next: RelayAlarm = serde_json::from_str(&text).expect("its own");
        assert_eq!(next.turn(Unusable), None);
        assert_eq!(next.turn(Usable), Some(RelayTurn::Cleared));
    }
}
