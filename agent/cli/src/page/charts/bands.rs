//! The states of one port and family over time. A state is a height as well as a colour: what is fine is a thin
//! line, what stops mail is a bar.

use std::time::Duration;

use maud::{Markup, html};

use super::{Percent, Window};
use crate::page::moment;
use crate::page::shape::{self, Shape};
use crate::render::words::spoken;

/// Height of a row, in pixels.
const ROW: u32 = 24;
/// Narrower than this a band is not seen beside its neighbours: a pixel and a half, three minutes of a day.
const LEAST: f64 = 0.002;
/// Width of a letter in pixels, its surroundings, and of the chart on a wide and on a narrow screen: whether a word
/// fits into its band.
const LETTER: f64 = 7.0;
const AROUND: f64 = 20.0;
const WIDE: f64 = 700.0;
const NARROW: f64 = 280.0;

/// A state and how long it lasted.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::page) struct Band {
    pub(in crate::page) state: &'static str,
    pub(in crate::page) from: Duration,
    pub(in crate::page) to: Duration,
    /// Changes within it that are too short to be drawn.
    pub(in crate::page) hidden: usize,
}

/// The bands of one port and family as a chart; `id` is unique on the page.
pub(in crate::page) fn bands(
    id: &str,
    title: &str,
    bands: &[Band],
    expected: &str,
    window: &Window,
) -> Markup {
    let name = format!("{id}-t");
    html! {
        svg .bands role="img" height=(ROW) aria-labelledby=(name) aria-describedby="changes" {
            title #(name) { (title) }
            use href="#grid" {}
            @for band in drawn(bands, window) {
                @let (from, to) = (window.place(band.from), window.place(band.to));
                @let (shape, tone) = (Shape::of(band.state), shape::tone(band.state, expected));
                @let height = height(shape);
                rect .(tone).unknown[shape == Shape::Unknown] x=(Percent(from)) y=((ROW - height) / 2) width=(Percent((to - from).max(LEAST))) height=(height) {
                    title { (words(&band)) }
                }
                @if let Some(only_wide) = room(band.state, to - from).filter(|_| shape != Shape::Open) {
                    text .wide[only_wide] .unknown[shape == Shape::Unknown] x=(Percent(from)) dx="8" y="16" { (spoken(band.state)) }
                }
            }
        }
    }
}

/// The bands within the window. Neighbours that are too narrow to be seen become one, in the worst of their states.
fn drawn(bands: &[Band], window: &Window) -> Vec<Band> {
    let width = |band: &Band| window.place(band.to) - window.place(band.from);
    let mut drawn: Vec<Band> = Vec::new();
    for band in bands.iter().filter(|band| band.to > window.from && band.to > band.from) {
        match drawn.last_mut().filter(|last| width(last) < LEAST && width(band) < LEAST) {
            Some(last) => {
                last.to = band.to;
                last.hidden += band.hidden + 1;
                if Shape::of(band.state) > Shape::of(last.state) {
                    last.state = band.state;
                }
            }
            None => drawn.push(band.clone()),
        }
    }
    drawn
}

fn height(shape: Shape) -> u32 {
    match shape {
        Shape::Open => 4,
        Shape::Unknown | Shape::Degraded => 14,
        Shape::Blocked => 20,
    }
}

/// Whether the word fits into a band of this share, and if so, whether on a wide screen only.
fn room(state: &str, share: f64) -> Option<bool> {
    let needed = state.len() as f64 * LETTER + AROUND;
    (share * WIDE >= needed).then_some(share * NARROW < needed)
}

fn words(band: &Band) -> String {
    let (from, to) = (moment::utc(moment::wall(band.from)), moment::utc(moment::wall(band.to)));
    let hidden = match band.hidden {
        0 => String::new(),
        1 => ", and one change that is too short to be drawn".to_owned(),
        n => format!(", and {n} changes that are too short to be drawn"),
    };
    format!("{}, {from} to {to}{hidden}", spoken(band.state))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Window = Window { from: Duration::from_secs(10_000), to: Duration::from_secs(20_000) };

    fn band(state: &'static str, from: u64, to: u64, hidden: usize) -> Band {
        Band { state, from: Duration::from_secs(from), to: Duration::from_secs(to), hidden }
    }

    #[test]
    fn bands_that_cannot_be_seen_become_one_in_the_worst_state() {
        let (open, blocked) = ("open", "platform_blocked");
        for (bands, shown) in [
            (vec![], vec![]),
            (vec![band(open, 0, 9_000, 0)], vec![]),
            (vec![band(open, 0, 15_000, 0)], vec![band(open, 0, 15_000, 0)]),
            (
                vec![
                    band(open, 0, 15_000, 0),
                    band(blocked, 15_000, 15_001, 0),
                    band(open, 15_001, 20_000, 0),
                ],
                vec![
                    band(open, 0, 15_000, 0),
                    band(blocked, 15_000, 15_001, 0),
                    band(open, 15_001, 20_000, 0),
                ],
            ),
            (
                vec![
                    band(blocked, 9_000, 15_000, 0),
                    band(open, 15_000, 15_001, 0),
                    band(blocked, 15_001, 15_003, 0),
                    band(open, 15_003, 20_000, 0),
                ],
                vec![
                    band(blocked, 9_000, 15_000, 0),
                    band(blocked, 15_000, 15_003, 1),
                    band(open, 15_003, 20_000, 0),
                ],
            ),
        ] {
            assert_eq!(drawn(&bands, &WINDOW), shown);
        }
    }

    #[test]
    fn a_port_that_flaps_all_day_is_still_a_small_chart() {
        let states = ["open", "platform_blocked"];
        let bands: Vec<_> = (10_000..20_000)
            .zip(states.into_iter().cycle())
            .map(|(n, state)| band(state, n, n + 1, 0))
            .collect();
        let drawn = drawn(&bands, &WINDOW);
        assert!(drawn.len() as f64 <= 1.0 / LEAST, "{}", drawn.len());
        assert_eq!(drawn.iter().map(|band| band.hidden + 1).sum::<usize>(), bands.len());
    }

    #[test]
    fn a_word_is_written_where_it_fits() {
        for (state, share, only_wide) in [
            ("open", 1.0, Some(false)),
            ("platform_blocked", 0.5, Some(false)),
            ("platform_blocked", 0.2, Some(true)),
            ("platform_blocked", 0.1, None),
        ] {
            assert_eq!(room(state, share), only_wide, "{state} {share}");
        }
    }
}
