//! What should be, beside what is.

use crate::verdict::State;

/// What a port is expected to be. [`Expectation::Any`] is never violated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Expectation {
    /// Mail leaves.
    Open,
    /// Mail is stopped.
    Blocked,
    /// No expectation.
    Any,
}

impl Expectation {
    /// Every expectation, in the order of the vocabulary.
    pub const ALL: [Self; 3] = [Self::Open, Self::Blocked, Self::Any];

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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_compared_with_what_was_expected() {
        use Expectation::{Any, Blocked, Open};
        for (expected, state, met) in [
            (Open, State::Open, Some(true)),
            (Open, State::PlatformBlocked, Some(false)),
            (Open, State::LocallyBlocked, Some(false)),
            (Open, State::Partial, Some(false)),
            (Open, State::Inconclusive, None),
            (Blocked, State::PlatformBlocked, Some(true)),
            (Blocked, State::Open, Some(false)),
            (Any, State::PlatformBlocked, Some(true)),
            (Any, State::NoEgress, Some(true)),
        ] {
            assert_eq!(expected.is_met(state), met, "{expected:?} {state:?}");
        }
    }
}
