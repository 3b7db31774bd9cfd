//! One destination over time: dots where a handshake was timed, and in a lane above them marks where nothing was.

use maud::{Markup, html};
use sortie_core::outcome::Outcome;

use super::{Mark, Percent, Window, ticks};
use crate::page::{moment, shape};
use crate::render::words::{spoken, time};

/// Height of the lane for what has no time, in pixels.
const LANE: u32 = 14;
/// Height of the plot below it.
const PLOT: u32 = 36;
/// Width of the stretched viewport of the plot: finer than a pixel on most screens.
const ACROSS: f64 = 1_000.0;
/// Steps between the floor and the ceiling of the plot.
const STEPS: f64 = 2.0;

/// A strip, and the ceiling of its axis.
pub(in crate::page) struct Strip<'a> {
    /// Unique on the page.
    pub(in crate::page) id: &'a str,
    /// What it shows, in one line.
    pub(in crate::page) title: &'a str,
    /// The same as the marks, in words.
    pub(in crate::page) description: &'a str,
    /// Oldest first.
    pub(in crate::page) marks: &'a [Mark],
    pub(in crate::page) window: &'a Window,
}

/// The labels of the axis, top down, and the chart.
pub(in crate::page) fn strip(strip: &Strip<'_>) -> Markup {
    let slowest = strip.marks.iter().filter_map(|mark| mark.times).map(|(_, most)| millis(most));
    let step = slowest.reduce(f64::max).map(|slowest| ticks::step(slowest / STEPS));
    let (title, description) = (format!("{}-t", strip.id), format!("{}-d", strip.id));
    html! {
        p .scale aria-hidden="true" {
            @if let Some(step) = step {
                span { (step * STEPS) " ms" } span { (step) } span { "0" }
            }
        }
        svg .plot #(strip.id) role="img" height=(LANE + PLOT) aria-labelledby=(title) aria-describedby=(description) {
            title #(title) { (strip.title) }
            desc #(description) { (strip.description) }
            use href="#grid" {}
            @for mark in strip.marks.iter().filter(|mark| mark.times.is_none()) { (lane(mark, strip.window)) }
            svg .dots y=(LANE) width="100%" height=(PLOT) viewBox={ "0 0 " (ACROSS) " " (PLOT) } preserveAspectRatio="none" {
                @for mark in strip.marks {
                    @if let (Some((least, most)), Some(step)) = (mark.times, step) {
                        @let height = |ms: f64| (f64::from(PLOT) * (1.0 - ms / (step * STEPS))).round();
                        @let (top, bottom) = (height(millis(most)), height(millis(least)));
                        @let across = (strip.window.place((mark.from + mark.to) / 2) * ACROSS).round();
                        path class=[is_odd(mark.outcome).then_some("odd")] d={ "M" (across) " " (top) "v" (bottom - top) } {
                            title { (words(mark)) }
                        }
                    }
                }
            }
        }
    }
}

/// A run of probes without a time: its shape at both ends and a line between them.
fn lane(mark: &Mark, window: &Window) -> Markup {
    let (from, to) = (Percent(window.place(mark.from)), Percent(window.place(mark.to)));
    let shape = format!("#{}", shape::mark(mark.outcome));
    let y = LANE / 2;
    html! {
        g {
            title { (words(mark)) }
            @if from != to {
                line x1=(from) x2=(to) y1=(y) y2=(y) {}
                use href=(shape) x=(to) y=(y) {}
            }
            use href=(shape) x=(from) y=(y) {}
        }
    }
}

/// A handshake that was followed by something else than a greeting.
fn is_odd(outcome: Outcome) -> bool {
    !matches!(outcome, Outcome::Established | Outcome::Greeted)
}

/// `14:03–14:32 11.9 ms–14.0 ms ×8`: short, there are hundreds of them.
fn words(mark: &Mark) -> String {
    let when = range(moment::clock(mark.from), &moment::clock(mark.to));
    let times = mark.times.map(|(least, most)| range(time(millis(least)), &time(millis(most))));
    let outcome = spoken(mark.outcome.code());
    let what = match times {
        Some(times) if is_odd(mark.outcome) => format!("{times}, {outcome}"),
        Some(times) => times,
        None => outcome,
    };
    if mark.probes == 1 { format!("{when} {what}") } else { format!("{when} {what} ×{}", mark.probes) }
}

fn range(from: String, to: &str) -> String {
    if from == to { from } else { format!("{from}–{to}") }
}

fn millis(time: std::time::Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);

    fn mark(outcome: Outcome, from: u32, to: u32, probes: usize, ms: Option<(u64, u64)>) -> Mark {
        let times = ms.map(|(least, most)| (Duration::from_millis(least), Duration::from_millis(most)));
        Mark { outcome, from: from * HOUR, to: to * HOUR, probes, times }
    }

    #[test]
    fn a_mark_says_when_and_what() {
        for (mark, text) in [
            (mark(Outcome::Greeted, 9, 9, 1, Some((12, 12))), "09:00 12.0 ms"),
            (mark(Outcome::Established, 9, 10, 8, Some((12, 30))), "09:00–10:00 12.0 ms–30.0 ms ×8"),
            (mark(Outcome::SilentGreeting, 9, 9, 1, Some((12, 12))), "09:00 12.0 ms, silent greeting"),
            (mark(Outcome::Timeout, 9, 11, 37, None), "09:00–11:00 timeout ×37"),
            (mark(Outcome::DeniedLocally, 9, 9, 1, None), "09:00 denied locally"),
        ] {
            assert_eq!(words(&mark), text);
        }
    }

    #[test]
    fn dots_stand_at_their_milliseconds_and_what_has_none_stands_above() {
        let marks = [
            mark(Outcome::Established, 10, 10, 1, Some((10, 10))),
            mark(Outcome::Timeout, 11, 12, 2, None),
            mark(Outcome::RejectedGreeting, 13, 13, 2, Some((20, 40))),
        ];
        let window = Window { from: 10 * HOUR, to: 14 * HOUR };
        let html =
            strip(&Strip { id: "s0", title: "google", description: "some", marks: &marks, window: &window });
        insta::assert_snapshot!(html.into_string().replace("><", ">\n<"));
    }

    #[test]
    fn a_strip_without_a_handshake_has_no_axis() {
        let marks = [mark(Outcome::Reset, 11, 12, 2, None)];
        let window = Window { from: 10 * HOUR, to: 14 * HOUR };
        let html =
            strip(&Strip { id: "s0", title: "google", description: "some", marks: &marks, window: &window });
        assert!(!html.into_string().contains(" ms</span>"));
    }
}
