//! The relays: where they answer, and how much they take.

use std::time::SystemTime;

use sortie_core::knowledge;
use sortie_core::target::Port;

use super::age;
use super::layout::{NOTHING, Sheet, cited};

pub(super) fn write(sheet: &mut Sheet, now: SystemTime) {
    let relays = knowledge::relays();
    sheet.title(&format!("Relays, compared with their sources on {}", relays.checked));
    if let Some(days) = age::old(relays.checked, now) {
        sheet.note(&format!("that was {days} days ago: read the sources before you rely on it"));
    }
    hosts(sheet);

    sheet.section("What they take, where nobody has asked for more");
    let rows = relays.relays.iter().map(|relay| {
        let limits = relay.limits.unwrap_or("nothing is documented of it");
        let (auth, sources) = (relay.auth.join(", "), cited(relays.sources, relay.sources));
        [relay.id.to_owned(), format!("{}: {limits}. Authentication: {auth} {sources}", relay.name)]
    });
    sheet.rows(rows);
    sheet.sources(relays.sources);
}

/// Where they answer.
pub(super) fn hosts(sheet: &mut Sheet) {
    let rows = knowledge::relays().relays.iter().map(|relay| {
        vec![relay.id.to_owned(), relay.host.to_owned(), listed(relay.starttls), listed(relay.implicit)]
    });
    sheet.grid(vec!["relay", "host", "STARTTLS", "TLS at once"], rows);
}

fn listed(ports: &[Port]) -> String {
    if ports.is_empty() {
        return NOTHING.to_owned();
    }
    ports.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
