//! The relays, a line each: how it stands, and why where it is not as it should be.

use std::fmt::Write;

use clap::builder::styling::{AnsiColor, Style as Ansi};
use sortie_core::report::{Relay, Report};

use super::Style;
use super::words::{heading, paint, spoken};
use crate::exit::Standing;
use crate::relays::why;
use crate::text::printable;

pub(super) fn write(out: &mut String, report: &Report, style: Style) {
    if report.relays.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{}", heading("Relays", style));
    let lines: Vec<_> =
        report.relays.iter().map(|r| (r, printable(&r.name), printable(&r.address))).collect();
    let widest = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or_default();
    let name_width = widest(&mut lines.iter().map(|(_, name, _)| name.chars().count()));
    let address_width = widest(&mut lines.iter().map(|(.., address)| address.chars().count()));
    for (relay, name, address) in lines {
        let mark = mark(relay, style);
        let standing = standing(relay);
        let _ = writeln!(out, "  {mark} {name:name_width$}  {address:address_width$}  {standing}");
    }
}

/// `unusable at starttls: STARTTLS is not offered (not required)`.
pub(super) fn standing(relay: &Relay) -> String {
    let mut text = spoken(relay.result);
    if let (Some(stage), Some(why)) = (relay.failed_stage, why(relay)) {
        let _ = write!(text, " at {stage}: {}", printable(why));
    }
    if !relay.required && relay.failed_stage.is_some() {
        text.push_str(" (not required)");
    }
    text
}

fn mark(relay: &Relay, style: Style) -> String {
    let (shape, colour) = match (relay.result, Standing::of_relay(relay)) {
        ("usable", _) => ("✔", AnsiColor::Green),
        ("unusable", Standing::Degraded) => ("✖", AnsiColor::Red),
        ("degraded" | "unusable", _) => ("▲", AnsiColor::Yellow),
        _ => ("?", AnsiColor::Yellow),
    };
    paint(shape, Ansi::new().bold().fg_color(Some(colour.into())), style)
}
