//! The alert that a subscription has changed: news, which is over after a day, or when what it was is back.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Alert, Cause, Severity, Turn};
use crate::expect::Expectation;

/// Long enough for somebody in working hours to see it.
const NEWS: Duration = Duration::from_secs(24 * 3_600);

/// What is raised about the subscription.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypeAlarm {
    raised: Option<Raised>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Raised {
    alert: Alert,
    /// Since the Unix epoch.
    at: Duration,
}

impl TypeAlarm {
    /// The subscription has changed, and with it what is expected of port 25. Urgent where mail that may leave is about to
    /// be stopped.
    pub fn change(&mut self, (before, after): (Expectation, Expectation), now: Duration) -> Turn {
        let stops_mail = after == Expectation::Blocked && before == Expectation::Open;
        let severity = if stops_mail { Severity::Critical } else { Severity::Warning };
        let alert = Alert { cause: Cause::SubscriptionTypeChanged, severity };
        // Another change while one is news is another alert, even of the same severity.
        let former = self.raised.replace(Raised { alert, at: now });
        Turn { cleared: former.map(|raised| raised.alert), raised: Some(alert) }
    }

    /// Time passes; a clock that is set by more than a day ends the news too.
    pub fn tick(&mut self, now: Duration) -> Turn {
        let cleared = self.raised.take_if(|raised| now.abs_diff(raised.at) >= NEWS);
        Turn { cleared: cleared.map(|raised| raised.alert), raised: None }
    }

    /// The alert that is raised.
    pub fn raised(&self) -> Option<Alert> {
        self.raised.as_ref().map(|raised| raised.alert)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expect::Expectation::{Any, Blocked, Open};

    const HOUR: Duration = Duration::from_secs(3_600);
    const START: Duration = Duration::from_secs(1_800_000_000);

    fn alert(severity: Severity) -> Alert {
        Alert { cause: Cause::SubscriptionTypeChanged, severity }
    }

    #[test]
    fn a_change_is_urgent_where_it_stops_mail_that_may_leave() {
        for (before, after, severity) in [
            (Open, Blocked, Severity::Critical),
            (Any, Blocked, Severity::Warning),
            (Open, Any, Severity::Warning),
            (Blocked, Open, Severity::Warning),
            (Blocked, Blocked, Severity::Warning),
        ] {
            let turn = TypeAlarm::default().change((before, after), START);
            assert_eq!(turn, Turn { cleared: None, raised: Some(alert(severity)) }, "{before:?} {after:?}");
        }
    }

    #[test]
    fn it_is_raised_once_and_over_after_a_day_in_the_next_life_too() {
        let mut alarm = TypeAlarm::default();
        assert_eq!(alarm.tick(START), Turn::default(), "nothing has changed");
        alarm.change((Open, Blocked), START);
        assert_eq!(alarm.tick(START + 23 * HOUR), Turn::default());
        let text = serde_json::to_string(&alarm).expect("plain data");
        let mut next: TypeAlarm = serde_json::from_str(&text).expect("its own");
        assert_eq!(next.raised(), Some(alert(Severity::Critical)));
        assert_eq!(next.tick(START + 24 * HOUR).cleared, Some(alert(Severity::Critical)));
        assert_eq!(next.tick(START + 25 * HOUR), Turn::default());
    }

    #[test]
    fn another_change_takes_the_place_of_the_first() {
        let mut alarm = TypeAlarm::default();
        alarm.change((Open, Blocked), START);
        let turn = alarm.change((Blocked, Open), START + HOUR);
        assert_eq!(
            turn,
            Turn { cleared: Some(alert(Severity::Critical)), raised: Some(alert(Severity::Warning)) }
        );
        assert_eq!(alarm.tick(START + 24 * HOUR), Turn::default(), "the day begins anew");
    }
}
