//! Why a verdict is what it is: a short list of sentences with signed weights.

use std::fmt::Write;

use sortie_core::report::{PortVerdict, Report};

use super::Style;
use super::words::{faint, heading, percent};
use crate::text::printable;

/// Sentences that are shown without `--explain`; the report has them heaviest first.
const SHORT: usize = 7;

/// Weights are rounded to hundredths: below half of one there is none.
const LEAST: f64 = 0.005;

pub(super) fn write(out: &mut String, report: &Report, style: Style) {
    let explain = report.explanation.is_some();
    for group in alike(&report.verdicts) {
        let verdict = group[0];
        let _ = writeln!(out, "\n{}", heading(&format!("Why: {}", places(&group)), style));
        let shown = if explain { usize::MAX } else { SHORT };
        for piece in verdict.evidence.iter().take(shown) {
            let _ = writeln!(out, "  {:>6}  {}", weight(piece.weight), printable(&piece.text));
        }
        if let Some(more) = verdict.evidence.len().checked_sub(SHORT).filter(|more| !explain && *more > 0) {
            let _ = writeln!(out, "          and {more} more: --explain shows all");
        }
        let _ = writeln!(out, "  {}", faint(&basis(verdict), style));
    }
}

/// Verdicts with evidence; those of one port that say the same in both families are told once.
pub(crate) fn alike(verdicts: &[PortVerdict]) -> Vec<Vec<&PortVerdict>> {
    let mut groups: Vec<Vec<&PortVerdict>> = Vec::new();
    for verdict in verdicts.iter().filter(|verdict| !verdict.evidence.is_empty()) {
        let same = |group: &&mut Vec<&PortVerdict>| {
            let first = group[0];
            (first.port, first.rule, &first.evidence) == (verdict.port, verdict.rule, &verdict.evidence)
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.push(verdict),
            None => groups.push(vec![verdict]),
        }
    }
    groups
}

/// `port 25, IPv4 and IPv6`.
pub(crate) fn places(group: &[&PortVerdict]) -> String {
    let families: Vec<String> = group.iter().map(|verdict| verdict.family.to_string()).collect();
    format!("port {}, {}", group[0].port, families.join(" and "))
}

/// A sentence without weight is context.
pub(crate) fn weight(bans: f64) -> String {
    if bans.abs() < LEAST { String::new() } else { format!("{bans:+.2}") }
}

/// What the weights amount to, and which rule decided.
pub(crate) fn basis(verdict: &PortVerdict) -> String {
    let confidence = percent(verdict.confidence);
    format!(
        "rule {}, confidence {confidence}, since {}; weights are log10 of the odds",
        verdict.rule, verdict.since
    )
}
