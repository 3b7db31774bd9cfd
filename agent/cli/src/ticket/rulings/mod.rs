//! The usual suspects, one by one: ruled out only where something in the report shows it.
//!
//! Absence says nothing: what was not asked, not seen or not kept leaves a suspect where it was.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use sortie_core::outcome::Outcome;
use sortie_core::report::{FOREIGN, Report};
use sortie_core::target::{MIN_OPERATORS, Role};

use super::document::{Probe, Ruling, Standing};
use super::lead::Lead;
use crate::render::words::spoken;

/// Every suspect of the case; none where mail leaves.
pub(super) fn of(report: &Report, lead: &Lead<'_>, probes: &[Probe]) -> Vec<Ruling> {
    if lead.is_open() {
        return Vec::new();
    }
    let facts = Facts::of(report, lead, probes);
    let always =
        [own_firewall, no_way_out, names, one_destination, whole_path].map(|suspect| suspect(&facts));
    always.into_iter().chain(security_group(&facts)).chain(appliance(&facts)).collect()
}

/// What the suspects are judged by.
struct Facts<'a> {
    report: &'a Report,
    lead: &'a Lead<'a>,
    /// On the port and in the families of the case, where a name gave an address or should have.
    subjects: Vec<&'a Probe>,
    controls: Vec<&'a Probe>,
}

impl<'a> Facts<'a> {
    fn of(report: &'a Report, lead: &'a Lead<'a>, probes: &'a [Probe]) -> Self {
        let here = || probes.iter().filter(|probe| lead.is_in(probe.family) && probe.dns != Some("no_data"));
        Self {
            report,
            lead,
            subjects: here().filter(|probe| probe.role.is_subject() && probe.port == lead.port()).collect(),
            controls: here().filter(|probe| probe.role == Role::Control).collect(),
        }
    }

    fn subjects_with(&self, outcomes: &[&str]) -> usize {
        self.subjects.iter().filter(|probe| outcomes.contains(&probe.outcome)).count()
    }

    fn is_rule(&self, rules: &[&str]) -> bool {
        rules.contains(&self.lead.first.rule)
    }
}

const LOCAL: [&str; 2] = ["denied_locally", "local_error"];
const NOTHING_KEPT: &str = "what single destinations answered is not known";

fn own_firewall(facts: &Facts<'_>) -> Ruling {
    let ruling = ruling("this machine's own firewall or policy");
    let (asked, refused) = (facts.subjects.len(), facts.subjects_with(&LOCAL));
    let answered = facts.subjects.iter().filter(|probe| is_answered(probe)).count();
    let who_refuses_stands_elsewhere = matches!(facts.lead.state(), "path_blocked" | "refused")
        || (facts.lead.state() == "platform_blocked" && facts.lead.first.signature != Some("silent_drop"));
    if facts.lead.state() == "locally_blocked" || facts.is_rule(&["host_firewall_all"]) {
        ruling.found(format!("rule {} rests on what this machine's kernel says", facts.lead.first.rule))
    } else if refused > 0 {
        ruling.open(format!("this machine's kernel refused {refused} of {asked} probes"))
    } else if answered > 0 {
        ruling.ruled_out(format!("{answered} of {asked} probes on the port completed a handshake"))
    } else if who_refuses_stands_elsewhere {
        ruling.ruled_out(format!("rule {} places whoever refuses beyond this machine", facts.lead.first.rule))
    } else if asked == 0 {
        ruling.open(NOTHING_KEPT.to_owned())
    } else if facts.report.engine.is_none() {
        ruling.open("the packets of the last round are not kept".to_owned())
    } else if !facts.report.unseen.is_empty() {
        ruling.open(format!(
            "no SYN was refused by this machine's kernel, but not everything was seen: {}",
            facts.report.unseen.join("; ")
        ))
    } else {
        ruling.ruled_out(
            "no SYN was refused by this machine's kernel, and no answer was seen to arrive and be dropped here"
                .to_owned(),
        )
    }
}

fn no_way_out(facts: &Facts<'_>) -> Ruling {
    let ruling = ruling("no way out at all (routes, gateway, NAT)");
    let asked = facts.controls.len();
    let answered = facts.controls.iter().filter(|probe| is_answered(probe)).count();
    if facts.lead.state() == "no_egress" {
        let cause = facts.lead.first.signature.map(spoken).unwrap_or_default();
        ruling.found(format!("{answered} of {asked} controls answered; {cause}"))
    } else if answered > 0 {
        ruling.ruled_out(format!("{answered} of {asked} controls answered on other ports"))
    } else {
        ruling.open("no control is known to have answered".to_owned())
    }
}

fn names(facts: &Facts<'_>) -> Ruling {
    let ruling = ruling("name resolution");
    let (asked, failed) = (facts.subjects.len(), facts.subjects_with(&["dns_error"]));
    if facts.is_rule(&["dns_fail", "dns_untrusted"]) {
        ruling.found(format!("rule {}: {failed} of {asked} names gave no address", facts.lead.first.rule))
    } else if asked == 0 {
        ruling.open(NOTHING_KEPT.to_owned())
    } else if failed > 0 {
        ruling.open(format!("{failed} of {asked} names gave no address"))
    } else {
        ruling.ruled_out(format!("{asked} of {asked} probes on the port had an address to go to"))
    }
}

fn one_destination(facts: &Facts<'_>) -> Ruling {
    let ruling = ruling("a single destination, or what it thinks of this address");
    let failed = operators(facts.subjects.iter().filter(|probe| !is_answered(probe) && is_known(probe)));
    let all = operators(facts.subjects.iter());
    match facts.lead.state() {
        _ if all.is_empty() => ruling.open(NOTHING_KEPT.to_owned()),
        "refused" | "partial" => ruling.found(format!("{} of {} operators fail", failed.len(), all.len())),
        _ if failed.len() >= MIN_OPERATORS && failed.len() == all.len() => {
            ruling.ruled_out(format!("{} independent operators fail alike", failed.len()))
        }
        _ => ruling.open(format!("{} of {} operators failed in the last round", failed.len(), all.len())),
    }
}

fn whole_path(facts: &Facts<'_>) -> Ruling {
    let ruling = ruling("the path as a whole, or servers that are down");
    let failed = operators(facts.subjects.iter().filter(|probe| !is_answered(probe)));
    let answered = operators(facts.controls.iter().filter(|probe| is_answered(probe)));
    let both = failed.intersection(&answered).count();
    if failed.is_empty() {
        ruling.open(NOTHING_KEPT.to_owned())
    } else if both >= MIN_OPERATORS {
        ruling.ruled_out(format!("{both} operators that fail on the port answered on another one"))
    } else {
        ruling.open(format!("{both} operators that fail on the port are known to answer on another one"))
    }
}

fn security_group(facts: &Facts<'_>) -> Option<Ruling> {
    let ruling = ruling("a security group or network policy of the cloud");
    let is_suspect = matches!(facts.lead.state(), "platform_blocked" | "inconclusive" | "throttled");
    let cloud = facts.report.cloud.as_ref();
    let flow = cloud.and_then(|cloud| cloud.way_out.as_ref()?.flow.as_ref());
    // What was asked was port 25.
    let flow = flow.filter(|_| facts.lead.port() == sortie_core::target::Port::SMTP);
    let rule = flow.and_then(|flow| flow.rule.as_ref()).map(|rule| format!(" (rule {rule})"));
    let rule = rule.unwrap_or_default();
    is_suspect.then(|| match flow {
        Some(flow) if flow.allowed => {
            ruling.ruled_out(format!("IP flow verify: the security rules let port 25 pass{rule}"))
        }
        Some(_) => ruling.found(format!("IP flow verify: a security rule denies port 25{rule}")),
        None => ruling.open("it drops in the same way, and no control plane told its rules".to_owned()),
    })
}

fn appliance(facts: &Facts<'_>) -> Option<Ruling> {
    let ruling = ruling("a firewall or appliance that traffic is routed through");
    let way_out = facts.report.cloud.as_ref().and_then(|cloud| cloud.way_out.as_ref());
    let next_hop = way_out.and_then(|way_out| way_out.next_hop.as_deref());
    Some(match (facts.lead.state(), next_hop) {
        ("path_blocked", _) => {
            ruling.found(format!("rule {} places a device on the path", facts.lead.first.rule))
        }
        ("locally_blocked" | "no_egress" | "refused" | "partial", None) => return None,
        (_, Some("Internet")) => ruling.ruled_out("the effective next hop is the internet".to_owned()),
        (_, Some(hop)) => {
            let address = way_out.and_then(|way_out| way_out.next_hop_address.as_ref());
            let at = address.map(|address| format!(" at {address}")).unwrap_or_default();
            ruling.open(format!("the effective next hop is {hop}{at}"))
        }
        (_, None) => ruling.open("no control plane told where traffic is routed".to_owned()),
    })
}

fn operators<'a>(probes: impl Iterator<Item = &'a &'a Probe>) -> BTreeSet<&'a str> {
    probes.filter_map(|probe| probe.operator.as_deref()).collect()
}

fn is_answered(probe: &Probe) -> bool {
    Outcome::ALL.into_iter().any(|outcome| outcome.code() == probe.outcome && outcome.is_handshake())
}

/// A failure that says something about the way to the destination.
fn is_known(probe: &Probe) -> bool {
    probe.outcome != FOREIGN && probe.outcome != "dns_error" && !LOCAL.contains(&probe.outcome)
}

/// A suspect of whom nothing is said yet.
struct Suspect(&'static str);

fn ruling(cause: &'static str) -> Suspect {
    Suspect(cause)
}

impl Suspect {
    fn found(self, how: String) -> Ruling {
        Ruling { cause: self.0, standing: Standing::Found, how }
    }

    fn ruled_out(self, how: String) -> Ruling {
        Ruling { cause: self.0, standing: Standing::RuledOut, how }
    }

    fn open(self, how: String) -> Ruling {
        Ruling { cause: self.0, standing: Standing::NotRuledOut, how }
    }
}
