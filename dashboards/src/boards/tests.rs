//! What holds for every board.

use std::path::Path;

use super::*;
use crate::catalog;

const DASHBOARDS: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn the_committed_files_are_what_the_boards_are_rendered_to() {
    let write = std::env::var_os("INSTA_UPDATE").is_some_and(|update| update == "always");
    for (path, rendered) in super::rendered() {
        let path = Path::new(DASHBOARDS).join(path);
        if write {
            std::fs::create_dir_all(path.parent().expect("below the crate")).expect("a folder");
            std::fs::write(&path, &rendered).expect("a file of the repository");
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            committed == rendered,
            "{} is not what the source says: INSTA_UPDATE=always cargo test -p sortie-dashboards",
            path.display()
        );
    }
}

/// A value of each variable of every board.
const CHOSEN: [(&str, &str); 8] = [
    ("port", "25"),
    ("family", "ipv4"),
    ("subscription", "5b1d2f34-9c1e-4f6e-8f0f-2f6c1d9a7e10"),
    ("region", "westeurope"),
    ("vm", "mail-1"),
    ("target", "gmail-smtp-in.l.google.com"),
    ("granted", "1795000000"),
    ("gateway", "gateway-1"),
];

#[test]
fn every_question_names_only_what_somebody_writes() {
    for asked in queries(&CHOSEN).expect("every variable has a value") {
        let checked = catalog::check(&asked.expr);
        assert!(
            checked.is_ok(),
            "{} / {}: {}\n{}",
            asked.board,
            asked.panel,
            checked.unwrap_err(),
            asked.expr
        );
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
