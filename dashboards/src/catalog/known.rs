//! All series with their labels: those of the registry as `docs/telemetry.json` tells them, recorded ones, foreign ones.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::{FOREIGN, PROMOTED, RECORDED};

const REGISTRY: &str = include_str!("../../../docs/telemetry.json");

/// The upper bound of a bucket, which a histogram has instead of an attribute.
const LE: &str = "le";

/// The labels of one series; with its closed list, where a label has one.
pub(super) type Series = BTreeMap<String, Option<Vec<String>>>;

pub(super) static SERIES: LazyLock<BTreeMap<String, Series>> = LazyLock::new(|| {
    let registry: Registry =
        serde_json::from_str(REGISTRY).expect("docs/telemetry.json is made by a program");
    let mut all = BTreeMap::new();
    for metric in &registry.metrics {
        for name in &metric.prometheus.series {
            all.insert(name.clone(), registry.labels_of(metric, name));
        }
    }
    for recorded in RECORDED {
        let closed = |label: &&str| ((*label).to_owned(), registry.words_of_label(label));
        all.insert(recorded.name.to_owned(), recorded.labels.iter().map(closed).collect());
    }
    for foreign in FOREIGN {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let labels = foreign
            .labels
            .iter()
            .map(|(label, words)| ((*label).to_owned(), (!words.is_empty()).then(|| owned(words))));
        all.insert(foreign.name.to_owned(), labels.collect());
    }
    all
});

#[derive(Deserialize)]
struct Registry {
    metrics: Vec<Metric>,
    attributes: Vec<Attribute>,
}

#[derive(Deserialize)]
struct Metric {
    name: String,
    prometheus: Prometheus,
}

#[derive(Deserialize)]
struct Prometheus {
    series: Vec<String>,
    labels: Vec<String>,
}

#[derive(Deserialize)]
struct Attribute {
    label: Option<String>,
    on: Vec<String>,
    values: Option<Vec<String>>,
}

impl Registry {
    fn labels_of(&self, metric: &Metric, series: &str) -> Series {
        let own =
            metric.prometheus.labels.iter().map(|label| (label.clone(), self.words(label, &metric.name)));
        let bucket = series.ends_with("_bucket").then_some(LE);
        own.chain(PROMOTED.into_iter().chain(bucket).map(|label| (label.to_owned(), None))).collect()
    }

    /// The closed list of a label on this metric: `reason` means something else on another.
    fn words(&self, label: &str, metric: &str) -> Option<Vec<String>> {
        let mut of_label =
            self.attributes.iter().filter(|attribute| attribute.label.as_deref() == Some(label));
        of_label.find(|attribute| attribute.on.iter().any(|on| on == metric))?.values.clone()
    }

    fn words_of_label(&self, label: &str) -> Option<Vec<String>> {
        self.attributes.iter().find(|attribute| attribute.label.as_deref() == Some(label))?.values.clone()
    }
}
