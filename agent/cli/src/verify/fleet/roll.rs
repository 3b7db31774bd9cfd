//! A fleet as it is shown: how many are as expected, and the others by name.

use std::fmt::Write as _;

use clap::builder::styling::{AnsiColor, Style as Ansi};
use serde::Serialize;
use sortie_core::verdict::State;
use sortie_core::verification::Reason;

use super::census::Machine;
use crate::args::Goal;
use crate::exit::Standing;
use crate::render::Style;
use crate::render::words::{paint, spoken};
use crate::text::printable;
use crate::verify::face::Case;
use crate::verify::say::wanted;

/// Names in one sentence; all of them are in the list below it.
const NAMED_MOST: usize = 10;

/// `fleet` of the schema `sortie.verification/1`.
#[derive(Debug, Serialize)]
pub(in crate::verify) struct Fleet {
    subscription: String,
    /// All of them, the silent ones included.
    vms: usize,
    open: usize,
    /// Somebody is named as the one who stops mail.
    blocked: Vec<String>,
    /// Their agents were not heard, or not since the exemption.
    silent: Vec<String>,
    /// Of those that are blocked.
    not_deallocated: Vec<String>,
    /// Neither open nor blocked nor silent.
    other: Vec<String>,
    #[serde(skip)]
    machines: Vec<Machine>,
}

impl Fleet {
    pub(super) fn new(subscription: &str, machines: Vec<Machine>) -> Self {
        let names = |which: &dyn Fn(&Machine) -> bool| -> Vec<String> {
            machines.iter().filter(|machine| which(machine)).map(|machine| machine.name.clone()).collect()
        };
        let is_open = |machine: &Machine| !is_silent(machine) && machine.state == Some(State::Open);
        let is_blocked =
            |machine: &Machine| !is_silent(machine) && machine.state.is_some_and(State::is_block);
        Self {
            subscription: subscription.to_owned(),
            vms: machines.len(),
            open: machines.iter().filter(|machine| is_open(machine)).count(),
            blocked: names(&is_blocked),
            silent: names(&is_silent),
            not_deallocated: names(&|machine| machine.reason == Reason::NotDeallocated),
            other: names(&|m| !is_silent(m) && !is_open(m) && !is_blocked(m)),
            machines,
        }
    }

    /// How the fleet stands, and the reason of most machines that stand so; `None` without any machine.
    pub(super) fn worst(&self) -> Option<(Standing, Reason)> {
        let standing = self.machines.iter().map(|machine| machine.standing).max()?;
        let count = |reason: Reason| {
            self.machines.iter().filter(|m| m.standing == standing && m.reason == reason).count()
        };
        // Of two that are as frequent the first in the vocabulary.
        let reason = Reason::ALL.into_iter().rev().max_by_key(|reason| count(*reason))?;
        Some((standing, reason))
    }

    /// `37 of 40 open; these 3 were not deallocated since …: mail-1, mail-2, mail-3`.
    pub(super) fn sentence(&self, goal: Goal, since: Option<&str>) -> String {
        if self.vms == 0 {
            return format!(
                "No agent reports this port for the subscription {}: look whether agents export to this backend, and whether it promotes cloud.account.id to a label",
                self.subscription
            );
        }
        let who = |which: &dyn Fn(&Machine) -> bool| -> Vec<&str> {
            let machines = self.machines.iter().filter(|machine| machine.standing != Standing::Fine);
            machines.filter(|machine| which(machine)).map(|machine| machine.name.as_str()).collect()
        };
        let met = self.machines.iter().filter(|machine| machine.standing == Standing::Fine).count();
        let mut parts = vec![format!("{met} of {} {}", self.vms, wanted(goal))];
        for reason in Reason::ALL {
            let names = who(&|machine| machine.reason == reason && !is_silent(machine));
            if !names.is_empty() {
                parts.push(told(reason, &names, since));
            }
        }
        let silent = who(&is_silent);
        if !silent.is_empty() {
            parts.push(format!("{} silent: {}", of_these(silent.len(), "is", "are"), listed(&silent)));
        }
        parts.join("; ")
    }

    /// One for each machine.
    pub(super) fn cases(&self) -> Vec<Case> {
        let case = |machine: &Machine| Case {
            name: machine.name.clone(),
            standing: Some(machine.standing),
            reason: machine.reason.code(),
            says: said(machine),
        };
        self.machines.iter().map(case).collect()
    }
}

/// The list of those that are not as expected, with a line break at the end.
pub(in crate::verify) fn table(fleet: &Fleet, style: Style) -> String {
    let mut out = String::new();
    for machine in fleet.machines.iter().filter(|machine| machine.standing != Standing::Fine) {
        let colour = if machine.standing == Standing::Violated { AnsiColor::Red } else { AnsiColor::Yellow };
        let says = paint(&said(machine), Ansi::new().fg_color(Some(colour.into())), style);
        let _ = writeln!(out, "  {}: {says}", printable(&machine.name));
    }
    let _ = writeln!(out, "  {} machines in the subscription {}", fleet.vms, fleet.subscription);
    out
}

/// Whether nothing was heard that counts.
fn is_silent(machine: &Machine) -> bool {
    machine.state.is_none() || is_stale(machine)
}

/// A state that was known for sure before the exemption alone, or that contradicts itself.
fn is_stale(machine: &Machine) -> bool {
    machine.standing == Standing::Unknown && machine.state.is_none_or(State::is_conclusive)
}

fn said(machine: &Machine) -> String {
    match (machine.state, machine.reason) {
        (Some(State::PlatformBlocked), Reason::NotDeallocated) => {
            "platform blocked, not deallocated since".to_owned()
        }
        (Some(state), _) if is_stale(machine) => {
            format!("{}, as of before the exemption", spoken(state.code()))
        }
        (Some(state), _) => spoken(state.code()),
        (None, _) => "silent".to_owned(),
    }
}

fn told(reason: Reason, names: &[&str], since: Option<&str>) -> String {
    let (count, list) = (names.len(), listed(names));
    match reason {
        Reason::NotDeallocated => format!(
            "{} not deallocated since {}: {list}",
            of_these(count, "was", "were"),
            since.unwrap_or("then")
        ),
        Reason::NotDirect => {
            format!("{} stopped or answered on the path: {list}", of_these(count, "is", "are"))
        }
        Reason::SecurityGroup => {
            format!("{} denied by a security group: {list}", of_these(count, "is", "are"))
        }
        Reason::DestinationsRefuse => {
            format!("{} refused by the destinations: {list}", of_these(count, "is", "are"))
        }
        Reason::LocalFirewall => {
            format!("{} stopped by the machine's own firewall: {list}", of_these(count, "is", "are"))
        }
        Reason::NoEgress => format!("nothing leaves {list}"),
        Reason::StillBlocked => {
            format!("{} still blocked by the platform: {list}", of_these(count, "is", "are"))
        }
        Reason::Open => format!("{} open: {list}", of_these(count, "is", "are")),
        Reason::Flapping | Reason::Unknown => format!("nobody can tell of {list}"),
    }
}

fn of_these(count: usize, one: &str, more: &str) -> String {
    if count == 1 { format!("this one {one}") } else { format!("these {count} {more}") }
}

fn listed(names: &[&str]) -> String {
    let mut list = names.iter().take(NAMED_MOST).copied().collect::<Vec<_>>().join(", ");
    if names.len() > NAMED_MOST {
        let _ = write!(list, " and {} more", names.len() - NAMED_MOST);
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(name: &str, state: Option<State>, standing: Standing, reason: Reason) -> Machine {
        Machine { name: name.to_owned(), state, standing, reason }
    }

    fn fleet(mut machines: Vec<Machine>, open: usize) -> Fleet {
        for number in 0..open {
            let name = format!("vm-{number}");
            machines.push(machine(&name, Some(State::Open), Standing::Fine, Reason::Open));
        }
        Fleet::new("5b1d", machines)
    }

    fn idle(name: &str) -> Machine {
        machine(name, Some(State::PlatformBlocked), Standing::Violated, Reason::NotDeallocated)
    }

    const SINCE: Option<&str> = Some("2026-11-26T09:00:00Z");

    #[test]
    fn who_was_not_deallocated_is_named() {
        let fleet = fleet(vec![idle("mail-1"), idle("mail-2"), idle("mail-3")], 37);
        assert_eq!(
            fleet.sentence(Goal::Open, SINCE),
            "37 of 40 open; these 3 were not deallocated since 2026-11-26T09:00:00Z: mail-1, mail-2, mail-3"
        );
        assert_eq!(fleet.worst(), Some((Standing::Violated, Reason::NotDeallocated)));
        let json = serde_json::to_value(&fleet).expect("plain data");
        let names = serde_json::json!(["mail-1", "mail-2", "mail-3"]);
        assert_eq!((&json["vms"], &json["open"]), (&40.into(), &37.into()));
        assert_eq!((&json["blocked"], &json["not_deallocated"]), (&names, &names));
        assert_eq!((&json["silent"], &json["other"]), (&serde_json::json!([]), &serde_json::json!([])));
    }

    #[test]
    fn every_other_cause_is_told_apart() {
        let of = |name, state, standing, reason| machine(name, Some(state), standing, reason);
        let fleet = fleet(
            vec![
                of("a", State::PlatformBlocked, Standing::Violated, Reason::StillBlocked),
                of("b", State::LocallyBlocked, Standing::Violated, Reason::LocalFirewall),
                of("c", State::Refused, Standing::Degraded, Reason::DestinationsRefuse),
                of("d", State::NoEgress, Standing::Unknown, Reason::NoEgress),
                of("e", State::Partial, Standing::Degraded, Reason::Unknown),
                of("f", State::Open, Standing::Unknown, Reason::Unknown),
                machine("g", None, Standing::Unknown, Reason::Unknown),
                of("h", State::PathBlocked, Standing::Violated, Reason::NotDirect),
            ],
            1,
        );
        insta::assert_snapshot!(
            fleet.sentence(Goal::Open, None).replace("; ", "\n"),
            @"
        1 of 9 open
        this one is stopped or answered on the path: h
        this one is refused by the destinations: c
        this one is stopped by the machine's own firewall: b
        nothing leaves d
        this one is still blocked by the platform: a
        nobody can tell of e
        these 2 are silent: f, g
        "
        );
        insta::assert_snapshot!(
            table(&fleet, Style::default()),
            @"
          a: platform blocked
          b: locally blocked
          c: refused
          d: no egress
          e: partial
          f: open, as of before the exemption
          g: silent
          h: path blocked
          9 machines in the subscription 5b1d
        "
        );
        let json = serde_json::to_value(&fleet).expect("plain data");
        assert_eq!(json["blocked"], serde_json::json!(["a", "b", "h"]));
        assert_eq!(json["silent"], serde_json::json!(["f", "g"]));
        assert_eq!(json["other"], serde_json::json!(["c", "d", "e"]));
    }

    #[test]
    fn the_reason_of_a_fleet_is_that_of_most_of_its_worst_machines() {
        let still =
            |name| machine(name, Some(State::PlatformBlocked), Standing::Violated, Reason::StillBlocked);
        let silent = |name| machine(name, None, Standing::Unknown, Reason::Unknown);
        for (machines, expected) in [
            (vec![], None),
            (vec![silent("a"), silent("b")], Some((Standing::Unknown, Reason::Unknown))),
            (vec![idle("a"), still("b"), still("c")], Some((Standing::Violated, Reason::StillBlocked))),
            (vec![idle("a"), still("b"), silent("c")], Some((Standing::Violated, Reason::NotDeallocated))),
        ] {
            assert_eq!(Fleet::new("1", machines).worst(), expected);
        }
    }

    #[test]
    fn a_sentence_names_ten_and_counts_the_rest() {
        let names: Vec<String> = (0..25).map(|number| format!("vm-{number:02}")).collect();
        let sentence =
            Fleet::new("1", names.iter().map(|name| idle(name)).collect()).sentence(Goal::Open, SINCE);
        assert!(sentence.ends_with("vm-09 and 15 more"), "{sentence}");
    }
}
