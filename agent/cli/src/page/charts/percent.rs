//! A share of a width, as an attribute.

use std::fmt;

use maud::Render;

/// From 0 to 1, written as a percentage with two decimals at most: a hundredth of a percent is less than a pixel.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(in crate::page) struct Percent(pub f64);

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hundredths = (self.0.clamp(0.0, 1.0) * 10_000.0).round();
        // Shortest form: 12.5, not 12.50.
        write!(f, "{}%", hundredths / 100.0)
    }
}

impl Render for Percent {
    fn render_to(&self, buffer: &mut String) {
        use fmt::Write as _;
        // Writing to a string does not fail.
        let _ = write!(buffer, "{self}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_written_in_its_shortest_form() {
        for (share, text) in [
            (0.0, "0%"),
            (0.125, "12.5%"),
            (1.0 / 3.0, "33.33%"),
            (0.07, "7%"),
            (0.999_999, "100%"),
            (-1.0, "0%"),
            (2.0, "100%"),
            (f64::NAN, "NaN%"),
        ] {
            assert_eq!(Percent(share).to_string(), text);
        }
    }
}
