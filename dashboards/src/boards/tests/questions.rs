//! What the boards ask.

use promql_parser::label::MatchOp;
use promql_parser::parser::{self, Expr, VectorSelector};

use super::*;
use crate::catalog;

/// What counts although it is shown as it is, and why.
const SHOWN_AS_IT_IS: [&str; 1] = [
    // It counts the seconds since the gateway was started: the number itself is the answer.
    "otelcol_process_uptime_seconds_total",
];
/// What Sortie's gateway writes about single agents: only about those that it refuses, which are few.
const OF_FEW: [&str; 1] = ["sortie_gateway_refused_points_total"];

#[test]
fn every_question_names_only_what_somebody_writes() {
    for asked in queries(&CHOSEN).expect("every variable has a value") {
        let checked = catalog::check(&asked.expr);
        assert!(checked.is_ok(), "{} / {}: {checked:?}\n{}", asked.board, asked.panel, asked.expr);
    }
    for choice in choices(&CHOSEN).expect("every variable has a value") {
        let labels = catalog::labels_of(&choice.series);
        let known = labels.as_ref().is_ok_and(|labels| labels.contains(choice.label));
        assert!(
            known,
            "{} / ${}: {} of {}: {labels:?}",
            choice.board, choice.variable, choice.label, choice.series
        );
    }
}

#[test]
fn single_vms_are_asked_about_within_one_subscription_only() {
    for (asked, selector, _) in selected() {
        let name = selector.name.clone().unwrap_or_default();
        let of_agents = name.starts_with("sortie_") || name.starts_with("process_");
        if of_agents && !OF_FEW.contains(&name.as_str()) {
            let one = selector.matchers.matchers.iter().any(|matcher| {
                matcher.name == "cloud_account_id"
                    && matcher.op == MatchOp::Equal
                    && !matcher.value.is_empty()
            });
            assert!(one, "{} / {}: {name} of every subscription", asked.board, asked.panel);
        }
    }
}

#[test]
fn the_fleet_is_read_from_recorded_series_alone() {
    for (asked, selector, _) in selected() {
        let name = selector.name.clone().unwrap_or_default();
        let recorded = name.contains(':') || name == "ALERTS";
        assert!(asked.board != "sortie-fleet" || recorded, "{}: {name}", asked.panel);
    }
}

#[test]
fn what_only_ever_rises_is_shown_as_a_rate() {
    for (asked, selector, of_a_span) in selected() {
        let name = selector.name.clone().unwrap_or_default();
        let counts = name.ends_with("_total") || name.ends_with("_bucket");
        assert!(
            !counts || of_a_span || SHOWN_AS_IT_IS.contains(&name.as_str()),
            "{} / {}: {name}",
            asked.board,
            asked.panel
        );
    }
}

#[test]
fn rates_are_over_the_span_that_suits_the_step() {
    // An hour: a settled VM completes one handshake a minute, too few for a percentile of less.
    const DELIBERATE: [&str; 1] = ["1h"];
    for (board, panel) in panels() {
        for query in panel.queries() {
            for (before, after) in query.expr.match_indices('[').map(|(at, _)| query.expr.split_at(at)) {
                let span = after[1..].split([']', ':']).next().unwrap_or_default();
                let suits = ["$__rate_interval", "$__range"].contains(&span) || DELIBERATE.contains(&span);
                assert!(suits, "{board} / {}: {before} over {span}", panel.title);
            }
        }
    }
}

#[test]
fn tables_are_bounded() {
    for (board, panel) in panels() {
        if let model::View::Table(table) = &panel.view {
            assert!(!table.columns.is_empty(), "{board} / {}", panel.title);
            assert!(
                panel.queries().iter().all(|query| query.expr.contains("topk(")),
                "{board} / {}",
                panel.title
            );
        }
    }
}

/// Every selector of every question, and whether it selects a span of time.
fn selected() -> Vec<(Asked, VectorSelector, bool)> {
    let mut all = Vec::new();
    for asked in queries(&CHOSEN).expect("every variable has a value") {
        let parsed = parser::parse(&asked.expr).expect("PromQL");
        let mut found = Vec::new();
        walk(&parsed, &mut found);
        all.extend(found.into_iter().map(|(selector, of_a_span)| (asked.clone(), selector, of_a_span)));
    }
    assert!(all.len() > 100, "the walk finds selectors");
    all
}

fn walk(expr: &Expr, found: &mut Vec<(VectorSelector, bool)>) {
    match expr {
        Expr::VectorSelector(selector) => found.push((selector.clone(), false)),
        Expr::MatrixSelector(matrix) => found.push((matrix.vs.clone(), true)),
        Expr::Aggregate(aggregate) => walk(&aggregate.expr, found),
        Expr::Unary(unary) => walk(&unary.expr, found),
        Expr::Paren(paren) => walk(&paren.expr, found),
        Expr::Subquery(subquery) => walk(&subquery.expr, found),
        Expr::Binary(binary) => [&binary.lhs, &binary.rhs].into_iter().for_each(|side| walk(side, found)),
        Expr::Call(call) => call.args.args.iter().for_each(|argument| walk(argument, found)),
        Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::Extension(_) => {}
    }
}
