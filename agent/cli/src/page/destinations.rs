//! Who was asked, and what came back: a table by port, which a narrow screen shows as cards.

use maud::{Markup, html};
use sortie_core::report::{AttemptSeen, Report, Sighting};

use crate::render::destinations::{answered, outcome, role, told};
use crate::render::words::time;
use crate::text::printable;

pub(super) fn section(report: &Report) -> Markup {
    html! {
        @if !report.observations.is_empty() {
            section #destinations aria-labelledby="h-destinations" {
                h2 #h-destinations { "Destinations" }
                p { "As they were last asked. A control is the same operator on another port: it tells a block from a destination that is gone." }
                table {
                    thead {
                        tr {
                            @for column in ["operator", "role", "address", "peer", "outcome", "time", "SYNs", "what came back"] {
                                th scope="col" { (column) }
                            }
                        }
                    }
                    @for (title, rows) in groups(report) {
                        tbody {
                            tr { th scope="rowgroup" colspan="8" { (title) } }
                            @for (seen, peer) in rows { (row(seen, &peer)) }
                        }
                    }
                }
            }
        }
    }
}

/// Ports under test first, each with everything that was asked on it; then what is only a control.
fn groups(report: &Report) -> Vec<(String, Vec<(&Sighting, String)>)> {
    let mut tested: Vec<_> =
        report.observations.iter().filter(|seen| seen.role.is_subject()).map(|seen| seen.port).collect();
    tested.sort_unstable();
    tested.dedup();
    let mut rows = told(&report.observations);
    rows.sort_by_key(|(seen, _)| (!seen.role.is_subject(), seen.family));
    let mut groups: Vec<_> = tested.iter().map(|port| (format!("Port {port}"), Vec::new())).collect();
    groups.push(("Controls on other ports".to_owned(), Vec::new()));
    for row in rows {
        let group = tested.iter().position(|port| *port == row.0.port).unwrap_or(tested.len());
        groups[group].1.push(row);
    }
    groups.retain(|(_, rows)| !rows.is_empty());
    groups
}

fn row(seen: &Sighting, peer: &str) -> Markup {
    let waited = (!seen.attempts.is_empty()).then(|| time(seen.duration_ms));
    html! {
        tr {
            th scope="row" { (seen.operator.as_deref().map_or("global".into(), printable)) }
            td { (role(seen.role)) }
            td { (printable(&seen.address)) }
            td { (printable(peer)) }
            td { (outcome(seen)) }
            td { (waited.unwrap_or_default()) }
            td { (answered(&seen.attempts).unwrap_or_default()) }
            td { (printable(&as_seen(&seen.attempts))) }
        }
    }
}

/// `silent ×3`: what each SYN drew, in order.
fn as_seen(attempts: &[AttemptSeen]) -> String {
    let runs = attempts.chunk_by(|one, other| one.seen == other.seen);
    let told: Vec<String> = runs
        .map(|run| match run {
            [one] => one.seen.clone(),
            run => format!("{} ×{}", run[0].seen, run.len()),
        })
        .collect();
    told.join(", ")
}
