//! The frame of the page: head, landmarks, and the order of the sections.

use maud::{DOCTYPE, Markup, html};

use super::{
    Scene, about, destinations, handshakes, moment, next, notices, relays, shape, states, verdicts, why,
};
use crate::text::printable;

/// Without the script the page is fetched anew as often as the default cadence measures.
const RELOAD_S: u32 = 60;

pub(super) fn whole(scene: &Scene<'_>) -> Markup {
    let report = &scene.display.report;
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (printable(&title(scene))) }
                link rel="icon" href="/favicon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/page.css";
                script type="module" src="/page.js" {}
                noscript { meta http-equiv="refresh" content=(RELOAD_S); }
            }
            body {
                a .skip href="#main" { "Skip to the verdicts" }
                (shape::sprite())
                header #about { (about::masthead(scene)) }
                p #lost .lost role="alert" hidden {}
                p #said .unseen role="status" {}
                main #main tabindex="-1" data-generation=(scene.display.generation) data-now=(moment::rfc3339(scene.now)) {
                    (verdicts::section(scene))
                    (notices::section(scene))
                    (states::section(scene))
                    (handshakes::section(scene))
                    (why::section(report))
                    (relays::section(report))
                    (destinations::section(report))
                    (next::section(report))
                    (about::unseen(report))
                }
                p #tip role="tooltip" hidden {}
                footer #footer { (about::colophon(scene)) }
            }
        }
    }
}

/// What a tab or a bookmark shows: the worst that counts, and where.
fn title(scene: &Scene<'_>) -> String {
    let report = &scene.display.report;
    let host = about::host(report);
    match verdicts::worst(report) {
        Some(verdict) => format!("{} · {host} · Sortie", verdicts::headline(verdict, report)),
        None => format!("{host} · Sortie"),
    }
}
