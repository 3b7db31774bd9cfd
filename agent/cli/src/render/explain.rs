//! `--explain`: every packet that was sent in every round, everything that came back, and the walks.

use std::fmt::Write;

use sortie_core::report::{AttemptSeen, Sighting};
use sortie_core::report::{Explanation, WalkSeen};

use super::Style;
use super::destinations::role;
use super::words::heading;
use crate::text::printable;

pub(super) fn write(out: &mut String, explanation: &Explanation, style: Style) {
    for (number, round) in explanation.rounds.iter().enumerate() {
        let title =
            format!("Packets of round {}, {:.1} s after the start", number + 1, round.started_ms / 1_000.0);
        let _ = writeln!(out, "\n{}", heading(&title, style));
        round.observations.iter().for_each(|sighting| observed(out, sighting));
    }
    if explanation.walks.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{}", heading("Walks: what SYNs with a small TTL drew", style));
    explanation.walks.iter().for_each(|walk| walked(out, walk));
}

fn observed(out: &mut String, sighting: &Sighting) {
    let _ = writeln!(out, "  {}", destination(sighting));
    for attempt in &sighting.attempts {
        packets(out, attempt);
    }
    if let Some(greeting) = &sighting.detail.greeting {
        let _ = writeln!(out, "    greeting: {}", printable(greeting));
    }
}

fn walked(out: &mut String, walk: &WalkSeen) {
    let control = walk.control.as_deref().map_or_else(String::new, |control| format!(", control {control}"));
    let whose = format!("{}: subject {}{control}", walk.operator, walk.subject);
    let _ = writeln!(out, "  {}", printable(&whose));
    for step in &walk.steps {
        let drew = |side: &[String]| if side.is_empty() { "-".to_owned() } else { side.join(", ") };
        let both = format!("{}  |  {}", drew(&step.subject), drew(&step.control));
        let _ = writeln!(out, "    ttl {:>2}  {}", step.ttl, printable(&both));
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
