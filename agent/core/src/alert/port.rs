//! When an alert about a port is raised, and when it is over.
//!
//! One port and family has at most one alert at a time: the worst thing that is known of it. What is not known raises
//! and clears nothing, so an alert outlives a round that could not judge.
//!
//! With an expectation, what violates it is an alert. Without one ([`Expectation::Any`]) only a fall is: a machine whose
//! port was never open has lost nothing, and would otherwise alert for ever.
//!
//! What explains a block better than "blocked" names the alert: an exemption that has not come into effect, a subscription
//! that may have another type now, destinations that refuse.

use serde::{Deserialize, Serialize};

use super::{Alert, Cause, Severity, Turn};
use crate::expect::Expectation;
use crate::verdict::State;

/// What is raised about one port and family, and what that follows from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    raised: Option<Alert>,
    /// The latest state that somebody could act on.
    known: Option<State>,
}

/// What a state is held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grounds {
    /// What the port is expected to be.
    pub expected: Expectation,
    /// An exemption lifts the block here, and the provider says that it is granted.
    pub is_exempted: bool,
    /// An exemption was in effect here before.
    pub was_exempted: bool,
    /// What is known of the subscription, whose type decides about port 25.
    pub subscription: TypeStanding,
}

/// How it stands with the type of the subscription, as far as it would explain a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypeStanding {
    /// It is what it was, or explains nothing here.
    Settled,
    /// Nobody can be asked for it.
    Untold,
    /// It is another one since a short while, and that is an alert already.
    Changed,
    /// The same, and whoever tells of it tells something else with every answer: what is expected may be over in a minute.
    Restless,
}

impl Grounds {
    /// An expectation, and nothing else.
    pub fn expecting(expected: Expectation) -> Self {
        Self { expected, is_exempted: false, was_exempted: false, subscription: TypeStanding::Settled }
    }
}

impl Alarm {
    /// Takes what is on show after a round.
    pub fn turn(&mut self, state: State, grounds: Grounds) -> Turn {
        let due = self.due(state, grounds);
        if state.is_conclusive() {
            self.known = Some(state);
        }
        Turn::between(std::mem::replace(&mut self.raised, due), due)
    }

    /// The alert that is raised.
    pub fn raised(self) -> Option<Alert> {
        self.raised
    }

    fn due(self, state: State, grounds: Grounds) -> Option<Alert> {
        use Cause::{
            DestinationsRefusing, ExemptionNotEffective, NoEgress, PortBlocked, PortDegraded,
            PortOpenUnexpectedly, SubscriptionTypeChangeSuspected,
        };
        use Severity::{Critical, Warning};
        let alert = |cause, severity| Some(Alert { cause, severity });
        let was_open = self.known == Some(State::Open);
        let is_raised = |cause| self.raised.is_some_and(|raised| raised.cause == cause);
        // Without an expectation: mail left once, and what holds now is a fall from there.
        let has_fallen = was_open || self.raised.is_some();
        let is_suspected = was_open || is_raised(SubscriptionTypeChangeSuspected);
        let is_changed = grounds.subscription == TypeStanding::Changed;
        let is_restless = grounds.subscription == TypeStanding::Restless;
        match (state, grounds.expected) {
            (State::Inconclusive, _) => self.raised,
            (State::PlatformBlocked, _) if is_restless => self.raised,
            // Whoever blocked the port may still do so: what was raised stays until the machine is heard again.
            (State::NoEgress, _) if self.raised.is_some() => self.raised,
            // Of a family that this machine never had nobody wants to hear.
            (State::NoEgress, _) => self.known.and_then(|_| alert(NoEgress, Warning)),
            // The block is about to come, and the cause is known.
            (State::Open, Expectation::Blocked) if is_restless || is_changed => None,
            (State::Open, Expectation::Blocked) => alert(PortOpenUnexpectedly, Warning),
            // A port that was open since it was granted is blocked by something else.
            (State::PlatformBlocked, _) if grounds.is_exempted && !was_open && !is_raised(PortBlocked) => {
                alert(ExemptionNotEffective, Warning)
            }
            (State::PlatformBlocked, Expectation::Blocked) if grounds.was_exempted => {
                alert(PortBlocked, Critical)
            }
            (State::Open, _) | (_, Expectation::Blocked) => None,
            (_, Expectation::Any) if !has_fallen => None,
            (State::PlatformBlocked, Expectation::Any)
                if grounds.subscription == TypeStanding::Untold && is_suspected =>
            {
                alert(SubscriptionTypeChangeSuspected, Warning)
            }
            (stopped, Expectation::Open) if stopped.is_block() => alert(PortBlocked, Critical),
            (stopped, Expectation::Any) if stopped.is_block() => alert(PortBlocked, Warning),
            (State::Refused, _) => alert(DestinationsRefusing, Warning),
            _ => alert(PortDegraded, Warning),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expect::Expectation::{Any, Blocked, Open as ExpectedOpen};
    use crate::verdict::State::{
        Inconclusive, LocallyBlocked, NoEgress, Open, PathBlocked, PlatformBlocked, Refused, Throttled,
    };

    /// What is raised after each of these states, as `cause severity`.
    fn story(expected: Expectation, states: &[State]) -> Vec<String> {
        told(Grounds::expecting(expected), states)
    }

    fn told(grounds: Grounds, states: &[State]) -> Vec<String> {
        let mut alarm = Alarm::default();
        let told = |alarm: &mut Alarm, state| {
            let before = alarm.raised();
            let turn = alarm.turn(state, grounds);
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
    fn destinations_that_refuse_are_not_the_providers_fault() {
        const REFUSING: &str = "SortieDestinationsRefusing warning";
        assert_eq!(story(ExpectedOpen, &[Open, Refused, Inconclusive, Open]), ["-", REFUSING, REFUSING, "-"]);
        assert_eq!(story(Any, &[Refused, Open, Refused]), ["-", "-", REFUSING]);
        assert_eq!(story(Blocked, &[Refused]), ["-"]);
    }

    #[test]
    fn an_exemption_that_is_granted_and_not_in_effect_is_named_until_the_port_opens() {
        const NOT_EFFECTIVE: &str = "SortieExemptionNotEffective warning";
        let granted = Grounds { is_exempted: true, ..Grounds::expecting(ExpectedOpen) };
        assert_eq!(
            told(granted, &[PlatformBlocked, Inconclusive, NoEgress, PlatformBlocked, Open]),
            [NOT_EFFECTIVE, NOT_EFFECTIVE, NOT_EFFECTIVE, NOT_EFFECTIVE, "-"]
        );
        assert_eq!(
            told(granted, &[LocallyBlocked, PathBlocked]),
            [BLOCKED, BLOCKED],
            "somebody else stops it"
        );
        assert_eq!(told(granted, &[Open, PlatformBlocked, PlatformBlocked]), ["-", BLOCKED, BLOCKED]);
        let withdrawn = Grounds { was_exempted: true, ..Grounds::expecting(Blocked) };
        assert_eq!(told(withdrawn, &[PlatformBlocked, PlatformBlocked]), [BLOCKED, BLOCKED]);
        assert_eq!(story(Blocked, &[PlatformBlocked]), ["-"]);
    }

    #[test]
    fn a_change_of_type_is_suspected_where_an_open_port_is_blocked_and_nobody_can_be_asked() {
        const SUSPECTED: &str = "SortieSubscriptionTypeChangeSuspected warning";
        let dark = |expected| Grounds { subscription: TypeStanding::Untold, ..Grounds::expecting(expected) };
        assert_eq!(
            told(dark(Any), &[Open, PlatformBlocked, Inconclusive, PlatformBlocked, Open]),
            ["-", SUSPECTED, SUSPECTED, SUSPECTED, "-"]
        );
        assert_eq!(told(dark(Any), &[PlatformBlocked, PlatformBlocked]), ["-", "-"], "it never was open");
        assert_eq!(told(dark(Any), &[Open, LocallyBlocked, PathBlocked]), ["-", FELL, FELL]);
        assert_eq!(
            told(dark(ExpectedOpen), &[Open, PlatformBlocked]),
            ["-", BLOCKED],
            "one cause, one alert"
        );
    }

    #[test]
    fn a_port_that_is_still_open_after_a_change_of_type_is_no_second_alert() {
        let changed = Grounds { subscription: TypeStanding::Changed, ..Grounds::expecting(Blocked) };
        assert_eq!(told(changed, &[Open, PlatformBlocked, Open]), ["-", "-", "-"]);
        assert_eq!(story(Blocked, &[Open]), [OPENED], "a day later it is");
    }

    #[test]
    fn an_expectation_that_comes_and_goes_raises_and_clears_nothing() {
        let restless =
            |expected| Grounds { subscription: TypeStanding::Restless, ..Grounds::expecting(expected) };
        let mut alarm = Alarm::default();
        let raised = alarm.turn(PlatformBlocked, Grounds::expecting(ExpectedOpen)).raised;
        for expected in [Blocked, ExpectedOpen, Any, Blocked] {
            assert_eq!(alarm.turn(PlatformBlocked, restless(expected)), Turn::default(), "{expected:?}");
        }
        assert_eq!(alarm.turn(PlatformBlocked, Grounds::expecting(Blocked)).cleared, raised, "settled");
        assert_eq!(
            told(restless(ExpectedOpen), &[Throttled, LocallyBlocked, Open]),
            [DEGRADED, BLOCKED, "-"]
        );
        assert_eq!(told(restless(Blocked), &[Open, PlatformBlocked, Open]), ["-", "-", "-"]);
    }

    #[test]
    fn a_new_expectation_is_judged_with_the_next_round() {
        let mut alarm = Alarm::default();
        assert_eq!(alarm.turn(PlatformBlocked, Grounds::expecting(Any)), Turn::default());
        let raised =
            alarm.turn(PlatformBlocked, Grounds::expecting(ExpectedOpen)).raised.expect("it is violated");
        assert_eq!((raised.cause, raised.severity), (Cause::PortBlocked, Severity::Critical));
        assert_eq!(
            alarm.turn(PlatformBlocked, Grounds::expecting(Blocked)),
            Turn { cleared: Some(raised), raised: None }
        );
    }

    #[test]
    fn the_next_life_raises_nothing_again() {
        let mut alarm = Alarm::default();
        alarm.turn(PlatformBlocked, Grounds::expecting(ExpectedOpen));
        let text = serde_json::to_string(&alarm).expect("plain data");
        let mut next: Alarm = serde_json::from_str(&text).expect("its own");
        assert_eq!(next.turn(PlatformBlocked, Grounds::expecting(ExpectedOpen)), Turn::default());
    }
}
