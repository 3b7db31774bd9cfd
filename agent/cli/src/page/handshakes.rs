//! How each destination answered over time: a strip for each, by port.

use std::collections::BTreeMap;
use std::time::Duration;

use maud::{Markup, html};
use sortie_core::history::Series;
use sortie_core::outcome::Outcome;
use sortie_core::target::Port;

use super::charts::{Mark, Strip, Window, axis, strip, thin};
use super::{Scene, moment, shape};
use crate::render::words::{spoken, time};
use crate::text::printable;

/// Marks on the whole page, shared by the strips: what keeps it small however much is remembered.
const MARKS: u32 = 320;
/// Columns of one strip: fewer are too coarse to be read, more are not seen.
const COLUMNS: std::ops::RangeInclusive<u32> = 12..=96;
/// Strips that are drawn; the rest is in the history for programs.
const STRIPS: usize = 40;

pub(super) fn section(scene: &Scene<'_>) -> Markup {
    let known: Vec<(usize, &Series)> = shown(scene);
    let drawn = &known[..known.len().min(STRIPS)];
    let strips = u32::try_from(drawn.len()).unwrap_or(u32::MAX);
    let columns = (MARKS / strips.max(1)).clamp(*COLUMNS.start(), *COLUMNS.end());
    let ports = drawn.chunk_by(|(_, one), (_, other)| one.port == other.port);
    html! {
        @if !drawn.is_empty() {
            section #handshakes aria-labelledby="h-handshakes" {
                h2 #h-handshakes { "Handshakes" }
                p { (scene.window.words()) ": milliseconds from SYN to SYN-ACK." }
                (legend(drawn, &scene.window))
                @for group in ports { (port(group[0].1.port, group, &scene.window, columns)) }
                @if let Some(more) = known.len().checked_sub(STRIPS).filter(|more| *more > 0) {
                    p .basis { "and " (more) " more destinations, in the " a href="/api/v1/history" { "history" } }
                }
            }
        }
    }
}

/// The subjects that were probed within the window, by port and family, each with a number of its own.
fn shown<'a>(scene: &'a Scene<'_>) -> Vec<(usize, &'a Series)> {
    // A name that never gave an address in this family is no destination.
    let recent = |series: &Series| {
        let mut points = series.points.iter().rev().take_while(|point| point.moment >= scene.window.from);
        points.any(|point| point.outcome != Outcome::DnsError)
    };
    let subjects = scene.history.series().iter().enumerate();
    let mut shown: Vec<_> =
        subjects.filter(|(_, series)| series.role.is_subject() && recent(series)).collect();
    shown.sort_by_key(|(_, series)| (series.port, series.family));
    shown
}

fn port(port: Port, group: &[(usize, &Series)], window: &Window, columns: u32) -> Markup {
    html! {
        h3 { "Port " (port) }
        div .rows.strips {
            @for (number, series) in group {
                @let marks = thin(&series.points, window, columns);
                @let who = who(series);
                div .row {
                    p .who { b { (printable(&who)) } " " span { (printable(&series.address)) } }
                    (strip(&Strip {
                        id: &format!("s{number}"),
                        title: &printable(&format!("{who}, {}, {}", series.address, series.family)),
                        description: &described(&marks),
                        marks: &marks,
                        window,
                    }))
                    (latest(series))
                }
            }
            div .row { (axis(window)) }
        }
    }
}

fn who(series: &Series) -> String {
    let operator = series.operator.as_deref().unwrap_or("global");
    format!("{operator} {}", series.family)
}

fn latest(series: &Series) -> Markup {
    let last = series.points.back();
    html! {
        p .latest {
            @match last.and_then(|last| last.handshake) {
                Some(handshake) => (time(handshake.as_secs_f64() * 1_000.0)),
                None => (last.map_or_else(String::new, |last| spoken(last.outcome.code()))),
            }
        }
    }
}

/// `240 established, 11.2 ms to 18.9 ms; 8 timeout, the last at 14:03 UTC`.
fn described(marks: &[Mark]) -> String {
    let mut outcomes: BTreeMap<&'static str, Mark> = BTreeMap::new();
    for mark in marks {
        let add = |known: &mut Mark| {
            known.probes += mark.probes;
            known.to = mark.to;
            known.times = match (known.times, mark.times) {
                (Some((least, most)), Some((quick, slow))) => Some((least.min(quick), most.max(slow))),
                (one, other) => one.or(other),
            };
        };
        outcomes.entry(mark.outcome.code()).and_modify(add).or_insert(*mark);
    }
    let ms = |time_: Duration| time(time_.as_secs_f64() * 1_000.0);
    let told: Vec<String> = outcomes
        .iter()
        .map(|(outcome, all)| {
            let times = all.times.map(|(least, most)| format!(", {} to {}", ms(least), ms(most)));
            format!(
                "{} {}{}, the last at {} UTC",
                all.probes,
                spoken(outcome),
                times.unwrap_or_default(),
                moment::clock(all.to)
            )
        })
        .collect();
    told.join("; ")
}

/// What the shapes mean; only those that are drawn.
fn legend(drawn: &[(usize, &Series)], window: &Window) -> Markup {
    let mut words: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    let points = drawn.iter().flat_map(|(_, series)| &series.points);
    for point in points.filter(|point| point.moment >= window.from && point.handshake.is_none()) {
        let of_shape = words.entry(shape::mark(point.outcome)).or_default();
        let word = spoken(point.outcome.code());
        if !of_shape.contains(&word) {
            of_shape.push(word);
        }
    }
    let is_odd = |outcome: Outcome| !matches!(outcome, Outcome::Established | Outcome::Greeted);
    let mut timed =
        drawn.iter().flat_map(|(_, series)| &series.points).filter(|point| point.handshake.is_some());
    let odd = timed.any(|point| is_odd(point.outcome));
    html! {
        ul .legend {
            li { svg .dots viewBox="-7 -7 14 14" aria-hidden="true" { path d="M0-3v6" {} } " handshake, or from the quickest to the slowest of several" }
            @if odd { li { svg .dots viewBox="-7 -7 14 14" aria-hidden="true" { path .odd d="M0-3v6" {} } " handshake without a welcome" } }
            @for (shape, words) in &words {
                li { svg .lane viewBox="-7 -7 14 14" aria-hidden="true" { use href={ "#" (shape) } {} } " " (words.join(", ")) }
            }
        }
    }
}
