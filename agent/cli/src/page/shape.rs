//! A state or an outcome as a shape and a colour: each tells it alone, so that nobody has to see colours.

use maud::{Markup, html};
use sortie_core::outcome::Outcome;
use sortie_core::verdict::State;

/// The class of a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Shape {
    /// A circle with a tick.
    Open,
    /// A dashed diamond.
    Unknown,
    /// A triangle.
    Degraded,
    /// An octagon.
    Blocked,
}

impl Shape {
    /// The shape of a word of the closed vocabulary; a word that this version does not know is unknown.
    pub(super) fn of(state: &str) -> Self {
        let known = State::ALL.into_iter().find(|known| known.code() == state);
        match known {
            Some(State::Open) => Self::Open,
            Some(State::PlatformBlocked | State::PathBlocked | State::LocallyBlocked) => Self::Blocked,
            Some(State::Intercepted | State::Throttled | State::Refused | State::Partial) => Self::Degraded,
            Some(State::NoEgress | State::Inconclusive) | None => Self::Unknown,
        }
    }

    /// Its place in the [`sprite`], and its name in the style sheet.
    pub(super) fn id(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Unknown => "unknown",
            Self::Degraded => "degraded",
            Self::Blocked => "blocked",
        }
    }
}

/// The colour, as a class of the style sheet: how the state compares with what was expected.
///
/// A block that was expected is calm. One that nobody expected stops mail, also where nothing else was expected.
pub(super) fn tone(state: &str, expected: &str) -> &'static str {
    match (Shape::of(state), expected) {
        (Shape::Open, "blocked") | (Shape::Degraded, _) => "warn",
        (Shape::Open, _) => "good",
        (Shape::Blocked, "blocked") => "calm",
        (Shape::Blocked, _) => "bad",
        (Shape::Unknown, _) => "dim",
    }
}

/// The mark of an outcome that has no time to be drawn at, as a place in the [`sprite`].
pub(super) fn mark(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Timeout => "m-silent",
        Outcome::Reset => "m-reset",
        Outcome::Prohibited | Outcome::Unreachable => "m-icmp",
        Outcome::NoRoute | Outcome::DeniedLocally | Outcome::LocalError => "m-local",
        Outcome::DnsError => "m-name",
        Outcome::Established
        | Outcome::Greeted
        | Outcome::RejectedGreeting
        | Outcome::SilentGreeting
        | Outcome::ResetAfterHandshake => "m-untimed",
    }
}

/// The shape of a state, for a place where the words stand beside it.
pub(super) fn icon(state: &str) -> Markup {
    drawn(Shape::of(state))
}

/// A shape, for a place where the words stand beside it.
pub(super) fn drawn(shape: Shape) -> Markup {
    html! { svg .icon viewBox="0 0 24 24" aria-hidden="true" { use href={ "#" (shape.id()) } {} } }
}

/// Every shape once. Those of outcomes are drawn around the origin.
pub(super) fn sprite() -> Markup {
    html! {
        svg .sprite width="0" height="0" aria-hidden="true" {
            g #open { circle cx="12" cy="12" r="10.5" {} path .cut d="M7 12.5l3.5 3.5L17 9" {} }
            g #blocked { path d="M7.7 1.5h8.6l6.2 6.2v8.6l-6.2 6.2H7.7l-6.2-6.2V7.7z" {} path .cut d="M7.5 12h9" {} }
            g #degraded { path d="M12 2L23 21.5H1z" {} path .cut d="M12 9v6m0 3v.1" {} }
            g #unknown { path .dashed d="M12 1.5L22.5 12 12 22.5 1.5 12z" {} path .line d="M9.5 10a2.5 2.5 0 1 1 3.6 2.2c-.8.5-1.1.8-1.1 1.8m0 3v.1" {} }
            path #m-silent .line d="M-3.5-3.5l7 7m0-7l-7 7" {}
            path #m-reset d="M-4.5-3.5h9L0 4z" {}
            path #m-icmp d="M0-5l5 5-5 5-5-5z" {}
            path #m-local d="M-3.5-3.5h7v7h-7z" {}
            path #m-name .line d="M-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0" {}
            path #m-untimed d="M-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0" {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_a_shape_and_a_colour() {
        for (state, expected, shape, colour) in [
            ("open", "open", Shape::Open, "good"),
            ("open", "any", Shape::Open, "good"),
            ("open", "blocked", Shape::Open, "warn"),
            ("platform_blocked", "open", Shape::Blocked, "bad"),
            ("platform_blocked", "any", Shape::Blocked, "bad"),
            ("platform_blocked", "blocked", Shape::Blocked, "calm"),
            ("path_blocked", "open", Shape::Blocked, "bad"),
            ("locally_blocked", "open", Shape::Blocked, "bad"),
            ("intercepted", "open", Shape::Degraded, "warn"),
            ("throttled", "any", Shape::Degraded, "warn"),
            ("refused", "open", Shape::Degraded, "warn"),
            ("partial", "blocked", Shape::Degraded, "warn"),
            ("no_egress", "open", Shape::Unknown, "dim"),
            ("inconclusive", "blocked", Shape::Unknown, "dim"),
            ("a word from the future", "open", Shape::Unknown, "dim"),
        ] {
            assert_eq!((Shape::of(state), tone(state, expected)), (shape, colour), "{state} {expected}");
        }
    }
}
