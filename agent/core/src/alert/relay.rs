//! The alert about one relay.
//!
//! ```text
//!           unusable          unusable
//!   calm ─────────────▶ once ──────────▶ raised
//!    ▲ ◀── usable, degraded ──┴──────────────┘
//! ```
//!
//! One conversation can fail by chance; two in a row, minutes apart, are a failure. A relay that works, however badly, has
//! no alert. It waits for working hours: nobody knows from here how much mail goes that way.

use serde::{Deserialize, Serialize};

use super::{Alert, Cause, Severity, Turn};
use crate::relay::Usability;

/// Unusable conversations in a row that raise the alert.
const FAILURES: u8 = 2;

/// What is raised about one relay, and what that follows from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelayAlarm {
    failures: u8,
}

impl RelayAlarm {
    /// Takes the result of a conversation.
    pub fn turn(&mut self, result: Usability) -> Turn {
        let before = self.raised();
        self.failures = if result == Usability::Unusable { (self.failures + 1).min(FAILURES) } else { 0 };
        Turn::between(before, self.raised())
    }

    /// The alert that is raised.
    pub fn raised(self) -> Option<Alert> {
        let alert = Alert { cause: Cause::RelayUnusable, severity: Severity::Warning };
        (self.failures >= FAILURES).then_some(alert)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relay::Usability::{Degraded, Unusable, Usable};

    #[test]
    fn two_failures_in_a_row_are_an_alert_until_the_relay_works() {
        for story in [
            &[(Usable, ""), (Degraded, ""), (Usable, "")][..],
            &[(Unusable, ""), (Usable, ""), (Unusable, ""), (Degraded, "")],
            &[(Unusable, ""), (Unusable, "raised"), (Unusable, ""), (Usable, "cleared"), (Usable, "")],
            &[
                (Unusable, ""),
                (Unusable, "raised"),
                (Degraded, "cleared"),
                (Unusable, ""),
                (Unusable, "raised"),
            ],
        ] {
            let mut alarm = RelayAlarm::default();
            for (at, (result, told)) in story.iter().enumerate() {
                let Turn { cleared, raised } = alarm.turn(*result);
                let is = match (cleared, raised) {
                    (None, None) => "",
                    (None, Some(_)) => "raised",
                    (Some(_), _) => "cleared",
                };
                assert_eq!(is, *told, "{at} of {story:?}");
            }
        }
    }

    #[test]
    fn a_relay_that_fails_for_ever_is_one_alert() {
        let mut alarm = RelayAlarm::default();
        let raised = (0..1_000).filter(|_| alarm.turn(Unusable).raised.is_some()).count();
        assert_eq!((raised, alarm.raised().is_some()), (1, true));
    }

    #[test]
    fn the_next_life_raises_nothing_again() {
        let mut alarm = RelayAlarm::default();
        alarm.turn(Unusable);
        let raised = alarm.turn(Unusable).raised;
        let text = serde_json::to_string(&alarm).expect("plain data");
        let mut next: RelayAlarm = serde_json::from_str(&text).expect("its own");
        assert_eq!(next.turn(Unusable), Turn::default());
        assert_eq!(next.turn(Usable), Turn { cleared: raised, raised: None });
    }
}
