//! The states of a port as dashboards show them: a word, a colour, and a number where a chart draws numbers.

use super::model::{Colour, Word};
use super::palette::{BAD, DIM, GOOD, WARN};

/// Every state, the one that is to be seen first last: where VMs are limited, the greatest numbers are shown.
///
/// The tone is that of the page; the states of one tone are shades of it.
pub(super) const STATES: [(&str, &str, Colour); 10] = [
    ("open", "open", GOOD),
    ("inconclusive", "inconclusive", Colour("#d3d4f5")),
    ("no_egress", "no egress", DIM),
    ("partial", "partial", Colour("#f2d69f")),
    ("refused", "refused", WARN),
    ("throttled", "throttled", Colour("#c08a2a")),
    ("intercepted", "intercepted", Colour("#9a6a14")),
    ("locally_blocked", "blocked locally", Colour("#e08a83")),
    ("path_blocked", "blocked on the path", Colour("#cc5a52")),
    ("platform_blocked", "blocked by the platform", BAD),
];

/// The states in which mail is stopped.
pub(super) const STOPPED: &str = "platform_blocked|path_blocked|locally_blocked";
/// The states in which mail is hindered.
pub(super) const HINDERED: &str = "intercepted|throttled|refused|partial";
/// The states in which nobody can tell.
pub(super) const UNDECIDED: &str = "no_egress|inconclusive";

/// The numbers of [`coded`], as words. What has no number has no telemetry.
pub(super) fn words() -> Vec<Word> {
    (1..).zip(STATES).map(|(code, (_, says, colour))| Word { code, says, colour }).collect()
}

/// The state of each of `by` as a number, from the state set that `labels` select.
pub(super) fn coded(by: &str, labels: &str) -> String {
    let each = |(code, (state, ..)): (usize, (&str, &str, Colour))| {
        format!("{code} * (sortie_port_status{{{labels}, sortie_port_state=\"{state}\"}} == 1)")
    };
    let all: Vec<_> = (1..).zip(STATES).map(each).collect();
    format!("max by ({by}) ({})", all.join(" or "))
}
