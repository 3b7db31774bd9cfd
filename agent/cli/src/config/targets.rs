//! `[[target]]` and `[controls]`: what is probed, checked for entries that contradict each other.

use std::ops::Range;

use sortie_core::target::{Address, MIN_OPERATORS, Operator, Port, Roster, Target};
use toml::Spanned;

use super::diagnose::Problem;
use super::relay::{Placed, Relay};
use super::section::Section;
use super::value;
use crate::address::likely_operator;

/// Every machine of a fleet asks every target when a jury is called.
pub(super) const TARGETS_MAX: usize = 64;
/// Global controls are asked every round.
pub(super) const GLOBALS_MAX: usize = 16;

/// A target, and where its address stands.
pub(super) struct Subject {
    pub(super) target: Target,
    at: Range<usize>,
}

/// `[[target]]`
pub(super) fn read_target(section: &mut Section<'_, '_>) -> Option<Subject> {
    let operator = section.value("operator", value::operator);
    let address = section.required("address", "mx.example.com:25", value::address);
    let control = section.value("control", value::address);
    let anchor = section.value("anchor", value::boolean).is_some_and(Spanned::into_inner);
    let address = address?;
    let (at, address) = (address.span(), address.into_inner());
    let operator = operator.map_or_else(|| likely_operator(&address), Spanned::into_inner);
    let plain = control.as_ref().map(|c| c.get_ref().clone());
    match Target::new(operator, address, plain, anchor) {
        Ok(target) => Some(Subject { target, at }),
        Err(error) => {
            let span = control.map_or(at.clone(), |c| c.span());
            let hint =
                "take another port of the same operator, for example 587 or 443, or leave `control` out";
            let problem = Problem::new(error.to_string(), span, "controls nothing");
            section.refuse(problem.other(at, "the port under test").hint(hint));
            None
        }
    }
}

/// `[controls]`
pub(super) fn read_globals(section: &mut Section<'_, '_>) -> Option<Vec<Spanned<Address>>> {
    let globals = section.list("global", value::address)?;
    let (span, list) = (globals.span(), globals.into_inner());
    if let Some(extra) = list.get(GLOBALS_MAX) {
        let title = format!("`controls.global` has more than {GLOBALS_MAX} entries");
        section.refuse(
            Problem::new(title, extra.span(), "one too many")
                .other(span, "in this list")
                .hint("two or three are enough"),
        );
    }
    Some(list)
}

/// Refuses subjects that contradict each other: the same address twice, or under two operators.
pub(super) fn check(subjects: &[Subject], globals: &[Spanned<Address>], problems: &mut Vec<Problem>) {
    for (at, subject) in subjects.iter().enumerate() {
        let (address, operator) = (subject.target.address(), subject.target.operator());
        let Some(first) = subjects[..at].iter().find(|s| s.target.address() == address) else { continue };
        let (title, hint) = if first.target.operator() == operator {
            (format!("{address} is listed twice"), "one entry is enough: take one out")
        } else {
            let title =
                format!("{address} is listed for two operators, {} and {operator}", first.target.operator());
            (title, "one server cannot be two independent witnesses: leave it to the operator that runs it")
        };
        problems.push(
            Problem::new(title, subject.at.clone(), "again").other(first.at.clone(), "first here").hint(hint),
        );
    }
    for global in globals {
        if let Some(subject) = subjects.iter().find(|s| s.target.address() == global.get_ref()) {
            let title = format!("{} is a target and a global control", global.get_ref());
            problems.push(
                Problem::new(title, global.span(), "controls itself")
                    .other(subject.at.clone(), "the target")
                    .hint("a control shows that the way is open when mail is not: take one on another port"),
            );
        }
    }
}

/// Adds the required relays of the file that are no targets yet, each as an operator of its own.
///
/// Only relays that somebody wrote down are added: the built-in relay is a target of the built-in catalogue anyway,
/// and a file with targets of its own asks for those and no others.
pub(super) fn add_relays(targets: &mut Vec<Target>, relays: &[Placed]) {
    for Relay { name, address, required, .. } in relays.iter().map(|p| &p.relay) {
        if *required && !targets.iter().any(|t| t.address() == address) {
            targets.extend(Target::new(name.clone(), address.clone(), None, false));
        }
    }
}

/// What is allowed and still worth a sentence.
pub fn warnings(roster: &Roster) -> Vec<String> {
    let mut warnings: Vec<String> =
        roster.ports().into_iter().filter_map(|port| too_few(roster, port)).collect();
    let uncontrolled = roster.targets().iter().filter(|t| t.control().is_none());
    if roster.globals().is_empty() && uncontrolled.clone().next().is_some() {
        let names: Vec<&str> = uncontrolled.map(|t| t.operator().as_str()).collect();
        warnings.push(format!(
            "there is no control for {}: their silence proves nothing; set `control` or `controls.global`",
            names.join(", ")
        ));
    }
    warnings
}

/// With fewer than three independent operators nobody is convicted.
fn too_few(roster: &Roster, port: Port) -> Option<String> {
    let names: Vec<&str> = roster.operators(port).into_iter().map(Operator::as_str).collect();
    (names.len() < MIN_OPERATORS).then(|| {
        let noun = if names.len() == 1 { "operator" } else { "operators" };
        format!(
            "port {port} has {} independent {noun} ({}): with fewer than {MIN_OPERATORS} nobody can be convicted",
            names.len(),
            names.join(", ")
        )
    })
}
