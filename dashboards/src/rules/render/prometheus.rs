//! Rule files of Prometheus, which Mimir, Thanos and vmalert read too.

use std::collections::BTreeMap;

use serde::Serialize;

use super::text::{Annotations, Dialect};
use super::{File, by_file, yaml};
use crate::rules::{Group, Rule};

pub(super) fn files(groups: &[Group]) -> Vec<File> {
    by_file(groups)
        .into_iter()
        .map(|(file, groups)| File {
            path: format!("prometheus/{file}.yaml"),
            text: yaml(&RuleFile::new(&groups)),
        })
        .collect()
}

/// The same inside a `PrometheusRule`.
#[derive(Serialize)]
pub(super) struct RuleFile {
    groups: Vec<RuleGroup>,
}

#[derive(Serialize)]
struct RuleGroup {
    name: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    interval: Option<String>,
    rules: Vec<Entry>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Entry {
    Record {
        record: &'static str,
        expr: String,
    },
    Alert {
        alert: &'static str,
        expr: String,
        #[serde(rename = "for", skip_serializing_if = "Option::is_none")]
        wait: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        keep_firing_for: Option<String>,
        labels: BTreeMap<&'static str, &'static str>,
        annotations: Annotations,
    },
}

impl RuleFile {
    pub(super) fn new(groups: &[&Group]) -> Self {
        Self { groups: groups.iter().map(|group| RuleGroup::new(group)).collect() }
    }
}

impl RuleGroup {
    fn new(group: &Group) -> Self {
        Self {
            name: group.name,
            interval: group.interval.map(|interval| interval.to_string()),
            rules: group.rules.iter().map(Entry::new).collect(),
        }
    }
}

impl Entry {
    fn new(rule: &Rule) -> Self {
        match rule {
            Rule::Record(record) => Self::Record { record: record.name, expr: record.expr.clone() },
            Rule::Alert(alert) => Self::Alert {
                alert: alert.name,
                expr: alert.expr.clone(),
                wait: alert.wait.map(|wait| wait.to_string()),
                keep_firing_for: alert.keep.map(|keep| keep.to_string()),
                labels: [("severity", alert.severity.code())].into(),
                annotations: Annotations::new(alert, Dialect::Prometheus),
            },
        }
    }
}
