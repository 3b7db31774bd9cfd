//! Why a verdict is what it is: a short list of sentences with signed weights.

use std::fmt::Write;

use sortie_core::report::{PortVerdict, Report};

use super::Style;
use super::words::{faint, heading, percent, place};
use crate::text::printable;

/// Sentences that are shown without `--explain`; the report has them heaviest first.
const SHORT: usize = 7;

pub(super) fn write(out: &mut String, report: &Report, explain: bool, style: Style) {
    for verdict in report.verdicts.iter().filter(|verdict| !verdict.evidence.is_empty()) {
        let _ = writeln!(out, "\n{}", heading(&format!("Why: {}", place(verdict)), style));
        let shown = if explain { usize::MAX } else { SHORT };
        for piece in verdict.evidence.iter().take(shown) {
            let _ = writeln!(out, "  {:>+6.2}  {}", piece.weight, printable(&piece.text));
        }
        if let Some(more) = verdict.evidence.len().checked_sub(SHORT).filter(|more| !explain && *more > 0) {
            let _ = writeln!(out, "          and {more} more: --explain shows all");
        }
        let _ = writeln!(out, "  {}", faint(&basis(verdict), style));
    }
}

/// What the weights amount to, and which rule decided.
fn basis(verdict: &PortVerdict) -> String {
    let confidence = percent(verdict.confidence);
    format!(
        "rule {}, confidence {confidence}, since {}; weights are log10 of the odds",
        verdict.rule, verdict.since
    )
}
