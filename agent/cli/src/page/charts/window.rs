//! The time that the charts of a page share, and its axis.

use std::time::Duration;

use maud::{Markup, html};
use sortie_core::history::History;

use super::{Percent, ticks};
use crate::page::moment;

/// What a day's watch needs; what is older is in the list of changes.
const LONGEST: Duration = Duration::from_secs(24 * 3_600);
/// Below this a round would be wider than a word.
const SHORTEST: Duration = Duration::from_secs(10 * 60);
/// Labels of the axis; every other one is left out on a narrow screen.
const LABELS: u64 = 9;
/// Labels nearer to an end than this lean inwards.
const EDGE: f64 = 0.04;

/// From the first thing that is remembered until now, offsets from the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::page) struct Window {
    pub(in crate::page) from: Duration,
    pub(in crate::page) to: Duration,
}

impl Window {
    /// The window that shows this history as of `now`.
    pub(in crate::page) fn over(history: &History, now: Duration) -> Self {
        let points = history.series().iter().filter_map(|series| series.points.front());
        let moments = points.map(|point| point.moment).chain(history.changes().map(|change| change.moment));
        let known = moments.min().map_or(Duration::ZERO, |first| now.saturating_sub(first));
        Self { from: now.saturating_sub(known.clamp(SHORTEST, LONGEST)), to: now }
    }

    /// Where a moment stands, from 0 to 1.
    pub(in crate::page) fn place(&self, moment: Duration) -> f64 {
        let span = self.to.saturating_sub(self.from).as_secs_f64();
        if span <= 0.0 { 1.0 } else { (moment.saturating_sub(self.from).as_secs_f64() / span).min(1.0) }
    }

    /// The column, counted from zero, that a moment falls into.
    pub(in crate::page) fn column(&self, moment: Duration, columns: u32) -> u128 {
        let span = self.to.saturating_sub(self.from).as_millis().max(1);
        let column = moment.saturating_sub(self.from).as_millis() * u128::from(columns) / span;
        column.min(u128::from(columns.saturating_sub(1)))
    }

    /// `the last 24 hours`, `from 09:07 to 09:52 UTC`.
    pub(in crate::page) fn words(&self) -> String {
        if self.to.saturating_sub(self.from) == LONGEST {
            return "The last 24 hours".to_owned();
        }
        format!("From {} to {} UTC", moment::clock(self.from), moment::clock(self.to))
    }
}

/// The labels below a stack of charts.
pub(in crate::page) fn axis(window: &Window) -> Markup {
    html! {
        svg .axis height="20" aria-hidden="true" {
            @for (n, tick) in ticks::times(window.from, window.to, LABELS).into_iter().enumerate() {
                @let place = window.place(tick);
                @let anchor = match place { ..EDGE => "start", p if p > 1.0 - EDGE => "end", _ => "middle" };
                text class=[(n % 2 == 1).then_some("odd")] x=(Percent(place)) y="14" text-anchor=(anchor) { (label(tick)) }
            }
        }
    }
}

/// The lines of the labels, drawn once and used behind every chart as `#grid`.
pub(in crate::page) fn grid(window: &Window) -> Markup {
    html! {
        svg .sprite width="0" height="0" aria-hidden="true" {
            g #grid {
                @for tick in ticks::times(window.from, window.to, LABELS) {
                    @let place = Percent(window.place(tick));
                    line x1=(place) x2=(place) y2="100%" {}
                }
            }
        }
    }
}

/// Midnight is told by its day.
fn label(tick: Duration) -> String {
    if tick.as_secs().is_multiple_of(LONGEST.as_secs()) { moment::day(tick) } else { moment::clock(tick) }
}

#[cfg(test)]
mod tests {
    use sortie_core::history::StateChange;

    use super::*;
    use crate::page::sample;

    const HOUR: Duration = Duration::from_secs(3_600);

    #[test]
    fn a_window_shows_what_is_known_within_a_day() {
        let now = 100 * HOUR;
        for (first, length) in [
            (None, SHORTEST),
            (Some(100 * HOUR), SHORTEST),
            (Some(99 * HOUR), HOUR),
            (Some(70 * HOUR), LONGEST),
            (Some(101 * HOUR), SHORTEST),
        ] {
            let mut history = History::default();
            if let Some(moment) = first {
                history.change(StateChange { moment, ..sample::change() });
            }
            let window = Window::over(&history, now);
            assert_eq!((window.to, window.to.saturating_sub(window.from)), (now, length), "{first:?}");
        }
        let empty = Window::over(&History::default(), Duration::ZERO);
        assert!((empty.place(HOUR) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_moment_has_a_place_and_never_leaves_the_chart() {
        let window = Window { from: 10 * HOUR, to: 14 * HOUR };
        for (moment, place) in [(10, 0.0), (11, 0.25), (14, 1.0), (9, 0.0), (15, 1.0)] {
            assert!((window.place(moment * HOUR) - place).abs() < 1e-9, "{moment}");
        }
        for (moment, column) in [(9, 0), (10, 0), (11, 2), (13, 6), (14, 7), (15, 7)] {
            assert_eq!(window.column(moment * HOUR, 8), column, "{moment}");
        }
        assert_eq!(window.words(), "From 10:00 to 14:00 UTC");
        assert_eq!(Window { from: Duration::ZERO, to: LONGEST }.words(), "The last 24 hours");
    }

    #[test]
    fn labels_lean_inwards_at_the_ends_and_midnight_is_a_day() {
        let html = axis(&Window { from: 20 * HOUR, to: 28 * HOUR }).into_string();
        insta::assert_snapshot!(html.replace("<text", "\n<text"));
    }
}
