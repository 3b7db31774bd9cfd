//! The rules hold what they promise, and the files in the repository are the ones that they make.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::*;
use crate::catalog::{RECORDED, check, labels_of, series_of};

const RULES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/rules");

fn records() -> Vec<Record> {
    let all = groups().into_iter().flat_map(|group| group.rules);
    all.filter_map(|rule| if let Rule::Record(record) = rule { Some(record) } else { None }).collect()
}

pub(super) fn alerts() -> Vec<Alert> {
    let all = groups().into_iter().flat_map(|group| group.rules);
    all.filter_map(|rule| if let Rule::Alert(alert) = rule { Some(alert) } else { None }).collect()
}

/// The labels that an alert has beside its severity.
pub(super) fn labels(alert: &Alert) -> BTreeSet<String> {
    labels_of(&alert.expr).unwrap_or_else(|why| panic!("{}: {why}", alert.name))
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
        assert_kept(&Path::new(RULES).join(path), text);
    }
    let paths: BTreeSet<_> = made.iter().map(|file| &file.path).collect();
    assert_eq!(paths.len(), made.len());
}

/// Writes the file where it is asked to.
pub(super) fn assert_kept(path: &Path, made: &str) {
    if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder can be made");
        std::fs::write(path, made).expect("the file can be written");
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        kept == made,
        "{} has drifted: INSTA_UPDATE=always cargo test -p sortie-dashboards writes it anew",
        path.display()
    );
}

/// Labels that name one machine.
const OF_A_HOST: [&str; 2] = ["host_id", "host_name"];

#[test]
fn a_page_about_a_block_is_about_a_subscription_and_no_machine() {
    for (name, expected) in [
        ("SortieSubscriptionPortBlocked", &["cloud_account_id", "network_type", "server_port"][..]),
        ("SortieExpectationViolated", &["cloud_account_id", "network_type", "server_port"]),
        // What is above subscriptions is in none of them.
        ("SortieTenantWideBlock", &["network_type", "server_port"]),
        ("SortieRegionNoEgress", &["cloud_account_id", "cloud_region", "network_type"]),
        ("SortieTelemetryAbsent", &[]),
    ] {
        let alert = alerts().into_iter().find(|alert| alert.name == name).expect(name);
        assert_eq!(alert.severity, Severity::Critical, "{name}");
        assert_eq!(labels(&alert), expected.iter().map(|label| (*label).to_owned()).collect(), "{name}");
    }
    let pages = alerts().into_iter().filter(|alert| alert.severity == Severity::Critical);
    assert_eq!(pages.count(), 5, "a new page stands in the list above");
}

#[test]
fn only_an_alert_that_names_a_machine_has_its_label() {
    let of_machines =
        alerts().into_iter().filter(|alert| OF_A_HOST.iter().any(|label| labels(alert).contains(*label)));
    let names: Vec<_> = of_machines.map(|alert| alert.name).collect();
    assert_eq!(names, ["SortieAgentClockWrong", "SortieVMPortBlocked"]);
}

#[test]
fn what_a_page_costs_does_not_depend_on_the_size_of_the_fleet() {
    for Alert { name, severity, expr, .. } in alerts() {
        // To find that nobody is there one series is enough.
        if severity == Severity::Critical && name != "SortieTelemetryAbsent" {
            let read = series_of(&expr).unwrap_or_else(|why| panic!("{name}: {why}"));
            let raw: Vec<_> = read.iter().filter(|series| !series.contains(':')).collect();
            assert!(raw.is_empty(), "{name} reads {raw:?} of every machine");
        }
    }
}

#[test]
fn names_are_unique_and_ours() {
    let alerts = alerts();
    let names: BTreeSet<_> = alerts.iter().map(|alert| alert.name).collect();
    assert_eq!(names.len(), alerts.len());
    assert!(names.iter().all(|name| name.starts_with("Sortie")));
    let groups = groups();
    let groups: BTreeSet<_> = groups.iter().map(|group| group.name).collect();
    assert_eq!(groups.len(), super::groups().len());
}

#[test]
fn only_what_reads_series_of_all_machines_has_an_interval_of_its_own() {
    for Group { name, interval, .. } in groups() {
        assert_eq!(interval.is_some(), name == "sortie-slow", "{name}");
    }
}

#[test]
fn what_is_loaded_without_being_asked_for_has_no_alert_for_each_machine() {
    let optional = groups().into_iter().filter(|group| group.file.starts_with("optional/"));
    let names: Vec<_> = optional.map(|group| group.name).collect();
    assert_eq!(names, ["sortie-vms"]);
}

#[test]
fn texts_name_labels_that_the_alert_has_and_end_as_sentences_do() {
    for alert in alerts() {
        let labels = labels(&alert);
        for text in [alert.summary, alert.description] {
            for token in
                text.split('<').skip(1).map(|rest| rest.split_once('>').expect("a token is closed").0)
            {
                let known = match token {
                    "value" | "percent" | "seconds" | "rate" => true,
                    "subscription" => labels.contains("cloud_account_id"),
                    label => labels.contains(label),
                };
                assert!(known, "{}: <{token}>", alert.name);
            }
        }
        assert!(!alert.summary.ends_with('.') && alert.description.ends_with('.'), "{}", alert.name);
    }
}

#[test]
fn the_readme_tells_of_every_recorded_series_and_page() {
    let readme = include_str!("../../README.md");
    for Record { name, .. } in records() {
        assert!(readme.contains(&format!("`{name}`")), "{name}");
    }
    for alert in alerts().iter().filter(|alert| alert.severity == Severity::Critical) {
        assert!(readme.contains(alert.name), "{}", alert.name);
    }
}
