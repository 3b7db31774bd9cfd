//! What the targets refuse is not in their files. None of them can be asked here, so that their documented limits are held
//! against what is rendered.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use super::tests::{alerts, labels};
use super::{File, Group, Rule, files, groups};

/// Rules of one group of Azure: "Azure Monitor service limits, Prometheus rule groups".
const AZURE_RULES: usize = 20;
/// Labels of one alert of Azure, those of its expression included.
const AZURE_LABELS: usize = 10;
/// Characters of an annotation of Azure.
const AZURE_TEXT: usize = 1_024;
/// Characters of the uid of a rule of Grafana.
const GRAFANA_UID: usize = 40;
/// Characters of a label of DNS, which the name of an object of Kubernetes is here.
const DNS_LABEL: usize = 63;

fn rendered(target: &str) -> Vec<File> {
    let made: Vec<File> = files(&groups()).into_iter().filter(|file| file.path.starts_with(target)).collect();
    assert!(!made.is_empty());
    made
}

/// The strings of a Bicep file that are the value of this property, without their quotes.
fn strings<'a>(bicep: &'a str, property: &str) -> Vec<&'a str> {
    let key = format!("{property}: '");
    let values = bicep.lines().filter_map(|line| line.trim_start().strip_prefix(&key));
    values.map(|value| value.strip_suffix('\'').expect("a string ends on its line")).collect()
}

#[test]
fn azure_takes_as_many_rules_labels_and_letters() {
    for Group { name, rules, .. } in groups() {
        assert!(rules.len() <= AZURE_RULES, "{name} has {} rules", rules.len());
    }
    for alert in alerts() {
        // `severity`, beside those of the expression.
        assert!(labels(&alert).len() < AZURE_LABELS, "{}", alert.name);
    }
    for File { path, text } in rendered("azure/") {
        for property in ["summary", "description", "runbook_url", "dashboard_url"] {
            for value in strings(&text, property) {
                assert!((1..=AZURE_TEXT).contains(&value.chars().count()), "{path}: {value}");
            }
        }
    }
}

#[test]
fn azure_is_told_durations_of_iso_8601_that_it_takes() {
    let minutes = |text: &str| {
        let (hours, minutes) = (text.strip_suffix('H'), text.strip_suffix('M'));
        let number =
            |digits: &str, times: u32| digits.strip_prefix("PT")?.parse::<u32>().ok().map(|n| n * times);
        hours.and_then(|digits| number(digits, 60)).or(minutes.and_then(|digits| number(digits, 1)))
    };
    for File { path, text } in rendered("azure/") {
        for property in ["interval", "timeToResolve"] {
            for value in strings(&text, property) {
                assert!(
                    minutes(value).is_some_and(|length| (1..=15).contains(&length)),
                    "{path}: {property} {value}"
                );
            }
        }
        for value in strings(&text, "for") {
            assert!(minutes(value).is_some(), "{path}: for {value}");
        }
    }
}

#[test]
fn azure_has_neither_alerts_as_series_nor_functions_in_texts() {
    for File { path, text } in rendered("azure/") {
        for refused in ["ALERTS", "keep_firing_for", "humanize", "printf", "{{ with", "\t"] {
            assert!(!text.contains(refused), "{path} has {refused}");
        }
        for line in text.lines() {
            let quotes = line.replace("\\'", "").matches('\'').count();
            assert!(quotes.is_multiple_of(2), "{path}: a string does not end on its line: {line}");
        }
        let ends_with = |end: &str| text.lines().filter(|line| line.ends_with(end)).count();
        let is = |whole: &str| text.lines().filter(|line| line.trim() == whole).count();
        assert_eq!((ends_with("{"), ends_with("[")), (is("}"), is("]")), "{path}");
        for severity in text.lines().filter_map(|line| line.trim().strip_prefix("severity: ")) {
            let number = severity.parse::<u32>().is_ok_and(|number| number <= 4);
            assert!(number || severity.starts_with('\''), "{path}: severity {severity}");
        }
    }
}

#[test]
fn what_azure_evaluates_is_the_expression_and_what_stands_for_inhibition() {
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let all: String = rendered("azure/").into_iter().map(|file| file.text).collect();
    let expressions: BTreeSet<String> = strings(&all, "expression")
        .iter()
        .map(|text| text.replace("\\'", "'").replace("\\\\", "\\"))
        .collect();
    for rule in groups().into_iter().flat_map(|group| group.rules) {
        let expected = match rule {
            Rule::Record(record) => record.expr,
            Rule::Alert(alert) => match alert.unless {
                Some(unless) => format!("({}) {unless}", alert.expr),
                None => alert.expr,
            },
        };
        assert!(expressions.contains(&one_line(&expected)), "{expected}");
    }
}

#[derive(Deserialize)]
struct Object {
    #[serde(rename = "apiVersion")]
    api_version: String,
    kind: String,
    metadata: Metadata,
    spec: RuleFile,
}

#[derive(Deserialize)]
struct Metadata {
    name: String,
}

#[derive(Deserialize)]
struct RuleFile {
    groups: Vec<RuleGroup>,
}

#[derive(Deserialize)]
struct RuleGroup {
    name: String,
    rules: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    record: Option<String>,
    alert: Option<String>,
    expr: String,
    r#for: Option<String>,
    keep_firing_for: Option<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

#[test]
fn kubernetes_is_told_the_groups_of_prometheus_under_names_that_it_takes() {
    let of_prometheus = rendered("prometheus/");
    for (File { path, text }, plain) in rendered("kubernetes/").into_iter().zip(of_prometheus) {
        let object: Object = serde_saphyr::from_str(&text).unwrap_or_else(|why| panic!("{path}: {why}"));
        let plain: RuleFile = serde_saphyr::from_str(&plain.text).expect("rules");
        assert_eq!((&*object.api_version, &*object.kind), ("monitoring.coreos.com/v1", "PrometheusRule"));
        let dns = |name: &str| name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        assert!(dns(&object.metadata.name) && object.metadata.name.len() <= DNS_LABEL, "{path}");
        let names = |file: &RuleFile| file.groups.iter().map(|group| group.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&object.spec), names(&plain), "{path}");
    }
}

#[test]
fn prometheus_reads_what_was_meant() {
    let read: Vec<Entry> = rendered("prometheus/")
        .iter()
        .flat_map(|file| serde_saphyr::from_str::<RuleFile>(&file.text).expect("rules").groups)
        .flat_map(|group| group.rules)
        .collect();
    let meant: Vec<Rule> = groups_by_file();
    assert_eq!(read.len(), meant.len());
    for (read, meant) in read.iter().zip(&meant) {
        match meant {
            Rule::Record(record) => {
                assert_eq!((read.record.as_deref(), &read.expr), (Some(record.name), &record.expr));
            }
            Rule::Alert(alert) => {
                assert_eq!((read.alert.as_deref(), &read.expr), (Some(alert.name), &alert.expr));
                assert_eq!(read.r#for, alert.wait.map(|wait| wait.to_string()));
                assert_eq!(read.keep_firing_for, alert.keep.map(|keep| keep.to_string()));
                assert_eq!(read.labels["severity"], alert.severity.code());
                assert_eq!(read.annotations.len(), 4);
            }
        }
    }
}

/// The order of files is that of their first group.
fn groups_by_file() -> Vec<Rule> {
    let mut groups = groups();
    let order: Vec<&str> = groups.iter().map(|group| group.file).collect();
    groups.sort_by_key(|group| order.iter().position(|file| *file == group.file));
    groups.into_iter().flat_map(|group| group.rules).collect()
}

#[test]
fn grafana_is_told_rules_that_it_takes() {
    let mut uids = BTreeSet::new();
    for File { path, text } in rendered("grafana/") {
        let document: Value = serde_saphyr::from_str(&text).unwrap_or_else(|why| panic!("{path}: {why}"));
        assert_eq!(document["apiVersion"], 1, "{path}");
        for group in document["groups"].as_array().expect("groups") {
            for rule in group["rules"].as_array().expect("rules") {
                let uid = rule["uid"].as_str().expect("a uid").to_owned();
                let name = rule["title"].as_str().expect("a title");
                assert!(
                    uid.len() <= GRAFANA_UID && uid.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'),
                    "{uid}"
                );
                let alert = alerts().into_iter().find(|alert| alert.name == name).expect(name);
                assert_eq!(rule["data"][0]["model"]["expr"], alert.expr.as_str(), "{name}");
                let steps: Vec<_> =
                    rule["data"].as_array().expect("queries").iter().map(|step| &step["refId"]).collect();
                assert_eq!(steps, ["A", "B"], "{name}");
                assert_eq!(rule["condition"], "B", "{name}");
                // A condition that is fulfilled by nothing must not fire for want of data.
                assert_eq!(rule["noDataState"], "OK", "{name}");
                // `${…}` and the like are Grafana's own variables of the environment.
                assert!(!rule["annotations"].to_string().contains("${"), "{name}");
                assert!(uids.insert(uid), "{name}");
            }
        }
    }
    assert_eq!(uids.len(), alerts().len());
}
