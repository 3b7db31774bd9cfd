//! Charts as SVG: pure, small, and drawn without a single inline style.
//!
//! Places along an axis are percentages and heights are pixels, so that a chart fills whatever width it is given and
//! its words keep their size; what must be a path lies in a nested viewport that is stretched, with strokes that are
//! not. How many marks there are is bounded by the number of columns, not by what is remembered.

mod bands;
mod marks;
mod percent;
mod strip;
mod ticks;
mod waterfall;
mod window;

pub(super) use self::bands::{Band, bands};
pub(super) use self::marks::{Mark, thin};
pub(super) use self::percent::Percent;
pub(super) use self::strip::{Strip, strip};
pub(super) use self::waterfall::Waterfall;
pub(super) use self::window::{Window, axis, grid};
