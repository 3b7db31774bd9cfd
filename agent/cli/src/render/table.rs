//! The report for people: the verdicts first, then why, what to do, how the relays stand, and what was asked.

use std::fmt::Write;

use sortie_core::report::{NextStep, Report};

use super::words::{faint, heading, headline, mark, told_by_azure, whereabouts};
use super::{Style, destinations, evidence, explain, relays};
use crate::text::printable;

/// The report as text. With an explanation, every packet and every weight.
pub fn table(report: &Report, style: Style) -> String {
    let mut out = String::new();
    verdicts(&mut out, report, style);
    evidence::write(&mut out, report, style);
    next_steps(&mut out, report, style);
    relays::write(&mut out, report, style);
    destinations::write(&mut out, report, style);
    if let Some(explanation) = &report.explanation {
        explain::write(&mut out, explanation, style);
    }
    footer(&mut out, report, style);
    out
}

fn verdicts(out: &mut String, report: &Report, style: Style) {
    if report.verdicts.is_empty() {
        out.push_str("? nothing was measured\n");
    }
    for verdict in &report.verdicts {
        let _ = writeln!(out, "{} {}", mark(verdict, style), heading(&headline(verdict), style));
        let _ = writeln!(out, "  {}", printable(&verdict.summary));
    }
}

/// Every step once, whichever verdicts ask for it.
fn next_steps(out: &mut String, report: &Report, style: Style) {
    let mut steps: Vec<&NextStep> = Vec::new();
    for step in report.verdicts.iter().flat_map(|verdict| &verdict.next_steps) {
        if !steps.contains(&step) {
            steps.push(step);
        }
    }
    if steps.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{}", heading("What to do", style));
    for (number, step) in (1..).zip(steps) {
        let _ = writeln!(out, "  {number}. {}", printable(&step.text));
        if let Some(url) = &step.url {
            let _ = writeln!(out, "     {}", faint(&printable(url), style));
        }
    }
}

fn footer(out: &mut String, report: &Report, style: Style) {
    out.push('\n');
    if let Some(sentence) = report.cloud.as_ref().and_then(|cloud| cloud.unsupported.as_deref()) {
        let _ = writeln!(out, "note: {}", printable(sentence));
    }
    for sentence in &report.unseen {
        let _ = writeln!(out, "note: {}", printable(sentence));
    }
    let host = report.host.name.as_deref().or(report.host.id.as_deref());
    let host = host.map(|name| format!(" on {}", printable(name))).unwrap_or_default();
    let line = match report.engine {
        Some(engine) => format!("measured{host} at {} by the {engine} engine", report.generated_at),
        None => format!("known{host} as of {}", report.generated_at),
    };
    let _ = writeln!(out, "{}", faint(&line, style));
    if let Some(cloud) = &report.cloud {
        let _ = writeln!(out, "{}", faint(&format!("in {}", whereabouts(cloud)), style));
        if let Some(told) = told_by_azure(cloud) {
            let _ = writeln!(out, "{}", faint(&told, style));
        }
    }
}
