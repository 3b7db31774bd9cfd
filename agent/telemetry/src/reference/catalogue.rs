//! docs/telemetry.json: the registry for programs. Structs, so that the order of the keys is fixed.

use serde::Serialize;

use super::{Carried, TARGET_INFO, attributes, group, kind, page_type, series, stability, value_type};
use crate::registry::{
    Attribute, EVENTS, EventKind, Holds, Kind, Metric, OVERFLOW, Presence, REGISTRY, RESOURCE,
};

const SCHEMA: &str = "sortie.telemetry/1";

#[derive(Serialize)]
struct Catalogue {
    schema: &'static str,
    metrics: Vec<MetricEntry>,
    events: Vec<EventEntry>,
    attributes: Vec<AttributeEntry>,
    resource: ResourceEntry,
    /// Stands in place of all other attributes of a metric.
    overflow: AttributeEntry,
}

#[derive(Serialize)]
struct MetricEntry {
    name: &'static str,
    group: &'static str,
    description: &'static str,
    kind: &'static str,
    unit: &'static str,
    stability: &'static str,
    #[serde(skip_serializing_if = "<[f64]>::is_empty")]
    buckets: &'static [f64],
    attributes: Vec<&'static str>,
    prometheus: PrometheusEntry,
}

#[derive(Serialize)]
struct PrometheusEntry {
    name: String,
    r#type: &'static str,
    series: Vec<String>,
    labels: Vec<String>,
}

#[derive(Serialize)]
struct EventEntry {
    name: &'static str,
    description: &'static str,
    severities: Vec<SeverityEntry>,
    stability: &'static str,
    attributes: Vec<&'static str>,
}

#[derive(Serialize)]
struct SeverityEntry {
    number: u8,
    text: &'static str,
    /// The end of a sentence; null where it is always so.
    only_where: Option<&'static str>,
}

#[derive(Serialize)]
struct AttributeEntry {
    key: &'static str,
    /// Null where no metric and no resource has it.
    label: Option<String>,
    /// Names of the metrics and events that have it; a key that means something else elsewhere has a second entry.
    /// Empty for the resource.
    on: Vec<&'static str>,
    r#type: &'static str,
    description: &'static str,
    /// The end of a sentence; null where the attribute is always there.
    only_where: Option<&'static str>,
    /// A closed list; null where any value may stand.
    values: Option<Vec<&'static str>>,
    examples: Vec<serde_json::Value>,
}

#[derive(Serialize)]
struct ResourceEntry {
    prometheus: &'static str,
    attributes: Vec<AttributeEntry>,
}

/// The text of the file.
pub(super) fn catalogue() -> String {
    let catalogue = Catalogue {
        schema: SCHEMA,
        metrics: REGISTRY.iter().map(metric).collect(),
        events: EVENTS.iter().map(event).collect(),
        attributes: attributes().into_iter().map(carried).collect(),
        resource: ResourceEntry {
            prometheus: TARGET_INFO,
            attributes: RESOURCE.iter().copied().map(attribute).collect(),
        },
        overflow: attribute(OVERFLOW),
    };
    serde_json::to_string_pretty(&catalogue).expect("plain data") + "\n"
}

fn metric(metric: &Metric) -> MetricEntry {
    MetricEntry {
        name: metric.name,
        group: group(metric),
        description: metric.says,
        kind: kind(metric.kind),
        unit: metric.unit,
        stability: stability(metric.stability),
        buckets: if let Kind::Histogram(buckets) = metric.kind { buckets } else { &[] },
        attributes: metric.attributes.iter().map(|attribute| attribute.key).collect(),
        prometheus: PrometheusEntry {
            name: metric.prometheus_name(),
            r#type: page_type(metric.kind),
            series: series(metric),
            labels: metric.attributes.iter().map(Attribute::prometheus_label).collect(),
        },
    }
}

fn event(event: &EventKind) -> EventEntry {
    let severities = event.levels.iter().map(|&(level, only_where)| SeverityEntry {
        number: level.number(),
        text: level.code(),
        only_where,
    });
    EventEntry {
        name: event.name,
        description: event.says,
        severities: severities.collect(),
        stability: stability(event.stability),
        attributes: event.attributes.iter().map(|attribute| attribute.key).collect(),
    }
}

fn carried(Carried { attribute: of, metrics, events }: Carried) -> AttributeEntry {
    let entry = attribute(of);
    let label = entry.label.filter(|_| !metrics.is_empty());
    AttributeEntry { label, on: [metrics, events].concat(), ..entry }
}

fn attribute(attribute: Attribute) -> AttributeEntry {
    AttributeEntry {
        key: attribute.key,
        label: Some(attribute.prometheus_label()),
        on: Vec::new(),
        r#type: value_type(attribute.holds),
        description: attribute.says,
        only_where: match attribute.presence {
            Presence::Always => None,
            Presence::Where(condition) => Some(condition),
        },
        values: if let Holds::Word(words) = attribute.holds { Some(words()) } else { None },
        examples: match attribute.holds {
            Holds::Word(_) => Vec::new(),
            Holds::Text(texts) => texts.iter().copied().map(Into::into).collect(),
            Holds::Integer(numbers) => numbers.iter().copied().map(Into::into).collect(),
            Holds::Double(numbers) => numbers.iter().copied().map(Into::into).collect(),
            Holds::Texts(text) => vec![vec![text].into()],
            Holds::Doubles(number) => vec![vec![number].into()],
            Holds::Boolean => vec![true.into(), false.into()],
            Holds::Yes => vec![true.into()],
        },
    }
}
