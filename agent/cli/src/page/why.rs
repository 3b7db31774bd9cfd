//! Why a verdict is what it is: every sentence beside its weight, and what the weights add up to.

use maud::{Markup, html};
use sortie_core::ledger::{CLEAR, RAISE};
use sortie_core::report::{PortVerdict, Report};
use sortie_core::verdict::State;

use super::charts::Waterfall;
use super::shape;
use super::verdicts::{slug, worst};
use crate::exit::Standing;
use crate::render::evidence::{alike, basis, places, weight};
use crate::render::words::spoken;
use crate::text::printable;

pub(super) fn section(report: &Report) -> Markup {
    let groups = alike(&report.verdicts);
    html! {
        @if !groups.is_empty() {
            section #why aria-labelledby="h-why" {
                h2 #h-why { "Why" }
                p {
                    "Each sentence adds its weight to the finding. A block is raised at "
                    (format!("{RAISE:+} (odds of {} to 1)", 10f64.powf(RAISE))) " and cleared at "
                    (format!("−{} (odds of 1 to {})", -CLEAR, 10f64.powf(-CLEAR)))
                    "; sentences without a weight are context."
                }
                @for group in &groups { (account(report, group)) }
            }
        }
    }
}

/// The evidence of one port, told once for the families that share it.
fn account(report: &Report, group: &[&PortVerdict]) -> Markup {
    let verdict = group[0];
    let lines = format!("f-{}", slug(verdict));
    let weights: Vec<f64> = verdict.evidence.iter().map(|piece| piece.weight).collect();
    let has_bars = weights.iter().any(|bans| !weight(*bans).is_empty());
    let scale = Waterfall::over(&weights);
    let sums: Vec<f64> = weights
        .iter()
        .scan(0.0, |sum, weight| {
            *sum += weight;
            Some(*sum)
        })
        .collect();
    html! {
        @for other in &group[1..] { span #{ "why-" (slug(other)) } {} }
        details #{ "why-" (slug(verdict)) } .account.(shape::tone(verdict.state, verdict.expected))
            data-state=(verdict.state) open[is_told_at_once(report, group)] {
            summary { h3 { (places(group)) ": " (spoken(verdict.state)) } }
            table {
                thead {
                    tr {
                        th scope="col" { "evidence" }
                        th scope="col" { "weight" }
                        @if has_bars { td .bar { (scale.scale(&lines)) } }
                    }
                }
                tbody {
                    @for (n, piece) in verdict.evidence.iter().enumerate() {
                        tr {
                            td { (printable(&piece.text)) }
                            td { (weight(piece.weight)) }
                            @if has_bars { td .bar { (scale.bar(&lines, sums[n] - piece.weight, sums[n])) } }
                        }
                    }
                }
                @if has_bars {
                    tfoot {
                        tr {
                            th scope="row" { "sum" }
                            td { (format!("{:+.2}", sums.last().copied().unwrap_or_default())) }
                            td .bar { (scale.bar(&lines, 0.0, sums.last().copied().unwrap_or_default())) }
                        }
                    }
                }
            }
            p .basis { (basis(verdict)) }
        }
    }
}

/// Whoever is convicted is told at once; where nobody is, the worst verdict is, unless all is well.
fn is_told_at_once(report: &Report, group: &[&PortVerdict]) -> bool {
    let convicted = |verdict: &PortVerdict| {
        State::ALL.into_iter().any(|state| state.is_block() && state.code() == verdict.state)
    };
    if report.verdicts.iter().any(convicted) {
        return group.iter().any(|verdict| convicted(verdict));
    }
    let worst = worst(report).filter(|verdict| Standing::of(verdict) != Standing::Fine);
    worst.is_some_and(|worst| group.iter().any(|verdict| std::ptr::eq(*verdict, worst)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample;

    /// The ids of the accounts that are open.
    fn open(states: &[(&'static str, Option<bool>)]) -> Vec<usize> {
        let verdicts = states.iter().enumerate().map(|(n, (state, as_expected))| {
            let rule = ["a", "b", "c"][n];
            PortVerdict { state, rule, as_expected: *as_expected, ..sample::verdict() }
        });
        let report = Report { verdicts: verdicts.collect(), ..sample::report() };
        let html = section(&report).into_string();
        let accounts = html.split("<details").skip(1).enumerate();
        let open = |(n, account): (usize, &str)| account.split_once('>')?.0.contains(" open").then_some(n);
        accounts.filter_map(open).collect()
    }

    #[test]
    fn whoever_is_convicted_is_told_at_once() {
        for (states, told) in [
            (&[("open", Some(true)), ("open", Some(true))][..], vec![]),
            (&[("open", Some(true)), ("platform_blocked", Some(false))], vec![1]),
            (
                &[("partial", Some(false)), ("platform_blocked", Some(true)), ("path_blocked", Some(false))],
                vec![1, 2],
            ),
            (&[("open", Some(true)), ("throttled", Some(false)), ("inconclusive", None)], vec![1]),
            (&[("no_egress", None), ("no_egress", None)], vec![0]),
        ] {
            assert_eq!(open(states), told, "{states:?}");
        }
    }
}
