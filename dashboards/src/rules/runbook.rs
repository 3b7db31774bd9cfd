//! Every alert has a runbook, every runbook an alert, and what stands in it is true: its severity, its queries, its links.

use std::collections::BTreeSet;
use std::path::Path;

use super::tests::{alerts, assert_kept};
use super::{groups, runbooks};
use crate::catalog::check;

const RUNBOOKS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/runbooks");
const SECTIONS: [&str; 5] = ["Meaning", "Impact", "What to check", "What to do", "When it lies"];

fn read(name: &str) -> String {
    std::fs::read_to_string(Path::new(RUNBOOKS).join(name)).unwrap_or_else(|why| panic!("{name}: {why}"))
}

#[test]
fn every_alert_has_a_runbook_and_every_runbook_an_alert() {
    let folder = std::fs::read_dir(RUNBOOKS).expect("the folder is there");
    let names = folder.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
    let written: BTreeSet<String> = names.filter(|name| name != "README.md").collect();
    let wanted: BTreeSet<String> = alerts().iter().map(|alert| format!("{}.md", alert.name)).collect();
    assert_eq!(written, wanted);
}

#[test]
fn a_runbook_says_who_is_told_and_answers_five_questions() {
    for alert in alerts() {
        let text = read(&format!("{}.md", alert.name));
        assert!(text.starts_with(&format!("# {}\n\n", alert.name)), "{}", alert.name);
        assert!(text.contains(&format!("Severity: **{}:", alert.severity.code())), "{}", alert.name);
        let sections: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        assert_eq!(sections, SECTIONS, "{}", alert.name);
    }
}

#[test]
fn queries_of_runbooks_name_what_there_is() {
    for alert in alerts() {
        let text = read(&format!("{}.md", alert.name));
        for block in text.split("```promql\n").skip(1) {
            let query = block.split_once("```").expect("a block is closed").0;
            check(query).unwrap_or_else(|why| panic!("{}: {why} in\n{query}", alert.name));
        }
    }
}

#[test]
fn links_of_runbooks_lead_somewhere() {
    for name in alerts().iter().map(|alert| format!("{}.md", alert.name)).chain(["README.md".to_owned()]) {
        for link in read(&name).split("](").skip(1).map(|rest| rest.split(')').next().unwrap_or_default()) {
            assert!(Path::new(RUNBOOKS).join(link).is_file(), "{name} links {link}");
        }
    }
}

#[test]
fn the_index_is_the_one_that_the_alerts_make() {
    assert_kept(&Path::new(RUNBOOKS).join("README.md"), &runbooks(&groups()));
}
