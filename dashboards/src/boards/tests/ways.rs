//! Variables, and the ways from board to board.

use std::collections::BTreeSet;

use super::*;
use crate::boards::model::{Board, Source, To, View};

/// What Grafana and Perses fill in by themselves.
const OF_THE_PROGRAM: [&str; 2] = ["__range", "__rate_interval"];

#[test]
fn every_way_leads_to_a_board_that_can_take_what_it_is_given() {
    let boards = all();
    let declared = |board: &Board, name: &str| board.variables.iter().any(|variable| variable.name == name);
    let mut ways = 0;
    for board in &boards {
        for (keys, to) in ways_from(board) {
            let To::Board { uid, sets, keeps } = to else { continue };
            ways += 1;
            let there = boards.iter().find(|there| there.uid == uid).expect("a board");
            for (variable, label) in sets {
                assert!(declared(there, variable), "{} -> {uid}: ${variable}", board.uid);
                assert!(keys.contains(label), "{} -> {uid}: {label} is not in the row", board.uid);
            }
            for kept in keeps {
                assert!(declared(board, kept) && declared(there, kept), "{} -> {uid}: ${kept}", board.uid);
            }
        }
    }
    assert!(ways > 4, "the fleet leads to subscriptions, and they to VMs");
}

#[test]
fn every_variable_is_declared_and_used() {
    for board in all() {
        let mut used: BTreeSet<String> = BTreeSet::new();
        let questions = board.rows.iter().flat_map(|row| &row.panels).flat_map(model::Panel::queries);
        let texts =
            questions.map(|query| query.expr).chain(board.annotations.iter().map(|one| one.expr.to_owned()));
        let of_variables = board.variables.iter().filter_map(|variable| match variable.source {
            Source::Label { series, .. } => Some(series.to_owned()),
            Source::Words(_) | Source::Text(_) => None,
        });
        for text in texts.chain(of_variables) {
            for part in text.split('$').skip(1) {
                used.insert(part.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect());
            }
        }
        used.retain(|name| !OF_THE_PROGRAM.contains(&name.as_str()));
        used.extend(ways_from(&board).into_iter().flat_map(kept));
        let declared = board.variables.iter().map(|variable| variable.name.to_owned()).collect();
        assert_eq!(used, declared, "{}", board.uid);
    }
}

/// A variable that is chosen from what another one leaves stands behind it.
#[test]
fn variables_stand_in_the_order_of_their_dependence() {
    for board in all() {
        for (place, variable) in board.variables.iter().enumerate() {
            if let Source::Label { series, .. } = variable.source {
                for part in series.split('$').skip(1) {
                    let before = &board.variables[..place];
                    assert!(
                        before.iter().any(|known| part.starts_with(known.name)),
                        "{}: {series}",
                        board.uid
                    );
                }
            }
        }
    }
}

fn kept((_, to): (Vec<&'static str>, To)) -> Vec<String> {
    match to {
        To::Board { keeps, .. } => keeps.iter().map(|kept| (*kept).to_owned()).collect(),
        To::Runbook => Vec::new(),
    }
}

/// The links of the tables, each with the labels of its row.
fn ways_from(board: &Board) -> Vec<(Vec<&'static str>, To)> {
    let tables = board.rows.iter().flat_map(|row| &row.panels).filter_map(|panel| match &panel.view {
        View::Table(table) => Some(table),
        _ => None,
    });
    let of = |table: &model::Table| {
        let labels: Vec<_> = table.keys.iter().map(|key| key.label).collect();
        let ways = table.keys.iter().filter_map(|key| key.to);
        ways.map(|to| (labels.clone(), to)).collect::<Vec<_>>()
    };
    tables.flat_map(of).collect()
}
