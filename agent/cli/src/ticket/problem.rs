//! The problem in sentences: what was measured, since when, from where, and what nobody may read into it.
//!
//! A title accuses nobody whom the verdict does not name, and a verdict that knows nothing says so.

use std::collections::BTreeSet;

use sortie_core::report::{Cloud, PortVerdict, Report};
use sortie_core::target::Port;

use super::document::Problem;
use super::lead::Lead;
use super::moment::{between, span, utc};
use crate::assemble::is_demonstration;
use crate::render::words::spoken;

/// One line for the subject of a case.
pub(super) fn title(report: &Report, lead: Option<&Lead<'_>>) -> String {
    let title = match lead {
        None => "Outbound mail ports: nothing was measured".to_owned(),
        Some(lead) => titled(lead),
    };
    if is_demonstration(report) { format!("Demonstration: {title}") } else { title }
}

fn titled(lead: &Lead<'_>) -> String {
    let port = format!("Outbound TCP port {} ({})", lead.port(), lead.families());
    let what = match (lead.state(), lead.first.attribution) {
        ("platform_blocked", Some("platform")) => "is blocked by the cloud platform",
        ("platform_blocked", Some("security_group")) => "is blocked by a security group",
        ("platform_blocked", _) => "is blocked by the platform or a security group",
        ("path_blocked", _) => "is blocked on the path, beyond the provider's own hops",
        ("locally_blocked", _) => "is blocked by this machine's own firewall or policy",
        ("intercepted", _) => "is answered by something in the servers' place",
        ("throttled", _) => "is throttled: some connections pass, then silence",
        ("refused", _) => "leaves, and the destinations refuse",
        ("partial", _) => "fails at some destinations and works at others",
        ("no_egress", _) => "could not be measured: nothing leaves this machine",
        ("inconclusive", _) => "was measured, and the cause is not established",
        ("open", _) => "is open",
        _ => return format!("{port}: {}", spoken(lead.state())),
    };
    format!("{port} {what}")
}

/// What a support engineer has to know before anything else.
pub(super) fn of(report: &Report, lead: Option<&Lead<'_>>) -> Problem {
    let Some(lead) = lead else {
        let measured = vec![format!("No port had a verdict at {}.", utc(&report.generated_at))];
        return Problem { measured, not_claimed: vec![NOT_DELIVERY.to_owned()] };
    };
    let mut measured: Vec<String> =
        lead.verdicts.iter().map(|verdict| format!("{}.", verdict.summary)).collect();
    measured.push(since(report, lead.first));
    measured.push(how(report));
    measured.extend(others(report, lead));
    Problem { measured, not_claimed: not_claimed(report, lead) }
}

fn since(report: &Report, verdict: &PortVerdict) -> String {
    let (began, told) = (utc(&verdict.since), utc(&report.generated_at));
    match (report.engine, between(&verdict.since, &report.generated_at)) {
        (None, _) => format!("This state began at {began} and was on show until {told}, when probing ended."),
        (Some(_), Some(lasted)) if !lasted.is_zero() => {
            format!("This state began at {began}, {} before this report ({told}).", span(lasted))
        }
        (Some(_), _) => format!("It was found at {told}."),
    }
}

fn how(report: &Report) -> String {
    let ports: BTreeSet<_> = report.verdicts.iter().map(|verdict| verdict.port).collect();
    let families: BTreeSet<_> = report.verdicts.iter().map(|verdict| verdict.family).collect();
    let listed = |words: Vec<String>| words.join(" and ");
    let noun = if ports.len() == 1 { "port" } else { "ports" };
    let ports = listed(ports.iter().map(ToString::to_string).collect());
    let families = listed(families.iter().map(ToString::to_string).collect());
    let place = report.cloud.as_ref().map(place).unwrap_or_default();
    let engine = report.engine.map(|engine| format!(", by the {engine} engine")).unwrap_or_default();
    format!(
        "It was measured with TCP handshakes from this machine{place} to mail servers of independent operators on \
         {noun} {ports} over {families}{engine}, beside controls on other ports."
    )
}

/// `, a Standard_D2s_v5 in azure.vm, westeurope,`
fn place(cloud: &Cloud) -> String {
    let size = cloud.size.as_ref().map_or("in ".to_owned(), |size| format!("a {size} in "));
    let region = cloud.region.as_ref().map(|region| format!(", {region}")).unwrap_or_default();
    format!(", {size}{}{region},", cloud.platform)
}

/// What the other verdicts say, which is half of the evidence.
fn others(report: &Report, lead: &Lead<'_>) -> Option<String> {
    let other = report.verdicts.iter().filter(|verdict| !lead.verdicts.contains(verdict));
    let told: Vec<String> = other
        .map(|verdict| format!("port {} over {} {}", verdict.port, verdict.family, spoken(verdict.state)))
        .collect();
    (!told.is_empty()).then(|| format!("In the same rounds: {}.", told.join(", ")))
}

const NOT_DELIVERY: &str =
    "Anything about delivery, reputation or content: only TCP handshakes and greetings were measured.";

fn not_claimed(report: &Report, lead: &Lead<'_>) -> Vec<String> {
    let mut sentences: Vec<String> = Vec::new();
    let own = match (lead.state(), lead.first.attribution) {
        ("platform_blocked", Some("security_group")) => {
            Some("That the platform lets the port pass: behind a rule that denies it nobody can see that.")
        }
        ("platform_blocked", Some("platform")) => Some(
            "That packets alone show the platform as the cause: a security group drops them in the same way. It is \
             the control plane that says the security rules let this port pass and the platform does not.",
        ),
        ("platform_blocked", _) if is_let_pass(report, lead) => Some(
            "That packets alone show the platform as the cause: a security group drops them in the same way. It is \
             IP flow verify that says the security rules let this port pass.",
        ),
        ("platform_blocked", _) => Some(
            "That the platform itself is the cause: a security group or network policy of the same cloud drops \
             packets in the same way, and nothing on the wire tells the two apart.",
        ),
        ("path_blocked", _) => Some("Who runs the device on the path."),
        ("refused" | "partial", _) => {
            Some("That anybody blocks this machine's port: the failing destinations may filter its address.")
        }
        ("throttled", _) => Some("Who throttles: it is told by its pattern in time."),
        ("no_egress", _) => {
            Some("That this port is blocked: nothing else left either, so it could not be judged.")
        }
        ("inconclusive", _) => {
            Some("That anybody blocks the port: what was seen is not proof against anybody.")
        }
        _ => None,
    };
    sentences.extend(own.map(str::to_owned));
    if report.engine.is_none() {
        sentences
            .push(format!("That it is still so: nobody has probed since {}.", utc(&report.generated_at)));
    }
    if is_demonstration(report) {
        sentences
            .push("Anything about the internet: this is a demonstration, its network is made up.".to_owned());
    }
    sentences.push(NOT_DELIVERY.to_owned());
    sentences
}

/// Whether the control plane was asked of this very port, and says that no security rule stops it.
fn is_let_pass(report: &Report, lead: &Lead<'_>) -> bool {
    let flow = report.cloud.as_ref().and_then(|cloud| cloud.way_out.as_ref()?.flow.as_ref());
    lead.port() == Port::SMTP && flow.is_some_and(|flow| flow.allowed)
}

#[cfg(test)]
mod tests {
    use sortie_core::verdict::State;

    use super::*;
    use crate::render::sample;

    fn told(state: &'static str, attribution: Option<&'static str>) -> (String, Problem) {
        let verdict = PortVerdict { state, attribution, ..sample::verdict() };
        let report = Report { verdicts: vec![verdict], ..sample::report() };
        let lead = Lead::of(&report);
        (title(&report, lead.as_ref()), of(&report, lead.as_ref()))
    }

    #[test]
    fn only_a_verdict_that_names_somebody_has_a_title_that_does() {
        for state in State::ALL.map(State::code) {
            let (title, _) = told(state, None);
            let accuses = title.contains("blocked by") || title.contains("blocked on");
            assert_eq!(accuses, state.ends_with("_blocked"), "{title}");
        }
    }

    #[test]
    fn the_platform_alone_is_named_only_where_the_verdict_does() {
        for (attribution, title, is_hedged) in [
            (Some("platform"), "is blocked by the cloud platform", false),
            (Some("security_group"), "is blocked by a security group", false),
            (Some("platform_or_security_group"), "is blocked by the platform or a security group", true),
            (None, "is blocked by the platform or a security group", true),
        ] {
            let (told, problem) = told("platform_blocked", attribution);
            assert!(told.ends_with(title), "{told}");
            let hedge = problem.not_claimed.iter().any(|text| text.contains("tells the two apart"));
            assert_eq!(hedge, is_hedged, "{attribution:?}");
        }
    }

    #[test]
    fn what_the_last_agent_left_is_not_said_of_today() {
        let report = Report { engine: None, ..sample::report() };
        let problem = of(&report, Lead::of(&report).as_ref());
        let text = problem.measured.join(" ");
        assert!(text.contains("when probing ended") && !text.contains("engine"), "{text}");
        assert!(problem.not_claimed.iter().any(|text| text.contains("nobody has probed since")));
    }
}
