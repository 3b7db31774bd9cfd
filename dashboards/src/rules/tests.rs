//! The rules hold what they promise, and the files in the repository are the ones that they make.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::*;
use crate::catalog::{RECORDED, check, labels_of};

const RULES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/rules");

fn records() -> Vec<Record> {
    let all = groups().into_iter().flat_map(|group| group.rules);
    all.filter_map(|rule| if let Rule::Record(record) = rule { Some(record) } else { None }).collect()
}

fn alerts() -> Vec<Alert> {
    let all = groups().into_iter().flat_map(|group| group.rules);
    all.filter_map(|rule| if let Rule::Alert(alert) = rule { Some(alert) } else { None }).collect()
}

#[test]
fn what_is_recorded_is_what_the_catalogue_lists_with_these_labels() {
    let made: BTreeMap<&str, Vec<String>> = records()
        .iter()
        .map(|record| {
            let labels = labels_of(&record.expr).unwrap_or_else(|why| panic!("{}: {why}", record.name));
            (record.name, labels.into_iter().collect())
        })
        .collect();
    let listed: BTreeMap<&str, Vec<String>> = RECORDED
        .iter()
        .map(|recorded| (recorded.name, recorded.labels.iter().map(|label| (*label).to_owned()).collect()))
        .collect();
    assert_eq!(made, listed);
}

#[test]
fn alerts_name_what_there_is() {
    for Alert { name, expr, unless, .. } in alerts() {
        check(&expr).unwrap_or_else(|why| panic!("{name}: {why}"));
        if let Some(unless) = unless {
            let whole = format!("({expr})\n{unless}");
            check(&whole).unwrap_or_else(|why| panic!("{name}: {why}"));
        }
    }
}

#[test]
fn the_files_in_the_repository_are_the_ones_that_the_rules_make() {
    let made = files(&groups());
    for File { path, text } in &made {
        let path = Path::new(RULES).join(path);
        if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder can be made");
            std::fs::write(&path, text).expect("the file can be written");
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            kept == *text,
            "{} has drifted: INSTA_UPDATE=always cargo test -p sortie-dashboards writes it anew",
            path.display()
        );
    }
    let paths: BTreeSet<_> = made.iter().map(|file| &file.path).collect();
    assert_eq!(paths.len(), made.len());
}
