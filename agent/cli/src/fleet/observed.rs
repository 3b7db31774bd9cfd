//! What many VMs amount to: the state of nearly all, or that they differ. Pure.

use std::collections::BTreeMap;

use sortie_core::expect::Expectation;
use sortie_core::verdict::State;

/// One VM in ten may be in another state: that of the shipped alerts on whole subscriptions, and in the questions about
/// since when.
const MINORITY: u64 = 10;

/// What is observed of a port in one subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Observed {
    /// At least nine of ten VMs that could judge are in this state; or none could, for this reason.
    One(State),
    /// They differ.
    Mixed,
}

impl Observed {
    /// The word in JSON.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::One(state) => state.code(),
            Self::Mixed => "mixed",
        }
    }
}

/// The VMs of one port, family and subscription.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) states: BTreeMap<State, u64>,
    pub(super) expected: BTreeMap<Expectation, u64>,
    /// Blocked where open is expected, and open where blocked is, where VM by VM was compared.
    pub(super) against: Option<(u64, u64)>,
}

impl Tally {
    /// All that report.
    pub(super) fn vms(&self) -> u64 {
        self.states.values().sum()
    }

    /// In this state.
    pub(super) fn in_state(&self, state: State) -> u64 {
        self.states.get(&state).copied().unwrap_or_default()
    }

    /// In any of the states that this holds for.
    pub(super) fn which(&self, is_it: impl Fn(State) -> bool) -> u64 {
        self.states.iter().filter(|(state, _)| is_it(**state)).map(|(_, vms)| vms).sum()
    }

    /// Those that could judge.
    pub(super) fn conclusive(&self) -> u64 {
        self.which(State::is_conclusive)
    }

    pub(super) fn blocked(&self) -> u64 {
        self.which(State::is_block)
    }

    /// Some mail leaves, or not to where it should.
    pub(super) fn degraded(&self) -> u64 {
        self.which(|state| state.is_conclusive() && !state.is_block() && state != State::Open)
    }

    pub(super) fn observed(&self) -> Observed {
        let conclusive = self.conclusive();
        if conclusive == 0 {
            let lost = self.in_state(State::NoEgress) >= self.in_state(State::Inconclusive);
            return Observed::One(if lost { State::NoEgress } else { State::Inconclusive });
        }
        let most = self.states.iter().filter(|(state, _)| state.is_conclusive()).max_by_key(|(_, vms)| **vms);
        match most {
            Some((state, vms)) if (conclusive - vms) * MINORITY <= conclusive => Observed::One(*state),
            _ => Observed::Mixed,
        }
    }

    /// What is expected of all; `None` where that differs or nobody says.
    pub(super) fn expectation(&self) -> Option<Expectation> {
        let mut said = self.expected.iter().filter(|(_, vms)| **vms > 0).map(|(expected, _)| *expected);
        let first = said.next()?;
        said.next().is_none().then_some(first)
    }

    /// Whether different things are expected of different VMs.
    pub(super) fn is_expected_to_differ(&self) -> bool {
        self.expected.values().filter(|vms| **vms > 0).count() > 1
    }

    /// How many are blocked that should be open.
    pub(super) fn blocked_unexpectedly(&self) -> u64 {
        match self.expectation() {
            Some(Expectation::Open) => self.blocked(),
            Some(_) => 0,
            None => self.against.map(|(blocked, _)| blocked).unwrap_or_default(),
        }
    }

    /// How many are open that should be blocked.
    pub(super) fn open_unexpectedly(&self) -> u64 {
        match self.expectation() {
            Some(Expectation::Blocked) => self.in_state(State::Open),
            Some(_) => 0,
            None => self.against.map(|(_, open)| open).unwrap_or_default(),
        }
    }

    /// How many contradict what is expected of them.
    pub(super) fn violated(&self) -> u64 {
        self.blocked_unexpectedly() + self.open_unexpectedly()
    }

    /// Whether so many of those that could judge are as many as nearly all.
    pub(super) fn are_nearly_all(&self, vms: u64) -> bool {
        let conclusive = self.conclusive();
        vms > 0 && conclusive.saturating_sub(vms) * MINORITY <= conclusive
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nine_of_ten_are_what_is_observed_of_all() {
        use State::{Inconclusive, NoEgress, Open, Partial, PlatformBlocked};
        for (states, expected) in [
            (&[(Open, 40)][..], Observed::One(Open)),
            (&[(Open, 36), (PlatformBlocked, 4)], Observed::One(Open)),
            (&[(Open, 35), (PlatformBlocked, 4)], Observed::Mixed),
            (&[(Open, 1), (PlatformBlocked, 9)], Observed::One(PlatformBlocked)),
            (&[(Open, 20), (PlatformBlocked, 20)], Observed::Mixed),
            (&[(Partial, 3)], Observed::One(Partial)),
            // Who could not judge says nothing of the port.
            (&[(PlatformBlocked, 1), (NoEgress, 99)], Observed::One(PlatformBlocked)),
            (&[(Open, 9), (Inconclusive, 50)], Observed::One(Open)),
            (&[(NoEgress, 2), (Inconclusive, 1)], Observed::One(NoEgress)),
            (&[(NoEgress, 1), (Inconclusive, 2)], Observed::One(Inconclusive)),
        ] {
            let tally = Tally { states: states.iter().copied().collect(), ..Tally::default() };
            assert_eq!(tally.observed(), expected, "{states:?}");
        }
    }

    #[test]
    fn where_all_are_expected_to_be_the_same_nobody_has_to_be_compared_one_by_one() {
        use Expectation::{Any, Blocked, Open};
        let states = BTreeMap::from([(State::Open, 7), (State::PlatformBlocked, 3), (State::Refused, 2)]);
        for (expected, against, blocked, open) in [
            (&[(Open, 12)][..], None, 3, 0),
            (&[(Blocked, 12)], None, 0, 7),
            (&[(Any, 12)], Some((5, 5)), 0, 0),
            (&[(Open, 12), (Blocked, 0)], Some((5, 5)), 3, 0),
            (&[(Open, 6), (Blocked, 6)], Some((2, 1)), 2, 1),
            (&[], None, 0, 0),
        ] {
            let expected: BTreeMap<_, _> = expected.iter().copied().collect();
            let tally = Tally { states: states.clone(), expected, against };
            assert_eq!(
                (tally.blocked_unexpectedly(), tally.open_unexpectedly()),
                (blocked, open),
                "{tally:?}"
            );
        }
    }
}
