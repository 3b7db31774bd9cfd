//! What should be, beside what is: expectation, and how a state compares with it.

use crate::target::Family;
use crate::verdict::State;

/// What a port is expected to be. [`Expectation::Any`] is never violated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Expectation {
    /// Mail leaves.
    Open,
    /// Mail is stopped.
    Blocked,
    /// No expectation.
    Any,
}

/// How a state compares with the expectation; the order is the order of alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// Open, or as expected.
    Fine,
    /// Not known: no egress, or inconclusive.
    Unknown,
    /// Some mail leaves, or not to where it should.
    Degraded,
    /// Blocked against expectation, or unexpectedly open.
    Violated,
}

impl Expectation {
    /// The word in configuration and report.
    pub fn code(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Blocked => "blocked",
            Self::Any => "any",
        }
    }

    /// Whether the state is what was expected; `None` where the state is not known.
    pub fn is_met(self, state: State) -> Option<bool> {
        match self {
            Self::Any => Some(true),
            _ if !state.is_conclusive() => None,
            Self::Open => Some(state == State::Open),
            Self::Blocked => Some(state.is_block()),
        }
    }

    /// How the state compares.
    pub fn standing(self, state: State) -> Standing {
        match state {
            State::NoEgress | State::Inconclusive => Standing::Unknown,
            State::Partial | State::Throttled | State::Refused | State::Intercepted => Standing::Degraded,
            State::Open if self == Self::Blocked => Standing::Violated,
            _ if state.is_block() && self == Self::Open => Standing::Violated,
            _ => Standing::Fine,
        }
    }
}

/// The standing of one port over its families: the worst, except that a family in which nothing leaves does not
/// count where the other one was measured. Most machines have no IPv6, and mail leaves without it.
pub fn over_families(states: &[(Family, State)], expectation: Expectation) -> Standing {
    let elsewhere =
        |state: State| state == State::NoEgress && states.iter().any(|(_, other)| other.is_conclusive());
    let counted = states.iter().filter(|(_, state)| !elsewhere(*state));
    counted.map(|(_, state)| expectation.standing(*state)).max().unwrap_or(Standing::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_compared_with_what_was_expected() {
        use Expectation::{Any, Blocked, Open};
        for (expected, state, met, standing) in [
            (Open, State::Open, Some(true), Standing::Fine),
            (Open, State::PlatformBlocked, Some(false), Standing::Violated),
            (Open, State::LocallyBlocked, Some(false), Standing::Violated),
            (Open, State::Partial, Some(false), Standing::Degraded),
            (Open, State::Inconclusive, None, Standing::Unknown),
            (Blocked, State::PlatformBlocked, Some(true), Standing::Fine),
            (Blocked, State::Open, Some(false), Standing::Violated),
            (Any, State::PlatformBlocked, Some(true), Standing::Fine),
            (Any, State::Throttled, Some(true), Standing::Degraded),
            (Any, State::NoEgress, Some(true), Standing::Unknown),
        ] {
            assert_eq!(
                (expected.is_met(state), expected.standing(state)),
                (met, standing),
                "{expected:?} {state:?}"
            );
        }
    }

    #[test]
    fn a_family_without_egress_does_not_count_beside_one_that_was_measured() {
        let states = [(Family::Ipv4, State::Open), (Family::Ipv6, State::NoEgress)];
        assert_eq!(over_families(&states, Expectation::Open), Standing::Fine);
        let states = [(Family::Ipv4, State::NoEgress), (Family::Ipv6, State::NoEgress)];
        assert_eq!(over_families(&states, Expectation::Open), Standing::Unknown);
        let states = [(Family::Ipv4, State::Open), (Family::Ipv6, State::PlatformBlocked)];
        assert_eq!(over_families(&states, Expectation::Open), Standing::Violated);
    }
}
