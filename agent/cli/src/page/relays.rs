//! The relays: how each stands, why where it is not as it should be, and with whom TLS is spoken.

use maud::{Markup, html};
use sortie_core::relay::Usability;
use sortie_core::report::{Relay, RelayTls, Report};

use super::shape::{Shape, drawn};
use crate::relays::{is_missed, why};
use crate::render::words::spoken;
use crate::text::printable;

pub(super) fn section(report: &Report) -> Markup {
    html! {
        @if !report.relays.is_empty() {
            section #relays aria-labelledby="h-relays" {
                h2 #h-relays { "Relays" }
                p { "The servers that this machine hands its mail to, spoken to as far as a mail program would go before it shows a password." }
                ul { @for relay in &report.relays { (entry(relay)) } }
            }
        }
    }
}

fn entry(relay: &Relay) -> Markup {
    html! {
        li class=(tone(relay)) {
            (drawn(shape(relay)))
            h3 { (printable(&relay.name)) }
            p .state {
                b { (spoken(relay.result)) }
                @if !relay.required { " " span { "not required" } }
                " " span { code { (printable(&relay.address)) } }
            }
            @if let (Some(stage), Some(why)) = (relay.failed_stage, why(relay)) {
                p { "At " code { (stage) } ": " (printable(why)) "." }
            }
            @if let Some(tls) = &relay.tls { p .basis { (printable(&identity(tls))) } }
            @let offered = if relay.tls.is_some() { &relay.auth.after_tls } else { &relay.auth.before_tls };
            @if !offered.is_empty() { p .basis { "logging in by " (printable(&offered.join(", "))) } }
        }
    }
}

/// `TLSv1.3 with smtp.azurecomm.net, which is trusted, for 61 more days`.
fn identity(tls: &RelayTls) -> String {
    let subject = tls.subject.as_deref().unwrap_or("somebody without a name");
    let trusted = match tls.trusted {
        Some(true) => ", which is trusted",
        Some(false) => ", which is not trusted",
        None => "",
    };
    let until = tls.expires_in_days.filter(|days| *days >= 0);
    let until = until.map(|days| format!(", for {days} more days")).unwrap_or_default();
    format!("{} with {subject}{trusted}{until}", tls.version)
}

fn shape(relay: &Relay) -> Shape {
    match Usability::ALL.into_iter().find(|known| known.code() == relay.result) {
        Some(Usability::Usable) => Shape::Open,
        Some(Usability::Degraded) => Shape::Degraded,
        Some(Usability::Unusable) => Shape::Blocked,
        None => Shape::Unknown,
    }
}

fn tone(relay: &Relay) -> &'static str {
    match shape(relay) {
        Shape::Open => "good",
        _ if is_missed(relay) => "bad",
        Shape::Degraded | Shape::Blocked => "warn",
        Shape::Unknown => "dim",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample;

    #[test]
    fn each_relay_says_how_it_stands_and_why() {
        insta::assert_snapshot!(section(&sample::report()).into_string().replace('<', "\n<"));
    }

    #[test]
    fn without_relays_there_is_no_section() {
        let report = Report { relays: Vec::new(), ..sample::report() };
        assert_eq!(section(&report).into_string(), "");
    }

    #[test]
    fn only_a_required_relay_is_an_alarm() {
        let [usable, degraded, unusable] = sample::relays();
        let optional = Relay { required: false, ..unusable.clone() };
        let foreign = Relay { result: sortie_core::report::FOREIGN, ..usable.clone() };
        for (relay, expected) in
            [(usable, "good"), (degraded, "warn"), (unusable, "bad"), (optional, "warn"), (foreign, "dim")]
        {
            assert_eq!(tone(&relay), expected, "{relay:?}");
        }
    }
}
