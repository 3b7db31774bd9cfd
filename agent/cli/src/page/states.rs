//! The states over time: a row of bands for each port and family, and every change in words.

use std::time::{Duration, UNIX_EPOCH};

use maud::{Markup, html};
use sortie_core::history::StateChange;
use sortie_core::report::PortVerdict;

use super::charts::{Band, axis, bands, grid};
use super::verdicts::slug;
use super::{Scene, moment};
use crate::render::words::{place, spoken};
use crate::text::printable;

/// Changes that are listed; the rest is counted, and in the history for programs.
const LISTED: usize = 12;

pub(super) fn section(scene: &Scene<'_>) -> Markup {
    let report = &scene.display.report;
    let rows: Vec<_> = report.verdicts.iter().map(|verdict| (verdict, lasted(scene, verdict))).collect();
    html! {
        (grid(&scene.window))
        @if !rows.is_empty() {
            section #states aria-labelledby="h-states" {
                h2 #h-states { "States over time" }
                p { (scene.window.words()) "." }
                div .rows {
                    @for (verdict, lasted) in &rows {
                        div .row {
                            p .who { (place(verdict)) }
                            (bands(&format!("b-{}", slug(verdict)), &told(verdict, lasted), lasted, verdict.expected, &scene.window))
                            p .latest { (spoken(verdict.state)) }
                        }
                    }
                    div .row { (axis(&scene.window)) }
                }
                (changes(scene))
            }
        }
    }
}

/// What is known of one port and family as states without gaps, until now.
fn lasted(scene: &Scene<'_>, verdict: &PortVerdict) -> Vec<Band> {
    let now = scene.window.to;
    let here = |change: &&StateChange| (change.port, change.family) == (verdict.port, verdict.family);
    let changes: Vec<&StateChange> = scene.history.changes().filter(here).collect();
    let ends = changes.iter().skip(1).map(|change| change.moment).chain([now]);
    let band = |(change, to): (&&StateChange, Duration)| Band {
        state: change.state.code(),
        from: change.moment,
        to,
        hidden: 0,
    };
    let mut bands: Vec<Band> = changes.iter().zip(ends).map(band).collect();
    // What is on show is true, whatever is remembered.
    if bands.last().is_none_or(|last| last.state != verdict.state) {
        let since = humantime::parse_rfc3339(&verdict.since).ok();
        let since = since.and_then(|since| since.duration_since(UNIX_EPOCH).ok()).unwrap_or(now);
        if let Some(last) = bands.last_mut() {
            last.to = since;
        }
        bands.push(Band { state: verdict.state, from: since, to: now, hidden: 0 });
    }
    bands
}

/// `port 25, IPv4: platform blocked since …, 2 changes`.
fn told(verdict: &PortVerdict, bands: &[Band]) -> String {
    let changes = match bands.len() - 1 {
        0 => "no change is known".to_owned(),
        1 => "one change is known".to_owned(),
        n => format!("{n} changes are known"),
    };
    format!("{}: {} since {}, {changes}", place(verdict), spoken(verdict.state), verdict.since)
}

/// The charts in words, newest first.
fn changes(scene: &Scene<'_>) -> Markup {
    let known = scene.history.changes().len();
    html! {
        @if known == 0 {
            p #changes .basis { "No change is remembered." }
        } @else {
            h3 { "Changes" }
            ol #changes .changes {
                @for change in scene.history.changes().rev().take(LISTED) {
                    li {
                        span { (moment::moment(moment::wall(change.moment), scene.now)) }
                        span {
                            "port " (change.port) ", " (change.family) ": "
                            @match change.previous {
                                Some(previous) => { (spoken(previous.code())) " → " b { (spoken(change.state.code())) } }
                                None => { b { (spoken(change.state.code())) } ", the first verdict" }
                            }
                        }
                        span .rule { "rule " code { (printable(change.rule)) } }
                    }
                }
            }
            @if let Some(more) = known.checked_sub(LISTED).filter(|more| *more > 0) {
                p .basis { "and " (more) " earlier, in the " a href="/api/v1/history" { "history" } }
            }
        }
    }
}
