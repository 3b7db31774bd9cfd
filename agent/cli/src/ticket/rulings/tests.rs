//! A block, and what becomes of the suspects when one thing about it is different.

use sortie_core::report::{Cloud, Flow, Sighting, WayOut};

use super::*;
use crate::ticket::sources::Past;
use crate::ticket::tests::blocked;
use crate::ticket::{lead, probes};
use Standing::{Found, NotRuledOut, RuledOut};

const FIREWALL: &str = "this machine's own firewall or policy";
const WAY_OUT: &str = "no way out at all (routes, gateway, NAT)";
const NAMES: &str = "name resolution";
const DESTINATION: &str = "a single destination, or what it thinks of this address";
const PATH: &str = "the path as a whole, or servers that are down";
const GROUP: &str = "a security group or network policy of the cloud";
const APPLIANCE: &str = "a firewall or appliance that traffic is routed through";

/// What becomes of the suspects of a block after something about it was changed.
fn judged(change: impl FnOnce(&mut Report)) -> Vec<Ruling> {
    let mut report = blocked().report;
    change(&mut report);
    let probes = probes::of(&report, &Past::default());
    of(&report, &lead::Lead::of(&report).expect("there are verdicts"), &probes)
}

fn standing(rulings: &[Ruling], cause: &str) -> Option<Standing> {
    rulings.iter().find(|ruling| ruling.cause == cause).map(|ruling| ruling.standing)
}

fn subjects(report: &mut Report) -> impl Iterator<Item = &mut Sighting> {
    let of_case = |sighting: &&mut Sighting| {
        sighting.role.is_subject() && sighting.port.number() == 25 && sighting.peer.is_some()
    };
    report.observations.iter_mut().filter(of_case)
}

fn way_out(report: &mut Report, next_hop: Option<&str>, allowed: Option<bool>) {
    let way_out = WayOut {
        next_hop: next_hop.map(str::to_owned),
        next_hop_address: None,
        flow: allowed.map(|allowed| Flow { allowed, rule: None }),
    };
    let cloud = report.cloud.take().unwrap_or_default();
    report.cloud = Some(Cloud { way_out: Some(way_out), ..cloud });
}

type Change = fn(&mut Report);

/// What is different, about whom, and what becomes of it.
const SITUATIONS: [(&str, Change, &str, Standing); 27] = [
    ("raw, nothing refused, everything seen", |_| {}, FIREWALL, RuledOut),
    (
        "answers that were dropped here cannot be seen",
        |report| report.unseen = vec!["no tap could be opened".to_owned()],
        FIREWALL,
        NotRuledOut,
    ),
    ("nobody probes any more", |report| report.engine = None, FIREWALL, NotRuledOut),
    ("nothing was kept", |report| report.observations.clear(), FIREWALL, NotRuledOut),
    (
        "one probe was refused by the kernel",
        |report| subjects(report).take(1).for_each(|s| s.outcome = "denied_locally"),
        FIREWALL,
        NotRuledOut,
    ),
    (
        "one probe passed",
        |report| subjects(report).take(1).for_each(|s| s.outcome = "established"),
        FIREWALL,
        RuledOut,
    ),
    ("the kernel says so", |report| report.verdicts[0].state = "locally_blocked", FIREWALL, Found),
    ("a reset that was placed", |report| report.verdicts[0].signature = Some("reset"), FIREWALL, RuledOut),
    ("controls answer", |_| {}, WAY_OUT, RuledOut),
    (
        "no control answers",
        |report| report.observations.retain(|s| s.role != Role::Control),
        WAY_OUT,
        NotRuledOut,
    ),
    (
        "nothing leaves",
        |report| report.verdicts.iter_mut().for_each(|v| v.state = "no_egress"),
        WAY_OUT,
        Found,
    ),
    ("every name has an address", |_| {}, NAMES, RuledOut),
    (
        "a name has none",
        |report| subjects(report).take(1).for_each(|s| s.outcome = "dns_error"),
        NAMES,
        NotRuledOut,
    ),
    ("the rule is about names", |report| report.verdicts[0].rule = "dns_untrusted", NAMES, Found),
    ("nothing was kept of names", |report| report.observations.clear(), NAMES, NotRuledOut),
    ("all operators fail", |_| {}, DESTINATION, RuledOut),
    (
        "one operator answers",
        |report| subjects(report).take(1).for_each(|s| s.outcome = "greeted"),
        DESTINATION,
        NotRuledOut,
    ),
    (
        "a word of another version is no failure",
        |report| subjects(report).for_each(|s| s.outcome = FOREIGN),
        DESTINATION,
        NotRuledOut,
    ),
    ("destinations refuse", |report| report.verdicts[0].state = "refused", DESTINATION, Found),
    ("their controls answer", |_| {}, PATH, RuledOut),
    (
        "only controls of nobody answer",
        |report| {
            report
                .observations
                .iter_mut()
                .filter(|s| s.role == Role::Control)
                .for_each(|s| s.operator = None);
        },
        PATH,
        NotRuledOut,
    ),
    ("the rules let it pass", |_| {}, GROUP, RuledOut),
    ("a rule denies it", |report| way_out(report, None, Some(false)), GROUP, Found),
    ("nobody was asked", |report| report.cloud = None, GROUP, NotRuledOut),
    ("straight to the internet", |_| {}, APPLIANCE, RuledOut),
    (
        "through an appliance",
        |report| way_out(report, Some("VirtualAppliance"), None),
        APPLIANCE,
        NotRuledOut,
    ),
    ("nobody was asked of routes", |report| report.cloud = None, APPLIANCE, NotRuledOut),
];

#[test]
fn a_suspect_is_ruled_out_only_by_something_that_the_report_shows() {
    for (situation, change, cause, expected) in SITUATIONS {
        let rulings = judged(change);
        assert_eq!(standing(&rulings, cause), Some(expected), "{situation}: {rulings:?}");
    }
}

#[test]
fn what_was_asked_of_port_25_says_nothing_of_another_one() {
    let rulings = judged(|report| {
        report.verdicts.iter_mut().for_each(|verdict| verdict.port = sortie_core::target::Port::SUBMISSION);
    });
    assert_eq!(standing(&rulings, GROUP), Some(Standing::NotRuledOut));
}

#[test]
fn where_mail_leaves_nobody_is_suspected() {
    assert_eq!(judged(|report| report.verdicts.iter_mut().for_each(|verdict| verdict.state = "open")), []);
}
