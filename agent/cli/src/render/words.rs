//! States, numbers and marks as people read them.

use clap::builder::styling::{AnsiColor, Style as Ansi};
use sortie_core::report::{Cloud, PortVerdict, SOURCE_CONFIG};

use super::Style;
use crate::exit::Standing;
use crate::text::printable;

/// A mark that is readable without colour: the severity of a verdict in one shape.
pub(super) fn mark(verdict: &PortVerdict, style: Style) -> String {
    let (shape, colour) = match (Standing::of(verdict), verdict.state) {
        (Standing::Fine, "open") => ("✔", AnsiColor::Green),
        (Standing::Fine, _) => ("■", AnsiColor::Green),
        (Standing::Degraded, _) => ("▲", AnsiColor::Yellow),
        (Standing::Violated, "open") => ("▲", AnsiColor::Red),
        (Standing::Violated, _) => ("✖", AnsiColor::Red),
        (Standing::Unknown, _) => ("?", AnsiColor::Yellow),
    };
    paint(shape, Ansi::new().bold().fg_color(Some(colour.into())), style)
}

/// `port 25, IPv4: platform blocked (expected open)`.
pub(crate) fn headline(verdict: &PortVerdict) -> String {
    let expectation = match (verdict.expected, verdict.as_expected) {
        ("any", _) => String::new(),
        (_, Some(true)) => " (as expected)".to_owned(),
        (expected, Some(false) | None) => format!(" (expected {expected})"),
    };
    format!("{}: {}{expectation}", place(verdict), spoken(verdict.state))
}

/// `port 25, IPv4`.
pub(crate) fn place(verdict: &PortVerdict) -> String {
    format!("port {}, {}", verdict.port, verdict.family)
}

/// A word of the closed vocabulary without its underscores.
pub(crate) fn spoken(word: &str) -> String {
    word.replace('_', " ")
}

/// `azure.vm, westeurope, Standard_D2s_v5: /subscriptions/…`, as far as it is known. Printable.
pub(crate) fn whereabouts(cloud: &Cloud) -> String {
    let zone = cloud.zone.as_ref().map(|zone| format!("zone {zone}"));
    let set = cloud.scale_set.as_ref().map(|set| format!("scale set {set}"));
    let parts =
        [Some(&cloud.platform), cloud.region.as_ref(), zone.as_ref(), cloud.size.as_ref(), set.as_ref()];
    let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
    let id = cloud.resource_id.as_ref().or(cloud.vm_id.as_ref());
    let id = id.map(|id| format!(": {id}")).unwrap_or_default();
    printable(&format!("{}{id}", parts.join(", "))).into_owned()
}

/// `subscription ea-devtest (MSDNDevTest_2014-09-01, Enabled), allowPort25Out false, next hop Internet`, as far as it is told.
/// Printable.
pub(crate) fn told_by_azure(cloud: &Cloud) -> Option<String> {
    let subscription = cloud.subscription.as_ref().map(|told| {
        let limit = told.spending_limit.as_ref().map(|limit| format!("spending limit {limit}"));
        let by = (told.source == SOURCE_CONFIG).then(|| "by the configuration".to_owned());
        let facts = [told.quota_id.clone(), told.agreement_type.clone(), told.state.clone(), limit, by];
        let facts: Vec<String> = facts.into_iter().flatten().collect();
        let facts = if facts.is_empty() { String::new() } else { format!(" ({})", facts.join(", ")) };
        format!("subscription {}{facts}", told.kind)
    });
    let flag = cloud.allow_port_25_out.map(|allows| format!("allowPort25Out {allows}"));
    let way = cloud.way_out.as_ref();
    let hop = way.and_then(|way| way.next_hop.as_ref()).map(|hop| format!("next hop {hop}"));
    let flow = way.and_then(|way| way.flow.as_ref()).map(|flow| {
        let says = if flow.allowed { "allowed" } else { "denied" };
        let rule = flow.rule.as_ref().map(|rule| format!(" by {rule}")).unwrap_or_default();
        format!("port 25 {says}{rule}")
    });
    let parts: Vec<String> = [subscription, flag, hop, flow].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| printable(&parts.join(", ")).into_owned())
}

/// A heading.
pub(crate) fn heading(text: &str, style: Style) -> String {
    paint(text, Ansi::new().bold(), style)
}

/// Text of lesser weight.
pub(crate) fn faint(text: &str, style: Style) -> String {
    paint(text, Ansi::new().dimmed(), style)
}

/// `12.3 ms` below a second, `7.00 s` above.
pub(crate) fn time(ms: f64) -> String {
    match ms {
        ..1.0 => format!("{:.0} µs", ms * 1_000.0),
        ..1_000.0 => format!("{ms:.1} ms"),
        _ => format!("{:.2} s", ms / 1_000.0),
    }
}

/// `99.97 %`; certainty is never claimed.
pub(crate) fn percent(confidence: f64) -> String {
    format!("{:.2} %", (confidence * 100.0).min(99.99))
}

/// Text in a colour, where colours are wanted.
pub(crate) fn paint(text: &str, ansi: Ansi, style: Style) -> String {
    if style.colour { format!("{ansi}{text}{ansi:#}") } else { text.to_owned() }
}
