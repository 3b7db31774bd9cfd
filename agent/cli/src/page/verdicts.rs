//! The verdicts: one card per port and family, in a column per port. This is what somebody sees who has a second.

use maud::{Markup, html};
use sortie_core::report::{Cloud, PortVerdict, Report, Sighting};
use sortie_core::target::{Family, Port};

use super::{Scene, moment, shape};
use crate::exit::{self, Standing};
use crate::render::words::{percent, place, spoken};
use crate::text::printable;

pub(super) fn section(scene: &Scene<'_>) -> Markup {
    let report = &scene.display.report;
    let unjudged = unjudged(report);
    let mut ports: Vec<Port> =
        report.verdicts.iter().map(|v| v.port).chain(unjudged.iter().map(|(port, ..)| *port)).collect();
    ports.sort_unstable();
    ports.dedup();
    html! {
        section #verdicts aria-labelledby="h-verdicts" {
            h2 #h-verdicts .unseen { "Verdicts" }
            @if report.verdicts.is_empty() {
                div .card.dim { (waiting(report)) }
            }
            div .ports {
                @for port in ports {
                    div .port {
                        @for verdict in ordered(report, port) {
                            @if exit::counts(report, verdict) { (card(scene, verdict)) } @else { (quiet(scene, verdict)) }
                        }
                        @for (_, family, why) in unjudged.iter().filter(|(of, ..)| *of == port) {
                            p .quiet { (shape::icon("inconclusive")) span { b { "port " (port) ", " (family) } ": " (why) } }
                        }
                    }
                }
            }
        }
    }
}

/// Who stops the mail, in a sentence.
pub(super) fn headline(verdict: &PortVerdict, report: &Report) -> String {
    let (port, family) = (verdict.port, verdict.family);
    match (verdict.state, verdict.attribution) {
        ("open", _) => format!("Port {port} is open"),
        ("platform_blocked", Some("security_group")) => format!("Port {port} is blocked by a security group"),
        ("platform_blocked", _) if report.cloud.as_ref().is_some_and(Cloud::is_host) => {
            format!("Port {port} is blocked by the platform")
        }
        ("platform_blocked", _) => format!("Port {port} is blocked by the network provider"),
        ("path_blocked", _) => format!("Port {port} is blocked on the path"),
        ("locally_blocked", _) => format!("Port {port} is blocked by this machine"),
        ("intercepted", _) => format!("Port {port} is intercepted"),
        ("throttled", _) => format!("Port {port} is throttled"),
        ("refused", _) => format!("Port {port} is refused by the destinations"),
        ("partial", _) => format!("Port {port} fails at some destinations"),
        ("no_egress", _) => format!("Nothing leaves this machine over {family}"),
        ("inconclusive", _) => format!("Port {port} could not be judged"),
        (state, _) => format!("Port {port} is {}", spoken(state)),
    }
}

/// The verdict that says most about the machine: the worst that counts, the first of several.
pub(super) fn worst(report: &Report) -> Option<&PortVerdict> {
    let counted = report.verdicts.iter().filter(|verdict| exit::counts(report, verdict));
    counted.rev().max_by_key(|verdict| (Standing::of(verdict), shape::Shape::of(verdict.state)))
}

/// `25-ipv4`: the place of a verdict in ids.
pub(super) fn slug(verdict: &PortVerdict) -> String {
    format!("{}-{}", verdict.port, verdict.family.code())
}

fn ordered(report: &Report, port: Port) -> Vec<&PortVerdict> {
    let mut verdicts: Vec<_> = report.verdicts.iter().filter(|verdict| verdict.port == port).collect();
    verdicts.sort_by_key(|verdict| verdict.family);
    verdicts
}

fn card(scene: &Scene<'_>, verdict: &PortVerdict) -> Markup {
    let slug = slug(verdict);
    html! {
        article #{ "v-" (slug) } .card.(shape::tone(verdict.state, verdict.expected))
            data-says={ (place(verdict)) ": " (spoken(verdict.state)) } aria-labelledby={ "t-" (slug) } {
            (shape::icon(verdict.state))
            p .state { b { (spoken(verdict.state)) } " " span { (place(verdict)) } }
            h3 #{ "t-" (slug) } { (headline(verdict, &scene.display.report)) }
            p .summary { (printable(&verdict.summary)) }
            dl {
                div { dt { "Since" } dd { (moment::written(&verdict.since, scene.now)) } }
                div { dt { "Confidence" } dd { (percent(verdict.confidence)) ", " (likelihood(verdict.confidence)) } }
                div { dt { "Expected" } dd { (expectation(verdict)) } }
                @if let Some(signs) = signs(verdict) {
                    div { dt { (if verdict.state == "no_egress" { "Cause" } else { "On the wire" }) } dd { (signs) } }
                }
            }
            p .onward {
                @if !verdict.next_steps.is_empty() { a href="#next" { "What to do" } }
                @if !verdict.evidence.is_empty() { a href={ "#why-" (slug) } { "Why" } }
            }
        }
    }
}

/// A family that most machines do not have, where the other one was measured.
fn quiet(scene: &Scene<'_>, verdict: &PortVerdict) -> Markup {
    html! {
        p #{ "v-" (slug(verdict)) } .quiet data-says={ (place(verdict)) ": " (spoken(verdict.state)) } {
            (shape::icon(verdict.state))
            span {
                b { (place(verdict)) ": " (spoken(verdict.state)) } ". "
                (printable(&verdict.summary)) ". Since " (moment::written(&verdict.since, scene.now))
            }
        }
    }
}

/// During the first sitting of the jury.
fn waiting(report: &Report) -> Markup {
    let title = if report.observations.is_empty() { "Nothing was measured yet" } else { "Being judged" };
    html! {
        (shape::icon("inconclusive"))
        p .state { b { "starting" } }
        h3 { (title) }
        p .summary {
            "Every operator is being asked. A port that is open is known within seconds; one that is silent takes a few rounds."
        }
    }
}

/// What the terminal says of an expectation, where there is one.
fn expectation(verdict: &PortVerdict) -> String {
    match (verdict.expected, verdict.as_expected) {
        ("any", _) => "nothing in particular".to_owned(),
        (expected, Some(true)) => format!("{expected}, as expected"),
        (expected, Some(false)) => format!("{expected}, and it is not"),
        (expected, None) => expected.to_owned(),
    }
}

/// How a block shows, and whose it can be.
fn signs(verdict: &PortVerdict) -> Option<String> {
    let whose = match verdict.attribution {
        Some("platform_or_security_group") => Some("a platform and a security group look the same"),
        _ => None,
    };
    let signs: Vec<String> =
        verdict.signature.map(spoken).into_iter().chain(whose.map(str::to_owned)).collect();
    (!signs.is_empty()).then(|| signs.join("; "))
}

/// A probability in words, on the scale of the IPCC's guidance note on uncertainty (2010, table 1).
fn likelihood(confidence: f64) -> &'static str {
    match confidence {
        0.99.. => "virtually certain",
        0.95.. => "extremely likely",
        0.9.. => "very likely",
        0.66.. => "likely",
        _ => "as likely as not",
    }
}

/// Places that were asked about and have no verdict, and why.
fn unjudged(report: &Report) -> Vec<(Port, Family, &'static str)> {
    let judged =
        |seen: &Sighting| report.verdicts.iter().any(|v| (v.port, v.family) == (seen.port, seen.family));
    let subjects = report.observations.iter().filter(|seen| seen.role.is_subject() && !judged(seen));
    let mut places: Vec<(Port, Family)> = subjects.map(|seen| (seen.port, seen.family)).collect();
    places.sort_unstable();
    places.dedup();
    let nameless = |place: &(Port, Family)| {
        let here = |seen: &&Sighting| seen.role.is_subject() && (seen.port, seen.family) == *place;
        report.observations.iter().filter(here).all(|seen| seen.peer.is_none())
    };
    let why = |place| {
        if nameless(place) { "no destination has an address in this family" } else { "not judged yet" }
    };
    places.iter().map(|place| (place.0, place.1, why(place))).collect()
}

#[cfg(test)]
mod tests {
    use sortie_core::verdict::State;

    use super::*;
    use crate::render::sample;

    fn of(state: &'static str, expected: &'static str, as_expected: Option<bool>) -> PortVerdict {
        PortVerdict { state, expected, as_expected, attribution: None, ..sample::verdict() }
    }

    #[test]
    fn every_state_has_a_sentence_that_says_who() {
        let report = sample::report();
        for (state, sentence) in [
            (State::Open, "Port 25 is open"),
            (State::PlatformBlocked, "Port 25 is blocked by the network provider"),
            (State::PathBlocked, "Port 25 is blocked on the path"),
            (State::LocallyBlocked, "Port 25 is blocked by this machine"),
            (State::Intercepted, "Port 25 is intercepted"),
            (State::Throttled, "Port 25 is throttled"),
            (State::Refused, "Port 25 is refused by the destinations"),
            (State::Partial, "Port 25 fails at some destinations"),
            (State::NoEgress, "Nothing leaves this machine over IPv4"),
            (State::Inconclusive, "Port 25 could not be judged"),
        ] {
            assert_eq!(headline(&of(state.code(), "open", None), &report), sentence);
        }
    }

    #[test]
    fn what_the_first_sitting_leans_to_is_no_verdict_yet() {
        use crate::page::sample::{self, Situation};
        let page = |situation: &Situation| {
            crate::page::render(&situation.display, &situation.history, situation.now)
        };
        let mut situation = sample::starting();
        assert!(page(&situation).contains("Nothing was measured yet"));
        situation.display.report.observations = sample::platform_blocked().display.report.observations;
        let sitting = page(&situation);
        assert!(sitting.contains("Being judged") && sitting.contains("not judged yet"), "{sitting}");
        situation.display.report.verdicts = vec![of("inconclusive", "open", None)];
        assert!(page(&situation).contains("<title>Port 25 could not be judged · "));
    }

    #[test]
    fn a_security_group_is_named_where_it_is_known() {
        let known = PortVerdict { attribution: Some("security_group"), ..sample::verdict() };
        assert_eq!(headline(&known, &sample::report()), "Port 25 is blocked by a security group");
    }

    #[test]
    fn the_worst_that_counts_names_the_page() {
        let (blocked, open) = (of("path_blocked", "open", Some(false)), of("open", "open", Some(true)));
        let (dead, partial) = (of("no_egress", "open", None), of("partial", "open", Some(false)));
        let expected = of("platform_blocked", "blocked", Some(true));
        for (verdicts, state) in [
            (vec![], None),
            (vec![&open, &dead], Some("open")),
            (vec![&dead, &dead], Some("no_egress")),
            (vec![&open, &partial, &blocked], Some("path_blocked")),
            (vec![&open, &expected], Some("platform_blocked")),
            (vec![&expected, &partial], Some("partial")),
        ] {
            let report = Report { verdicts: verdicts.into_iter().cloned().collect(), ..sample::report() };
            assert_eq!(worst(&report).map(|verdict| verdict.state), state);
        }
    }

    #[test]
    fn confidence_has_words() {
        for (confidence, words) in [
            (0.9999, "virtually certain"),
            (0.99, "virtually certain"),
            (0.98, "extremely likely"),
            (0.9, "very likely"),
            (0.8, "likely"),
            (0.5, "as likely as not"),
            (f64::NAN, "as likely as not"),
        ] {
            assert_eq!(likelihood(confidence), words);
        }
    }
}
