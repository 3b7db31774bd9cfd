//! Grafana's own alerts, as a file of its provisioning. It has the alerts alone: the recorded series are made by the engine
//! that Grafana asks, from the files for Prometheus.
//!
//! Grafana begins to evaluate a query by naming it, so that an alert is a query and a threshold over nothing: the
//! comparisons stand in the query already, and what it answers is what fires.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use super::text::{Annotations, Dialect};
use super::{File, by_file, yaml};
use crate::rules::{Alert, Group, Minutes, Rule};

/// Prometheus' own default.
const INTERVAL: Minutes = Minutes(1);
/// In seconds: how far an instant query looks back is the engine's business.
const LOOK_BACK: u32 = 600;

pub(super) fn files(groups: &[Group]) -> Vec<File> {
    by_file(groups)
        .into_iter()
        .map(|(file, groups)| File {
            path: format!("grafana/{file}.yaml"),
            text: yaml(&Provisioned {
                api_version: 1,
                groups: groups.iter().map(|group| Evaluated::new(group)).collect(),
            }),
        })
        .collect()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Provisioned {
    api_version: u32,
    groups: Vec<Evaluated>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Evaluated {
    org_id: u32,
    name: &'static str,
    folder: &'static str,
    interval: String,
    rules: Vec<Managed>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Managed {
    uid: String,
    title: &'static str,
    condition: &'static str,
    data: [Value; 2],
    no_data_state: &'static str,
    exec_err_state: &'static str,
    r#for: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    keep_firing_for: Option<String>,
    annotations: Annotations,
    labels: BTreeMap<&'static str, &'static str>,
}

impl Evaluated {
    fn new(group: &Group) -> Self {
        let alerts = group.rules.iter().filter_map(|rule| match rule {
            Rule::Alert(alert) => Some(Managed::new(alert)),
            Rule::Record(_) => None,
        });
        Self {
            org_id: 1,
            name: group.name,
            folder: "Sortie",
            interval: group.interval.unwrap_or(INTERVAL).to_string(),
            rules: alerts.collect(),
        }
    }
}

impl Managed {
    fn new(alert: &Alert) -> Self {
        // The datasource of a provisioned rule is named by its uid.
        let query = json!({
            "refId": "A",
            "relativeTimeRange": { "from": LOOK_BACK, "to": 0 },
            "datasourceUid": "${SORTIE_DATASOURCE_UID}",
            "model": { "refId": "A", "expr": alert.expr, "instant": true, "range": false },
        });
        // Everything that the query answers fires, 0 and negative numbers included.
        let fires = json!({
            "refId": "B",
            "relativeTimeRange": { "from": 0, "to": 0 },
            "datasourceUid": "__expr__",
            "model": { "refId": "B", "type": "math", "expression": "is_number($A)" },
        });
        Self {
            uid: uid(alert.name),
            title: alert.name,
            condition: "B",
            data: [query, fires],
            // What an alert does not find is not wrong.
            no_data_state: "OK",
            exec_err_state: "Error",
            r#for: alert.wait.unwrap_or(Minutes(0)).to_string(),
            keep_firing_for: alert.keep.map(|keep| keep.to_string()),
            annotations: Annotations::new(alert, Dialect::Grafana),
            labels: [("severity", alert.severity.code())].into(),
        }
    }
}

/// At most 40 characters, which the names of all alerts keep to.
fn uid(name: &str) -> String {
    let mut uid = String::new();
    for letter in name.chars() {
        let begins = letter.is_ascii_uppercase() && uid.ends_with(|last: char| last.is_ascii_lowercase());
        if begins {
            uid.push('-');
        }
        uid.push(letter.to_ascii_lowercase());
    }
    uid
}
