//! What holds for every board.

mod colours;
mod documents;
mod questions;
mod ways;

use super::*;

/// A value of each variable of every board.
const CHOSEN: [(&str, &str); 6] = [
    ("port", "25"),
    ("family", "ipv4"),
    ("subscription", "5b1d2f34-9c1e-4f6e-8f0f-2f6c1d9a7e10"),
    ("vm", "mail-1"),
    ("target", "gmail-smtp-in.l.google.com"),
    ("granted", "1795000000"),
];

/// Every panel with the board that it is on.
fn panels() -> Vec<(&'static str, model::Panel)> {
    let of = |board: model::Board| {
        board.rows.into_iter().flat_map(|row| row.panels).map(move |panel| (board.uid, panel))
    };
    all().into_iter().flat_map(of).collect()
}

#[test]
fn every_panel_says_what_it_tells_and_what_its_absence_means() {
    for (board, panel) in panels() {
        assert!(panel.says.ends_with('.'), "{board} / {}: {}", panel.title, panel.says);
        assert!(
            panel.empty.says().ends_with(['.', '?']),
            "{board} / {}: {}",
            panel.title,
            panel.empty.says()
        );
    }
}

#[test]
fn every_board_begins_with_a_row_of_numbers_and_ends_with_advice() {
    use model::View;
    for board in all() {
        let views = |row: Option<&model::Row>| {
            row.into_iter()
                .flat_map(|row| row.panels.iter().map(|panel| panel.view.clone()))
                .collect::<Vec<_>>()
        };
        let first = views(board.rows.first());
        assert!(!first.is_empty() && first.iter().all(|view| matches!(view, View::Stat(_))), "{}", board.uid);
        let advises =
            board.rows.iter().flat_map(|row| &row.panels).any(|panel| matches!(panel.view, View::Words(_)));
        assert!(advises, "{}", board.uid);
    }
}

#[test]
fn names_are_used_once() {
    let unique = |what: &str, mut names: Vec<&str>| {
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all, "{what}: {names:?}");
    };
    let boards = all();
    unique("boards", boards.iter().map(|board| board.uid).collect());
    unique("titles", boards.iter().map(|board| board.title).collect());
    for board in &boards {
        unique(board.uid, board.rows.iter().flat_map(|row| &row.panels).map(|panel| panel.title).collect());
    }
}
