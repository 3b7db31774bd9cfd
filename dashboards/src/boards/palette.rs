//! The colours of the agent's page, so that a state looks the same on a VM and over the fleet.
//!
//! The page has two themes; a dashboard has one set for both. Of each tone the theme is taken that makes what stops mail
//! dark and everything else light: so they are told apart also by who does not see red and green (a test computes it).

use super::model::Colour;

/// As it should be.
pub(super) const GOOD: Colour = Colour("#5cc79b");
/// Mail is stopped.
pub(super) const BAD: Colour = Colour("#b3261e");
/// Mail is hindered, or leaves where nobody expects it to.
pub(super) const WARN: Colour = Colour("#e6b04f");
/// Nobody can tell.
pub(super) const DIM: Colour = Colour("#b0b2ee");
/// Stopped, and expected to be; also what is neither good nor bad.
pub(super) const CALM: Colour = Colour("#43566b");
