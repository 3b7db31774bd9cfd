//! When this machine itself raises an alert about a port, and when the alert is over.
//!
//! One port and family has at most one alert at a time: the worst thing that is known of it. What is not known raises
//! and clears nothing, so an alert outlives a round that could not judge.
//!
//! With an expectation, what violates it is an alert. Without one ([`Expectation::Any`]) only a fall is: a machine whose
//! port was never open has lost nothing, and would otherwise alert for ever.

use serde::{Deserialize, Serialize};

use crate::expect::Expectation;
use crate::verdict::State;

/// What an alert is about: a closed vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Cause {
    /// Somebody stops the mail.
    PortBlocked,
    /// Mail leaves late, in part, or through other hands.
    PortDegraded,
    /// Mail leaves where it should not.
    PortOpenUnexpectedly,
    /// Nothing leaves this machine any more.
    NoEgress,
}

/// How urgent: the words of the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Severity {
    /// Wakes somebody.
    Critical,
    /// Somebody looks at it in working hours.
    Warning,
}

/// An alert that is raised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Alert {
    /// What it is about.
    pub cause: Cause,
    /// How urgent it is.
    pub severity: Severity,
}

/// What is raised about one port and family, and what that follows from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    raised: Option<Alert>,
    /// The latest state that somebody could act on.
    known: Option<State>,
}

/// What there is to tell after a round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turn {
    /// An alert that is over.
    pub cleared: Option<Alert>,
    /// An alert that began.
    pub raised: Option<Alert>,
}

impl Cause {
    /// Every cause.
    pub const ALL: [Self; 4] =
        [Self::PortBlocked, Self::PortDegraded, Self::PortOpenUnexpectedly, Self::NoEgress];

    /// The name of the alert.
    pub fn code(self) -> &'static str {
        match self {
            Self::PortBlocked => "SortiePortBlocked",
            Self::PortDegraded => "SortiePortDegraded",
            Self::PortOpenUnexpectedly => "SortiePortOpenUnexpectedly",
            Self::NoEgress => "SortieNoEgress",
        }
    }
}

impl Severity {
    /// Every severity, the most urgent first.
    pub const ALL: [Self; 2] = [Self::Critical, Self::Warning];

    /// The word in events and labels.
    pub fn code(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Warning => "warning",
        }
    }
}

impl Alarm {
    /// Takes what is on show after a round.
    pub fn turn(&mut self, state: State, expected: Expectation) -> Turn {
        let due = self.due(state, expected);
        if state.is_conclusive() {
            self.known = Some(state);
        }
        let before = std::mem::replace(&mut self.raised, due);
        if before == due { Turn::default() } else { Turn { cleared: before, raised: due } }
    }

    /// The alert that is raised.
    pub fn raised(self) -> Option<Alert> {
        self.raised
    }

    fn due(self, state: State, expected: Expectation) -> Option<Alert> {
        use Cause::{NoEgress, PortBlocked, PortDegraded, PortOpenUnexpectedly};
        use Severity::{Critical, Warning};
        let alert = |cause, severity| Some(Alert { cause, severity });
        // Without an expectation: mail left once, and what holds now is a fall from there.
        let has_fallen = self.known == Some(State::Open) || self.raised.is_some();
        match (state, expected) {
            (State::Inconclusive, _) => self.raised,
            // Whoever blocked the port may still do so: what was raised stays until the machine is heard again.
            (State::NoEgress, _) if self.raised.is_some() => self.raised,
            // Of a family that this machine never had nobody wants to hear.
            (State::NoEgress, _) => self.known.and_then(|_| alert(NoEgress, Warning)),
            (State::Open, Expectation::Blocked) => alert(PortOpenUnexpectedly, Warning),
            (State::Open, _) | (_, Expectation::Blocked) => None,
            (_, Expectation::Any) if !has_fallen => None,
            (stopped, Expectation::Open) if stopped.is_block() => alert(PortBlocked, Critical),
            (stopped, Expectation::Any) if stopped.is_block() => alert(PortBlocked, Warning),
            _ => alert(PortDegraded, Warning),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expect::Expectation::{Any, Blocked, Open as ExpectedOpen};
    use crate::verdict::State::{
        Inconclusive, LocallyBlocked, NoEgress, Open, PathBlocked, PlatformBlocked, Throttled,
    };

    /// What is raised after each of these states, as `cause severity`.
    fn story(expected: Expectation, states: &[State]) -> Vec<String> {
        let mut alarm = Alarm::default();
        let told = |alarm: &mut Alarm, state| {
            let before = alarm.raised();
            let turn = alarm.turn(state, expected);
            assert_eq!(turn == Turn::default(), before == alarm.raised(), "told what did not happen");
            alarm.raised().map_or_else(
                || "-".to_owned(),
                |alert| format!("{} {}", alert.cause.code(), alert.severity.code()),
            )
        };
        states.iter().map(|&state| told(&mut alarm, state)).collect()
    }

    const BLOCKED: &str = "SortiePortBlocked critical";
    const FELL: &str = "SortiePortBlocked warning";
    const DEGRADED: &str = "SortiePortDegraded warning";
    const CUT: &str = "SortieNoEgress warning";
    const OPENED: &str = "SortiePortOpenUnexpectedly warning";

    #[test]
    fn a_port_that_should_be_open_alerts_from_the_first_verdict_until_it_is() {
        assert_eq!(story(ExpectedOpen, &[PlatformBlocked, PathBlocked, Open]), [BLOCKED, BLOCKED, "-"]);
        assert_eq!(
            story(ExpectedOpen, &[Open, Throttled, LocallyBlocked, Open]),
            ["-", DEGRADED, BLOCKED, "-"]
        );
    }

    #[test]
    fn a_port_that_should_be_blocked_alerts_when_it_is_not() {
        assert_eq!(
            story(Blocked, &[PlatformBlocked, Open, Throttled, PlatformBlocked]),
            ["-", OPENED, "-", "-"]
        );
    }

    #[test]
    fn without_an_expectation_only_a_fall_alerts() {
        assert_eq!(story(Any, &[PlatformBlocked, PlatformBlocked, Open]), ["-", "-", "-"]);
        assert_eq!(story(Any, &[Open, PlatformBlocked, PathBlocked, Open]), ["-", FELL, FELL, "-"]);
        assert_eq!(story(Any, &[Open, Throttled, PlatformBlocked, Open]), ["-", DEGRADED, FELL, "-"]);
    }

    #[test]
    fn what_is_not_known_raises_and_clears_nothing() {
        assert_eq!(story(ExpectedOpen, &[Inconclusive, Open, Inconclusive]), ["-", "-", "-"]);
        assert_eq!(story(ExpectedOpen, &[PlatformBlocked, Inconclusive, Open]), [BLOCKED, BLOCKED, "-"]);
        assert_eq!(story(Any, &[Open, Inconclusive, PlatformBlocked]), ["-", "-", FELL]);
    }

    #[test]
    fn a_cut_is_one_alert_and_hides_none_that_was_there() {
        assert_eq!(story(ExpectedOpen, &[NoEgress, NoEgress]), ["-", "-"], "it never had any");
        assert_eq!(story(ExpectedOpen, &[Open, NoEgress, Inconclusive, Open]), ["-", CUT, CUT, "-"]);
        assert_eq!(
            story(ExpectedOpen, &[PlatformBlocked, NoEgress, PlatformBlocked]),
            [BLOCKED, BLOCKED, BLOCKED]
        );
        assert_eq!(story(Any, &[Open, NoEgress, PlatformBlocked]), ["-", CUT, FELL]);
        assert_eq!(story(Blocked, &[PlatformBlocked, NoEgress, PlatformBlocked]), ["-", CUT, "-"]);
    }

    #[test]
    fn a_new_expectation_is_judged_with_the_next_round() {
        let mut alarm = Alarm::default();
        assert_eq!(alarm.turn(PlatformBlocked, Any), Turn::default());
        let raised = alarm.turn(PlatformBlocked, ExpectedOpen).raised.expect("it is violated");
        assert_eq!((raised.cause, raised.severity), (Cause::PortBlocked, Severity::Critical));
        assert_eq!(alarm.turn(PlatformBlocked, Blocked), Turn { cleared: Some(raised), raised: None });
    }

    #[test]
    fn the_next_life_raises_nothing_again() {
        let mut alarm = Alarm::default();
        alarm.turn(PlatformBlocked, ExpectedOpen);
        let text = serde_json::to_string(&alarm).expect("plain data");
        let mut next: Alarm = serde_json::from_str(&text).expect("its own");
        assert_eq!(next.turn(PlatformBlocked, ExpectedOpen), Turn::default());
    }
}
