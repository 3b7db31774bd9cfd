//! The machines of a subscription, as their agents report: pure, from four vectors to one line for each machine.
//!
//! A machine counts as it was last heard. One that was not heard for minutes is silent and not open, and so is a state
//! that is older than the exemption. Two states at one moment are none.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use sortie_core::expect::Expectation;
use sortie_core::target::Family;
use sortie_core::verdict::State;
use sortie_core::verification::Reason;

use crate::exit::Standing;
use crate::prometheus::{Sample, Vector};
use crate::verify::cause;

/// Beyond this Prometheus itself takes a series for gone (`query.lookback-delta`).
const SILENT_AFTER: f64 = 300.0;

/// The answers to [`Queries`](super::query::Queries), of one moment.
#[derive(Clone, Debug, Default)]
pub(super) struct Answers {
    pub(super) states: Vector,
    pub(super) conclusive: Vector,
    pub(super) boots: Vector,
    pub(super) known: Vector,
}

/// What is waited for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Aim {
    pub(super) expected: Expectation,
    /// When the exemption was granted, Unix time.
    pub(super) since: Option<f64>,
}

/// One machine.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Machine {
    pub(super) name: String,
    /// The state that decides; `None` where it is silent.
    pub(super) state: Option<State>,
    pub(super) standing: Standing,
    /// What stands in the way; [`Reason::Unknown`] where it is silent.
    pub(super) reason: Reason,
}

/// The series have neither of the labels that tell machines apart.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the series of this subscription have neither host_id nor host_name: let the backend promote host.id and host.name to labels"
)]
pub(super) struct Nameless;

/// What was heard of one machine.
#[derive(Debug, Default)]
struct Heard {
    name: String,
    families: BTreeMap<Family, Latest>,
    booted: Option<f64>,
}

/// The latest state of one family.
#[derive(Debug)]
struct Latest {
    at: f64,
    age: f64,
    /// `None` where two were reported for one moment, or a word that this version does not know.
    state: Option<State>,
    conclusive: Option<f64>,
}

/// Every machine, by name.
pub(super) fn machines(answers: &Answers, aim: &Aim) -> Result<Vec<Machine>, Nameless> {
    let mut heard: BTreeMap<String, Heard> = BTreeMap::new();
    for sample in &answers.known.samples {
        of(&mut heard, sample)?;
    }
    for sample in &answers.states.samples {
        let machine = of(&mut heard, sample)?;
        let Some(family) = family(sample) else { continue };
        let word = sample.label("sortie_port_state");
        let state = State::ALL.into_iter().find(|state| state.code() == word);
        let latest = Latest { at: sample.value, age: sample.at - sample.value, state, conclusive: None };
        match machine.families.get_mut(&family) {
            Some(known) if known.at > latest.at => {}
            // The moments come from one sample each: two states of one agent at one moment contradict each other.
            #[expect(clippy::float_cmp, reason = "the same moment is the same number")]
            Some(known) if known.at == latest.at => known.state = None,
            _ => drop(machine.families.insert(family, latest)),
        }
    }
    for sample in &answers.conclusive.samples {
        let machine = of(&mut heard, sample)?;
        if let Some(latest) = family(sample).and_then(|family| machine.families.get_mut(&family)) {
            latest.conclusive = Some(latest.conclusive.unwrap_or(f64::MIN).max(sample.value));
        }
    }
    for sample in &answers.boots.samples {
        // A machine without this port is not one of those that are asked for.
        if let Some(machine) = key(sample).and_then(|key| heard.get_mut(key)) {
            machine.booted = Some(machine.booted.unwrap_or(f64::MIN).max(sample.value));
        }
    }
    tell_apart(&mut heard);
    let mut machines: Vec<Machine> = heard.into_values().map(|heard| judged(heard, aim)).collect();
    machines.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(machines)
}

/// The entry of the machine that a sample is of.
fn of<'h>(heard: &'h mut BTreeMap<String, Heard>, sample: &Sample) -> Result<&'h mut Heard, Nameless> {
    let key = key(sample).ok_or(Nameless)?;
    let machine = heard.entry(key.to_owned()).or_default();
    // Names change, ids do not.
    let name = Some(sample.label("host_name")).filter(|name| !name.is_empty()).unwrap_or(key);
    name.clone_into(&mut machine.name);
    Ok(machine)
}

/// Machines of one name, as in two regions, have their ids beside it.
fn tell_apart(heard: &mut BTreeMap<String, Heard>) {
    let mut named: BTreeMap<String, usize> = BTreeMap::new();
    for machine in heard.values() {
        *named.entry(machine.name.clone()).or_default() += 1;
    }
    for (key, machine) in heard.iter_mut().filter(|(_, machine)| named[&machine.name] > 1) {
        machine.name = format!("{} ({key})", machine.name);
    }
}

fn key(sample: &Sample) -> Option<&str> {
    ["host_id", "host_name"].map(|label| sample.label(label)).into_iter().find(|text| !text.is_empty())
}

fn family(sample: &Sample) -> Option<Family> {
    Family::ALL.into_iter().find(|family| family.code() == sample.label("network_type"))
}

fn judged(heard: Heard, aim: &Aim) -> Machine {
    let is_fresh = |latest: &&Latest| latest.age <= SILENT_AFTER;
    let fresh: Vec<&Latest> = heard.families.values().filter(is_fresh).collect();
    // As in a report: a family in which nothing leaves does not count where the other one was measured.
    let is_measured = |latest: &Latest| latest.state.is_some_and(State::is_conclusive);
    let counts = |latest: &&&Latest| {
        latest.state != Some(State::NoEgress) || !fresh.iter().any(|other| is_measured(other))
    };
    let standing = |latest: &Latest| {
        let met = latest.state.and_then(|state| aim.expected.is_met(state));
        match Standing::new(latest.state, met) {
            // What was last known for sure before the exemption says nothing about it.
            Standing::Fine if !is_since(latest.conclusive, aim) => Standing::Unknown,
            standing => standing,
        }
    };
    let decides = fresh.iter().filter(counts).map(|latest| (standing(latest), latest.state));
    let worst = decides.reduce(|worst, one| if one.0 > worst.0 { one } else { worst });
    let Some((standing, state)) = worst else {
        return Machine {
            name: heard.name,
            state: None,
            standing: Standing::Unknown,
            reason: Reason::Unknown,
        };
    };
    let is_old = aim.since.zip(heard.booted).is_some_and(|(since, booted)| booted < since);
    let of_platform = if is_old { Reason::NotDeallocated } else { Reason::StillBlocked };
    let reason = match (standing, cause::by_state(state)) {
        (Standing::Unknown, Some(Reason::Open) | None) => Reason::Unknown,
        (_, reason) => reason.unwrap_or(of_platform),
    };
    Machine { name: heard.name, state, standing, reason }
}

fn is_since(conclusive: Option<f64>, aim: &Aim) -> bool {
    aim.since.is_none_or(|since| conclusive.is_some_and(|at| at >= since))
}

/// Unix time.
pub(super) fn unix(at: SystemTime) -> f64 {
    at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prometheus::vector;

    const NOW: f64 = 1_795_000_000.0;

    /// A vector of elements, each with labels and a value.
    fn of(elements: &[(&[(&str, &str)], f64)]) -> Vector {
        let element = |(labels, value): &(&[(&str, &str)], f64)| {
            let metric: BTreeMap<_, _> = labels.iter().copied().collect();
            serde_json::json!({"metric": metric, "value": [NOW, value.to_string()]})
        };
        let result: Vec<_> = elements.iter().map(element).collect();
        let body =
            serde_json::json!({"status": "success", "data": {"resultType": "vector", "result": result}});
        vector(body.to_string().as_bytes()).expect("a vector")
    }

    /// What becomes of one machine that was heard in these states, each so many seconds ago. The exemption was granted ten
    /// minutes ago.
    fn one(states: &[(&str, &str, f64)], conclusive: f64, booted: f64) -> (Standing, Reason) {
        let id = ("host_id", "vm-1");
        let labels: Vec<_> = states
            .iter()
            .map(|(family, state, _)| [id, ("network_type", *family), ("sortie_port_state", *state)])
            .collect();
        let ages = states.iter().map(|(.., age)| NOW - age);
        let states: Vec<(&[(&str, &str)], f64)> = labels.iter().map(|labels| &labels[..]).zip(ages).collect();
        let sure = ["ipv4", "ipv6"].map(|family| [id, ("network_type", family)]);
        let answers = Answers {
            states: of(&states),
            conclusive: of(&[(&sure[0], NOW - conclusive), (&sure[1], NOW - conclusive)]),
            boots: of(&[(&[id], NOW - booted)]),
            known: of(&[(&[id], 7.0)]),
        };
        let aim = Aim { expected: Expectation::Open, since: Some(NOW - 600.0) };
        let machines = machines(&answers, &aim).expect("it has an id");
        let [machine] = &machines[..] else { panic!("{machines:?}") };
        assert_eq!(machine.name, "vm-1");
        (machine.standing, machine.reason)
    }

    #[test]
    fn a_machine_stands_as_it_was_last_heard() {
        use Standing::{Degraded, Fine, Unknown, Violated};
        const BLOCKED: &str = "platform_blocked";
        for (states, conclusive, booted, expected) in [
            (&[("ipv4", "open", 30.0)][..], 30.0, 9_000.0, (Fine, Reason::Open)),
            (&[("ipv4", "open", 30.0), ("ipv4", BLOCKED, 90.0)], 30.0, 500.0, (Fine, Reason::Open)),
            (
                &[("ipv4", "open", 90.0), ("ipv4", BLOCKED, 30.0)],
                30.0,
                500.0,
                (Violated, Reason::StillBlocked),
            ),
            (&[("ipv4", BLOCKED, 30.0)], 30.0, 601.0, (Violated, Reason::NotDeallocated)),
            (&[("ipv4", BLOCKED, 30.0)], 30.0, 599.0, (Violated, Reason::StillBlocked)),
            (&[("ipv4", "locally_blocked", 30.0)], 30.0, 9_000.0, (Violated, Reason::LocalFirewall)),
            (&[("ipv4", "refused", 30.0)], 30.0, 500.0, (Degraded, Reason::DestinationsRefuse)),
            (&[("ipv4", "open", 30.0), ("ipv6", "no_egress", 30.0)], 30.0, 500.0, (Fine, Reason::Open)),
            (
                &[("ipv4", "open", 30.0), ("ipv6", BLOCKED, 30.0)],
                30.0,
                500.0,
                (Violated, Reason::StillBlocked),
            ),
            (&[("ipv4", "no_egress", 30.0)], 900.0, 500.0, (Unknown, Reason::NoEgress)),
        ] {
            assert_eq!(one(states, conclusive, booted), expected, "{states:?}");
        }
    }

    #[test]
    fn what_was_not_heard_is_not_open() {
        for (why, states, conclusive) in [
            ("never in this window", &[][..], 30.0),
            ("for too long", &[("ipv4", "open", 301.0)], 30.0),
            ("known for sure before the exemption alone", &[("ipv4", "open", 30.0)], 601.0),
            ("two states at one moment", &[("ipv4", "open", 30.0), ("ipv4", "platform_blocked", 30.0)], 30.0),
            ("a word of another version", &[("ipv4", "ajar", 30.0)], 30.0),
        ] {
            assert_eq!(one(states, conclusive, 500.0), (Standing::Unknown, Reason::Unknown), "{why}");
        }
    }

    #[test]
    fn machines_are_told_apart_by_their_ids_and_called_by_their_names_where_those_differ() {
        let known = [
            &[("host_id", "2"), ("host_name", "mail")][..],
            &[("host_id", "1"), ("host_name", "mail")],
            &[("host_name", "archive")],
        ];
        let answers = Answers { known: of(&known.map(|labels| (labels, 1.0))), ..Answers::default() };
        let aim = Aim { expected: Expectation::Open, since: None };
        let names: Vec<_> = machines(&answers, &aim)
            .expect("they have names")
            .into_iter()
            .map(|machine| machine.name)
            .collect();
        assert_eq!(names, ["archive", "mail (1)", "mail (2)"]);
        let answers = Answers { known: of(&[(&[], 1.0)]), ..Answers::default() };
        assert_eq!(machines(&answers, &aim), Err(Nameless));
    }

    #[test]
    fn a_boot_of_a_machine_that_is_not_asked_for_makes_none() {
        let answers = Answers { boots: of(&[(&[("host_id", "other")], 1.0)]), ..Answers::default() };
        assert_eq!(machines(&answers, &Aim { expected: Expectation::Open, since: None }), Ok(Vec::new()));
    }
}
