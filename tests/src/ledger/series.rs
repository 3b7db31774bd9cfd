//! Series as Prometheus knows them: its names by the published catalogue, its labels by the shipped configuration.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use serde::Deserialize;

/// Attributes of the resource that become labels, and nothing else does.
const PROMOTED: [&str; 4] = ["cloud.account.id", "cloud.region", "host.id", "host.name"];

/// Name and labels.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Series {
    name: String,
    labels: BTreeMap<String, String>,
}

impl Series {
    pub fn new(name: impl Into<String>, labels: BTreeMap<String, String>) -> Self {
        let mut labels = labels;
        // 1, 1.0 and 1e0 are one bound.
        if let Some(bound) = labels.get_mut("le")
            && let Ok(number) = bound.parse::<f64>()
        {
            *bound = number.to_string();
        }
        Self { name: name.into(), labels }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels.get(name).map(String::as_str)
    }

    pub(super) fn without(&self, labels: &[&str]) -> Self {
        let mut fewer = self.clone();
        fewer.labels.retain(|label, _| !labels.contains(&label.as_str()));
        fewer
    }

    pub fn label_names(&self) -> impl Iterator<Item = &str> {
        self.labels.keys().map(String::as_str)
    }
}

impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels: Vec<_> = self.labels.iter().map(|(key, value)| format!("{key}={value:?}")).collect();
        write!(f, "{}{{{}}}", self.name, labels.join(","))
    }
}

/// `docs/telemetry.json`: what operators are told about names.
#[derive(Clone, Debug, Deserialize)]
pub struct Catalogue {
    metrics: Vec<Published>,
    events: Vec<Told>,
}

#[derive(Clone, Debug, Deserialize)]
struct Told {
    name: String,
}

#[derive(Clone, Debug, Deserialize)]
struct Published {
    name: String,
    prometheus: InPrometheus,
}

#[derive(Clone, Debug, Deserialize)]
struct InPrometheus {
    name: String,
    series: Vec<String>,
}

impl Catalogue {
    pub fn load() -> Result<Self> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/telemetry.json");
        let text = fs::read(&path).with_context(|| format!("failed to read {}", path.display()))?;
        serde_json::from_slice(&text).with_context(|| format!("{} is no catalogue", path.display()))
    }

    /// The name under which Prometheus should know a metric.
    pub fn prometheus_name(&self, metric: &str) -> Result<&str> {
        let found = self.metrics.iter().find(|published| published.name == metric);
        Ok(&found.with_context(|| format!("{metric} is not in the catalogue"))?.prometheus.name)
    }

    /// Every metric that an agent may send.
    pub fn metrics(&self) -> impl Iterator<Item = &str> {
        self.metrics.iter().map(|published| published.name.as_str())
    }

    /// Every event that an agent may send.
    pub fn events(&self) -> impl Iterator<Item = &str> {
        self.events.iter().map(|told| told.name.as_str())
    }

    /// Every name that a query may find.
    pub fn series(&self) -> impl Iterator<Item = &str> {
        self.metrics.iter().flat_map(|published| &published.prometheus.series).map(String::as_str)
    }
}

/// Labels that Prometheus makes of a resource.
pub(super) fn labels_of_resource(resource: &Resource) -> BTreeMap<String, String> {
    let attribute = |key: &str| resource.attributes.iter().find(|found| found.key == key).and_then(text);
    let job = match (attribute("service.namespace"), attribute("service.name")) {
        (Some(namespace), Some(name)) => Some(format!("{namespace}/{name}")),
        (_, name) => name,
    };
    let own = [("job".to_owned(), job), ("instance".to_owned(), attribute("service.instance.id"))];
    let promoted = PROMOTED.map(|key| (label(key), attribute(key)));
    own.into_iter().chain(promoted).filter_map(|(key, value)| Some((key, value?))).collect()
}

/// Labels that Prometheus makes of a point's attributes.
pub(super) fn labels_of_point(attributes: &[KeyValue]) -> impl Iterator<Item = (String, String)> {
    attributes.iter().filter_map(|attribute| Some((label(&attribute.key), text(attribute)?)))
}

fn label(key: &str) -> String {
    key.replace('.', "_")
}

/// A value as a label has it. One that is empty is none.
pub(super) fn text(attribute: &KeyValue) -> Option<String> {
    word(attribute.value.as_ref()?).filter(|text| !text.is_empty())
}

fn word(value: &AnyValue) -> Option<String> {
    Some(match value.value.as_ref()? {
        Value::StringValue(text) => text.clone(),
        Value::BoolValue(yes) => yes.to_string(),
        Value::IntValue(number) => number.to_string(),
        Value::DoubleValue(number) => number.to_string(),
        Value::ArrayValue(list) => format!("{:?}", list.values.iter().filter_map(word).collect::<Vec<_>>()),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_knows_every_metric_under_both_names() {
        let catalogue = Catalogue::load().expect("it is published");
        assert_eq!(
            catalogue.prometheus_name("sortie.probe.attempts").expect("known"),
            "sortie_probe_attempts_total"
        );
        assert!(catalogue.prometheus_name("sortie.nothing").is_err());
        assert!(catalogue.series().any(|name| name == "sortie_probe_handshake_duration_seconds_bucket"));
    }

    #[test]
    fn a_bound_is_a_number_however_it_is_written() {
        let bucket = |le: &str| Series::new("a_bucket", [("le".to_owned(), le.to_owned())].into());
        assert_eq!(bucket("1.0"), bucket("1"));
        assert_eq!(bucket("+Inf"), bucket("inf"));
        assert_ne!(bucket("0.0025"), bucket("0.025"));
    }
}
