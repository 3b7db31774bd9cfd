//! The alert that a subscription has changed: news, which is over after a day, or when what it was is back and stays.
//!
//! ```text
//!          changed                    what it was is back            for an hour
//!   calm ───────────▶ raised ◀──────────────────────────────▶ back ─────────────▶ calm
//!    ▲                  │ a day                 changed
//!    └──────────────────┘
//! ```
//!
//! Somebody who tells one thing now and another with the next answer is one alert, not one with every answer: until an hour
//! has passed without a change, only what is more urgent takes the place of what is raised.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Alert, Cause, Severity, Turn, TypeStanding};
use crate::drift::{Change, Told};
use crate::expect::Expectation;

/// Long enough for somebody in working hours to see it.
const NEWS: Duration = Duration::from_secs(24 * 3_600);
/// Four answers at the default interval of a quarter of an hour.
const QUIET: Duration = Duration::from_secs(3_600);

/// What is raised about the subscription.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypeAlarm {
    raised: Option<Raised>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Raised {
    alert: Alert,
    /// When it last changed, since the Unix epoch.
    at: Duration,
    /// What it was before all of this.
    #[serde(default)]
    origin: Option<Told>,
    /// Whether it is that again.
    #[serde(default)]
    is_back: bool,
    /// Whether its type changed again before an hour had passed.
    #[serde(default)]
    is_restless: bool,
}

impl TypeAlarm {
    /// The subscription has changed, and with it what is expected of port 25. Urgent where mail that may leave is about to
    /// be stopped.
    pub fn change(
        &mut self,
        change: &Change,
        (before, after): (Expectation, Expectation),
        now: Duration,
    ) -> Turn {
        let stops_mail = after == Expectation::Blocked && before == Expectation::Open;
        let severity = if stops_mail { Severity::Critical } else { Severity::Warning };
        let alert = Alert { cause: Cause::SubscriptionTypeChanged, severity };
        let Some(raised) = &mut self.raised else {
            let origin = Some(change.previous.clone());
            self.raised = Some(Raised { alert, at: now, origin, is_back: false, is_restless: false });
            return Turn { cleared: None, raised: Some(alert) };
        };
        let is_soon = now.abs_diff(raised.at) < QUIET;
        raised.at = now;
        // What leaves the type as it was leaves the expectation as it was.
        if change.previous.kind != change.current.kind {
            raised.is_restless = is_soon;
        }
        raised.is_back = raised.origin.as_ref() == Some(&change.current);
        let is_more_urgent = severity == Severity::Critical && raised.alert.severity == Severity::Warning;
        if raised.is_back || (is_soon && !is_more_urgent) {
            return Turn::default();
        }
        // Another change while one is news is another alert, even of the same severity.
        let former = std::mem::replace(&mut raised.alert, alert);
        if !is_soon {
            raised.origin = Some(change.previous.clone());
        }
        Turn { cleared: Some(former), raised: Some(alert) }
    }

    /// Time passes; a clock that is set by more than a day ends the news too.
    pub fn tick(&mut self, now: Duration) -> Turn {
        if let Some(raised) = &mut self.raised {
            raised.is_restless &= now.abs_diff(raised.at) < QUIET;
        }
        let is_over =
            |raised: &mut Raised| now.abs_diff(raised.at) >= if raised.is_back { QUIET } else { NEWS };
        let cleared = self.raised.take_if(is_over);
        Turn { cleared: cleared.map(|raised| raised.alert), raised: None }
    }

    /// The alert that is raised.
    pub fn raised(&self) -> Option<Alert> {
        self.raised.as_ref().map(|raised| raised.alert)
    }

    /// What it was before it changed, while that is news.
    pub fn origin(&self) -> Option<&Told> {
        self.raised.as_ref()?.origin.as_ref()
    }

    /// How it stands with the type, as far as an alert about a port has to do with it; `None` where nothing has changed.
    pub fn standing(&self) -> Option<TypeStanding> {
        self.raised
            .as_ref()
            .map(|raised| if raised.is_restless { TypeStanding::Restless } else { TypeStanding::Changed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expect::Expectation::{Any, Blocked, Open};
    use crate::knowledge::Subscription;

    const HOUR: Duration = Duration::from_secs(3_600);
    const START: Duration = Duration::from_secs(1_800_000_000);

    fn told(quota_id: &str) -> Told {
        Told {
            id: None,
            quota_id: Some(quota_id.to_owned()),
            agreement_type: None,
            spending_limit: None,
            state: None,
            kind: match quota_id {
                "a" => Subscription::Ea,
                "b" => Subscription::Other,
                "c" => Subscription::EaDevtest,
                _ => Subscription::Unknown,
            },
        }
    }

    fn change(previous: &str, current: &str) -> Change {
        Change { previous: told(previous), current: told(current) }
    }

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
            let turn = TypeAlarm::default().change(&change("a", "b"), (before, after), START);
            assert_eq!(turn, Turn { cleared: None, raised: Some(alert(severity)) }, "{before:?} {after:?}");
        }
    }

    #[test]
    fn it_is_raised_once_and_over_after_a_day_in_the_next_life_too() {
        let mut alarm = TypeAlarm::default();
        assert_eq!(alarm.tick(START), Turn::default(), "nothing has changed");
        alarm.change(&change("a", "b"), (Open, Blocked), START);
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
        alarm.change(&change("a", "b"), (Open, Blocked), START);
        let turn = alarm.change(&change("b", "c"), (Blocked, Open), START + HOUR);
        assert_eq!(
            turn,
            Turn { cleared: Some(alert(Severity::Critical)), raised: Some(alert(Severity::Warning)) }
        );
        assert_eq!(alarm.tick(START + 24 * HOUR), Turn::default(), "the day begins anew");
    }

    #[test]
    fn what_it_was_and_is_again_is_over_after_an_hour() {
        let mut alarm = TypeAlarm::default();
        let raised = alarm.change(&change("a", "b"), (Open, Blocked), START).raised;
        assert_eq!(alarm.change(&change("b", "a"), (Blocked, Open), START + 5 * HOUR), Turn::default());
        assert_eq!(alarm.tick(START + 5 * HOUR + HOUR / 2), Turn::default());
        assert_eq!(alarm.tick(START + 6 * HOUR).cleared, raised);
    }

    #[test]
    fn somebody_who_tells_something_else_with_every_answer_is_one_alert() {
        const QUARTER: Duration = Duration::from_secs(900);
        for types in [&["a", "b"][..], &["a", "b", "c", "d"]] {
            let mut alarm = TypeAlarm::default();
            let mut told = Vec::new();
            for answer in 0_u32..400 {
                let at = |offset| types[(answer as usize + offset) % types.len()];
                let now = START + answer * QUARTER;
                let expected = if answer % 2 == 0 { (Any, Any) } else { (Open, Blocked) };
                let turns = [alarm.tick(now), alarm.change(&change(at(0), at(1)), expected, now)];
                told.extend(turns.into_iter().filter(|turn| *turn != Turn::default()));
            }
            let first = Turn { cleared: None, raised: Some(alert(Severity::Warning)) };
            let worse = Turn { cleared: first.raised, raised: Some(alert(Severity::Critical)) };
            let expected: &[Turn] = if types.len() == 2 { &[first] } else { &[first, worse] };
            assert_eq!(told, expected, "{types:?}");
            assert_eq!(alarm.standing(), Some(TypeStanding::Restless));
            let end = START + 400 * QUARTER;
            alarm.tick(end + HOUR);
            assert_ne!(alarm.standing(), Some(TypeStanding::Restless), "an hour without a change");
            alarm.tick(end + 24 * HOUR);
            assert_eq!(alarm.standing(), None);
        }
    }

    #[test]
    fn what_leaves_the_type_as_it_was_makes_nobody_restless() {
        let mut alarm = TypeAlarm::default();
        alarm.change(&change("a", "b"), (Open, Blocked), START);
        let mut warned = change("b", "b");
        warned.current.state = Some("Warned".to_owned());
        alarm.change(&warned, (Blocked, Blocked), START + HOUR / 4);
        assert_eq!(alarm.standing(), Some(TypeStanding::Changed));
        assert_eq!(alarm.origin(), Some(&told("a")));
    }

    #[test]
    fn an_alert_of_a_former_release_is_read() {
        let text = r#"{"raised":{"alert":{"cause":"SubscriptionTypeChanged","severity":"Critical"},"at":{"secs":1800000000,"nanos":0}}}"#;
        let mut alarm: TypeAlarm = serde_json::from_str(text).expect("it has fewer fields");
        assert_eq!(alarm.standing(), Some(TypeStanding::Changed));
        assert_eq!(alarm.tick(START + 24 * HOUR).cleared, Some(alert(Severity::Critical)));
    }
}
