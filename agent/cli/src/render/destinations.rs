//! The table of destinations.

use std::fmt::Write;

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};
use sortie_core::distance;
use sortie_core::report::{AttemptSeen, Report, Sighting};
use sortie_core::target::Role;

use super::Style;
use super::words::{heading, spoken, time};
use crate::text::printable;

/// Stands for a fact that is not known.
const UNKNOWN: &str = "-";

/// The column that is left out first.
const PEER: usize = 3;

pub(super) fn write(out: &mut String, report: &Report, style: Style) {
    if report.observations.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{}", heading("Destinations", style));
    for line in fitted(&report.observations, style.width).lines() {
        let _ = writeln!(out, " {}", line.trim_end());
    }
}

/// The whole table where it fits. Else without the peers, and with long addresses cut: `--explain` has them.
fn fitted(sightings: &[Sighting], width: Option<u16>) -> Table {
    let whole = table(sightings, true);
    let needed = whole.lines().map(|line| line.chars().count()).max().unwrap_or_default();
    let Some(width) = width.map(|width| width.saturating_sub(1)).filter(|width| usize::from(*width) < needed)
    else {
        return whole;
    };
    let mut narrow = table(sightings, false);
    narrow.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    for row in narrow.row_iter_mut() {
        row.max_height(1);
    }
    narrow
}

fn table(sightings: &[Sighting], with_peer: bool) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    let kept = |column: &usize| with_peer || *column != PEER;
    let header = ["operator", "role", "address", "peer", "outcome", "time", "hops", "answered"];
    table.set_header(pick(header, kept));
    for (sighting, peer) in told(sightings) {
        table.add_row(pick(row(sighting, &peer), kept));
    }
    table
}

fn pick<T, const N: usize>(cells: [T; N], kept: impl Fn(&usize) -> bool) -> Vec<T> {
    cells.into_iter().enumerate().filter(|(column, _)| kept(column)).map(|(_, cell)| cell).collect()
}

/// The observations as they are told, each with what stands for its peer: a name that gave no address in either
/// family, for the same reason, is told once.
pub(crate) fn told(sightings: &[Sighting]) -> Vec<(&Sighting, String)> {
    let reason = |sighting: &Sighting| {
        (sighting.operator.clone(), sighting.role, sighting.address.clone(), sighting.detail.dns)
    };
    let twin = |one: &Sighting| {
        let alike = |other: &&Sighting| other.family != one.family && reason(other) == reason(one);
        sightings.iter().filter(|other| other.peer.is_none()).find(alike).map(|other| other.family)
    };
    let told = sightings.iter().filter_map(|sighting| match (&sighting.peer, twin(sighting)) {
        (Some(peer), _) => Some((sighting, peer.clone())),
        (None, None) => Some((sighting, format!("no {}", sighting.family))),
        (None, Some(family)) => (sighting.family < family).then(|| (sighting, "no address".to_owned())),
    });
    told.collect()
}

fn row(sighting: &Sighting, peer: &str) -> [Cell; 8] {
    let text = |text: &str| Cell::new(printable(text));
    let number = |text: Option<String>| {
        Cell::new(text.unwrap_or_else(|| UNKNOWN.to_owned())).set_alignment(CellAlignment::Right)
    };
    let waited = (!sighting.attempts.is_empty()).then(|| time(sighting.duration_ms));
    [
        text(sighting.operator.as_deref().unwrap_or(UNKNOWN)),
        text(role(sighting.role)),
        text(&sighting.address),
        text(peer),
        Cell::new(outcome(sighting)),
        number(waited),
        number(sighting.detail.ttl.and_then(distance::hop).map(|hop| hop.to_string())),
        number(answered(&sighting.attempts)),
    ]
}

/// `1 of 3`: SYNs that drew anything, of those that were sent.
pub(crate) fn answered(attempts: &[AttemptSeen]) -> Option<String> {
    let answered = attempts.iter().filter(|attempt| !attempt.answers.is_empty()).count();
    (!attempts.is_empty()).then(|| format!("{answered} of {}", attempts.len()))
}

pub(crate) fn role(role: Role) -> &'static str {
    match role {
        Role::Subject => "subject",
        Role::Anchor => "anchor",
        Role::Control => "control",
    }
}

/// The outcome, and the one fact that explains it best.
pub(crate) fn outcome(sighting: &Sighting) -> String {
    let detail = &sighting.detail;
    let why = match (&detail.icmp, &detail.offender, detail.errno, detail.dns) {
        (Some(icmp), Some(offender), ..) => Some(format!("ICMP {icmp} from {offender}")),
        (Some(icmp), None, ..) => Some(format!("ICMP {icmp}")),
        (None, _, Some(errno), _) => Some(errno.to_owned()),
        (None, _, None, dns) => dns.map(str::to_owned),
    };
    let word = spoken(sighting.outcome);
    why.map_or(word.clone(), |why| format!("{word} ({})", printable(&why)))
}
