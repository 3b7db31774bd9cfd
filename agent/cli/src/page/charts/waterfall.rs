//! Evidence as a waterfall: each weight from the sum before it to the sum after it, in bans (log10 of the odds),
//! against the sums at which a block is raised and cleared.

use maud::{Markup, html};
use sortie_core::ledger::{CLEAR, RAISE};

use super::Percent;

/// Height of a bar's row, in pixels.
const ROW: u32 = 20;
/// Bans beside the outermost sum, so that no bar touches the edge.
const MARGIN: f64 = 0.5;

/// The scale that the bars of one verdict share.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::page) struct Waterfall {
    least: f64,
    most: f64,
}

impl Waterfall {
    /// A scale that shows every running sum of these weights, zero, and both decisions.
    pub(in crate::page) fn over(weights: &[f64]) -> Self {
        let mut sum = 0.0;
        let (mut least, mut most) = (CLEAR, RAISE);
        for weight in weights {
            sum += weight;
            (least, most) = (f64::min(least, sum), f64::max(most, sum));
        }
        Self { least: least - MARGIN, most: most + MARGIN }
    }

    /// The heading of the bars: zero and the two decisions, whose lines the bars use by the id `lines`.
    pub(in crate::page) fn scale(&self, lines: &str) -> Markup {
        html! {
            svg .fall height=(ROW) aria-hidden="true" {
                g #(lines) {
                    @for (sum, class) in [(CLEAR, "decision"), (0.0, "zero"), (RAISE, "decision")] {
                        line .(class) x1=(self.place(sum)) x2=(self.place(sum)) y2="100%" {}
                    }
                }
                @for (sum, label) in [(CLEAR, "−2"), (0.0, "0"), (RAISE, "+3")] {
                    text x=(self.place(sum)) y="14" text-anchor="middle" { (label) }
                }
            }
        }
    }

    /// The bar from one sum to another, before the lines of the heading.
    pub(in crate::page) fn bar(&self, lines: &str, before: f64, after: f64) -> Markup {
        let (left, right) = (f64::min(before, after), f64::max(before, after));
        let share = (right - left) / (self.most - self.least);
        html! {
            svg .fall height=(ROW) aria-hidden="true" {
                use href={ "#" (lines) } {}
                rect class=[(after < before).then_some("against")] x=(self.place(left)) y="5" width=(Percent(share)) height=(ROW - 10) {}
            }
        }
    }

    fn place(&self, sum: f64) -> Percent {
        Percent((sum - self.least) / (self.most - self.least))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_holds_every_running_sum_and_both_decisions() {
        for (weights, least, most) in [
            (&[][..], -2.5, 3.5),
            (&[1.0, 1.0], -2.5, 3.5),
            (&[2.0, 2.0, 2.0], -2.5, 6.5),
            (&[2.0, 2.0, -3.0, 0.5], -2.5, 4.5),
            (&[-4.0, 5.0], -4.5, 3.5),
        ] {
            let scale = Waterfall::over(weights);
            assert!((scale.least - least).abs() < 1e-9 && (scale.most - most).abs() < 1e-9, "{scale:?}");
        }
    }

    #[test]
    fn a_bar_goes_from_sum_to_sum() {
        let scale = Waterfall { least: -5.0, most: 5.0 };
        for (before, after, class, x, width) in [
            (0.0, 2.0, "", "50%", "20%"),
            (2.0, -1.0, r#" class="against""#, "40%", "30%"),
            (1.0, 1.0, "", "60%", "0%"),
        ] {
            let html = scale.bar("lines", before, after).into_string();
            let bar = format!(r#"<rect{class} x="{x}" y="5" width="{width}" height="10">"#);
            assert!(html.contains(&bar), "{html}");
        }
    }

    #[test]
    fn the_labels_are_the_decisions_of_the_ledger() {
        assert_eq!((CLEAR, RAISE), (-2.0, 3.0));
    }
}
