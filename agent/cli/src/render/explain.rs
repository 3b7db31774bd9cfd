//! `--explain`: every packet that was sent, and everything that came back.

use std::fmt::Write;

use sortie_core::report::{AttemptSeen, Report, Sighting};

use super::Style;
use super::destinations::role;
use super::words::heading;
use crate::text::printable;

pub(super) fn write(out: &mut String, report: &Report, style: Style) {
    if report.observations.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{}", heading("Packets", style));
    for sighting in &report.observations {
        let _ = writeln!(out, "  {}", destination(sighting));
        for attempt in &sighting.attempts {
            packets(out, attempt);
        }
        if let Some(greeting) = &sighting.detail.greeting {
            let _ = writeln!(out, "    greeting: {}", printable(greeting));
        }
    }
}

/// `google, subject: gmail-smtp-in.l.google.com:25 at 192.0.2.10`.
fn destination(sighting: &Sighting) -> String {
    let operator = sighting.operator.as_deref().unwrap_or("global");
    let text = match (&sighting.peer, sighting.detail.dns) {
        (Some(peer), _) => format!("{operator}, {}: {} at {peer}", role(sighting.role), sighting.address),
        (None, Some(dns)) => {
            format!(
                "{operator}, {}: {} has no {} address ({dns})",
                role(sighting.role),
                sighting.address,
                sighting.family
            )
        }
        (None, None) => format!("{operator}, {}: {}", role(sighting.role), sighting.address),
    };
    printable(&text).into_owned()
}

/// Times are seconds from the first SYN, as a packet capture would show them.
fn packets(out: &mut String, attempt: &AttemptSeen) {
    let from = attempt.source_port.map(|port| format!(" from port {port}")).unwrap_or_default();
    let _ = writeln!(out, "    {}  ▶ SYN{from}", at(attempt.at_ms));
    if attempt.answers.is_empty() {
        let _ = writeln!(out, "                 {}", printable(&attempt.seen));
    }
    for answer in &attempt.answers {
        let _ = writeln!(out, "    {}  ◀ {}", at(attempt.at_ms + answer.after_ms), printable(&answer.what));
    }
}

fn at(ms: f64) -> String {
    format!("{:>10.6}", ms / 1_000.0)
}
