//! From what is known to the ticket. Pure: no clock, no file, no network.

use sortie_core::report::{NextStep, Report};

use super::document::{Recourse, SCHEMA, Ticket};
use super::lead::Lead;
use super::sources::Sources;
use super::{commands, identity, probes, problem, recourse, rulings, timeline};
use crate::exit;

/// The evidence pack of this moment.
pub(crate) fn pack(sources: Sources) -> Ticket {
    let Sources { report, past, machine, made_at, redacted } = sources;
    let made_by = format!("sortie {}", env!("CARGO_PKG_VERSION"));
    let lead = Lead::of(&report);
    let lead = lead.as_ref();
    let all = probes::of(&report, &past);
    let title = problem::title(&report, lead);
    let problem = problem::of(&report, lead);
    let rulings = lead.map(|lead| rulings::of(&report, lead, &all)).unwrap_or_default();
    let commands = lead.map(|lead| commands::of(&report, lead, &all)).unwrap_or_default();
    let next_steps = next_steps(&report);
    let recourse =
        lead.and_then(|lead| recourse::of(&report, lead)).map(|recourse| once(recourse, &next_steps));
    let timeline = timeline::of(&past, &report);
    let (evidence, controls) = all.into_iter().partition(|probe| probe.role.is_subject());
    Ticket {
        schema: SCHEMA,
        identity: identity::of(&report, &machine, &made_by),
        control_plane: report.cloud.as_ref().map(identity::control_plane).unwrap_or_default(),
        next_steps,
        made_at,
        made_by,
        redacted,
        title,
        problem,
        recourse,
        timeline,
        evidence,
        controls,
        rulings,
        commands,
        report,
    }
}

/// Steps that the verdict asks for already are not told twice.
fn once(recourse: Recourse, next_steps: &[NextStep]) -> Recourse {
    let is_told = |step: &&str| next_steps.iter().any(|next| next.text.contains(*step));
    if recourse.steps.iter().all(is_told) { Recourse { steps: Vec::new(), ..recourse } } else { recourse }
}

/// Every step of a verdict that counts, once.
fn next_steps(report: &Report) -> Vec<NextStep> {
    let counted = report.verdicts.iter().filter(|verdict| exit::counts(report, verdict));
    let mut steps: Vec<NextStep> = Vec::new();
    for step in counted.flat_map(|verdict| &verdict.next_steps) {
        if !steps.contains(step) {
            steps.push(step.clone());
        }
    }
    steps
}
