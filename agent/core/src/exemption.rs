//! Whether an exemption has come into effect: what was seen, not what was granted.
//!
//! ```text
//!   None ── blocked where an exemption exists ─▶ Awaited ── open ─▶ Verified ── blocked ─▶ Awaited
//!     └──── open where an exemption exists ───────────────────────────▲    told: verified, regressed
//! ```

use serde::{Deserialize, Serialize};

use crate::verdict::State;

/// How it stands with the exemption of one port and family.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exemption {
    /// None is needed, or nothing was seen yet.
    #[default]
    None,
    /// The platform blocks the port, and an exemption would lift it.
    Awaited,
    /// The port is open, as it is with an exemption.
    Verified,
}

/// What there is to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// An exemption has come into effect.
    Verified,
    /// It was in effect, and the platform blocks the port again.
    Regressed,
}

impl Exemption {
    /// Takes what is on show after a round; `exists` says whether the policy has an exemption for this machine.
    pub fn turn(&mut self, state: State, exists: bool) -> Option<News> {
        let before = *self;
        *self = match state {
            State::Open if exists => Self::Verified,
            State::PlatformBlocked if exists || before == Self::Verified => Self::Awaited,
            // Open without one, or blocked where there is none.
            State::Open | State::PlatformBlocked => Self::None,
            // Somebody else stops it, or nobody knows.
            _ => before,
        };
        match (before, *self) {
            (Self::Awaited, Self::Verified) => Some(News::Verified),
            (Self::Verified, Self::Awaited) => Some(News::Regressed),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::State::{Inconclusive, LocallyBlocked, NoEgress, Open, PlatformBlocked};

    fn story(told: &[(State, bool)]) -> Vec<Option<News>> {
        let mut exemption = Exemption::default();
        told.iter().map(|&(state, exists)| exemption.turn(state, exists)).collect()
    }

    #[test]
    fn a_block_that_is_lifted_is_verified_once_and_its_return_is_a_regression() {
        let told =
            [(PlatformBlocked, true), (Open, true), (Open, true), (PlatformBlocked, true), (Open, true)];
        let news = [None, Some(News::Verified), None, Some(News::Regressed), Some(News::Verified)];
        assert_eq!(story(&told), news);
    }

    #[test]
    fn what_is_not_known_or_stopped_by_others_neither_verifies_nor_regresses() {
        let told = [
            (PlatformBlocked, true),
            (Inconclusive, true),
            (LocallyBlocked, true),
            (Open, true),
            (NoEgress, true),
            (LocallyBlocked, true),
            (Open, true),
        ];
        assert_eq!(story(&told), [None, None, None, Some(News::Verified), None, None, None]);
    }

    #[test]
    fn a_port_that_was_open_from_the_start_can_only_regress() {
        assert_eq!(story(&[(Open, true), (PlatformBlocked, true)]), [None, Some(News::Regressed)]);
        assert_eq!(
            story(&[(Open, true), (PlatformBlocked, false)]),
            [None, Some(News::Regressed)],
            "the type changed too"
        );
    }

    #[test]
    fn without_an_exemption_in_the_policy_there_is_nothing_to_tell() {
        assert_eq!(story(&[(PlatformBlocked, false), (Open, false), (PlatformBlocked, false)]), [None; 3]);
        assert_eq!(
            story(&[(PlatformBlocked, true), (Open, false)]),
            [None; 2],
            "the type changed: open without one"
        );
    }
}
