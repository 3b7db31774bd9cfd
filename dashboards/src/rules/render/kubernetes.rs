//! `PrometheusRule` objects for the Prometheus operator: its groups are those of Prometheus.

use serde::Serialize;

use super::prometheus::RuleFile;
use super::{File, by_file, yaml};
use crate::rules::Group;

pub(super) fn files(groups: &[Group]) -> Vec<File> {
    by_file(groups)
        .into_iter()
        .map(|(file, groups)| File {
            path: format!("kubernetes/{file}.yaml"),
            text: yaml(&PrometheusRule {
                api_version: "monitoring.coreos.com/v1",
                kind: "PrometheusRule",
                metadata: Metadata {
                    name: format!("sortie-{}", file.rsplit('/').next().unwrap_or(file)),
                    labels: Labels { name: "sortie" },
                },
                spec: RuleFile::new(&groups),
            }),
        })
        .collect()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PrometheusRule {
    api_version: &'static str,
    kind: &'static str,
    metadata: Metadata,
    spec: RuleFile,
}

#[derive(Serialize)]
struct Metadata {
    name: String,
    labels: Labels,
}

#[derive(Serialize)]
struct Labels {
    #[serde(rename = "app.kubernetes.io/name")]
    name: &'static str,
}
