//! What came out as metrics, in the same shape from both faces.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;

use flate2::read::GzDecoder;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{AggregationTemporality, Metric};
use prost::Message as _;

use super::{LE, TARGET_INFO, situations};
use crate::Telemetry;
use crate::testing::read_labels;

/// One metric, of all situations together.
#[derive(Debug, Default)]
pub(super) struct Emitted {
    /// The word of its kind (OTLP) or its type (page).
    pub(super) kind: String,
    /// OTLP alone: a page has it in the name.
    pub(super) unit: String,
    pub(super) says: String,
    /// Upper bounds of its buckets, as text.
    pub(super) bounds: BTreeSet<String>,
    /// Page alone: the names of its series.
    pub(super) series: BTreeSet<String>,
    /// The attributes of each point.
    pub(super) points: BTreeSet<Point>,
}

/// Attributes by key (OTLP) or by label (page).
pub(super) type Point = BTreeMap<String, Held>;

/// A value, with its type where the face has types.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Held {
    pub(super) text: String,
    pub(super) value_type: Option<&'static str>,
}

pub(super) type All = BTreeMap<String, Emitted>;

/// What an OTLP receiver is sent: the exporter makes its messages by the same conversion.
pub(super) fn by_otlp() -> All {
    let mut all = All::new();
    situations::play(|telemetry| {
        for resource in ExportMetricsServiceRequest::from(&telemetry.collect()).resource_metrics {
            for metric in resource.scope_metrics.into_iter().flat_map(|scope| scope.metrics) {
                take_metric(all.entry(metric.name.clone()).or_default(), metric);
            }
        }
    });
    all
}

/// The attributes of the resource, as an OTLP receiver is sent them.
pub(super) fn resource(telemetry: &Telemetry) -> Point {
    let export = telemetry.metrics().expect("bytes");
    let mut body = Vec::new();
    GzDecoder::new(&*export.body).read_to_end(&mut body).expect("gzip");
    let message = ExportMetricsServiceRequest::decode(&*body).expect("a request");
    let [resource] = &message.resource_metrics[..] else { panic!("one resource") };
    point(&resource.resource.as_ref().expect("a resource").attributes)
}

/// The same as the labels of a page.
pub(super) fn target_info(telemetry: &Telemetry) -> Point {
    let mut all = All::new();
    take_page(&mut all, &telemetry.prometheus());
    all.remove(TARGET_INFO).and_then(|emitted| emitted.points.into_iter().next()).expect("the resource")
}

fn take_metric(into: &mut Emitted, metric: Metric) {
    let (kind, temporality, points): (_, _, Vec<Point>) = match metric.data.expect("data") {
        Data::Gauge(gauge) => ("gauge", None, points(gauge.data_points.iter().map(|p| &p.attributes))),
        Data::Sum(sum) => {
            let points = points(sum.data_points.iter().map(|p| &p.attributes));
            let kind = if sum.is_monotonic { "monotonic sum" } else { "sum" };
            (kind, Some(sum.aggregation_temporality), points)
        }
        Data::Histogram(histogram) => {
            for point in &histogram.data_points {
                into.bounds.extend(point.explicit_bounds.iter().map(ToString::to_string));
            }
            let points = points(histogram.data_points.iter().map(|p| &p.attributes));
            ("histogram", Some(histogram.aggregation_temporality), points)
        }
        other => panic!("{} is {other:?}", metric.name),
    };
    let cumulative = AggregationTemporality::Cumulative as i32;
    assert!(temporality.is_none_or(|is| is == cumulative), "{} is not cumulative", metric.name);
    set(&mut into.kind, kind);
    set(&mut into.unit, &metric.unit);
    set(&mut into.says, &metric.description);
    into.points.extend(points);
}

fn points<'a>(attributes: impl Iterator<Item = &'a Vec<KeyValue>>) -> Vec<Point> {
    attributes.map(|attributes| point(attributes)).collect()
}

/// A key stands once.
pub(super) fn point(attributes: &[KeyValue]) -> Point {
    let pairs = attributes.iter().map(|attribute| (attribute.key.clone(), held(attribute.value.as_ref())));
    let point: Point = pairs.collect();
    assert_eq!(point.len(), attributes.len(), "{attributes:?}");
    point
}

fn held(value: Option<&AnyValue>) -> Held {
    let (value_type, text) = match value.and_then(|value| value.value.as_ref()).expect("a value") {
        Value::StringValue(text) => ("string", text.clone()),
        Value::IntValue(number) => ("int", number.to_string()),
        Value::DoubleValue(number) => ("double", number.to_string()),
        Value::BoolValue(yes) => ("boolean", yes.to_string()),
        Value::ArrayValue(array) => return several(array),
        other => panic!("{other:?} is not flat"),
    };
    Held { text, value_type: Some(value_type) }
}

/// An empty array has no type.
fn several(array: &ArrayValue) -> Held {
    let held: Vec<_> = array.values.iter().map(|value| held(Some(value))).collect();
    let types: BTreeSet<_> = held.iter().filter_map(|held| held.value_type).collect();
    let value_type = match types.into_iter().collect::<Vec<_>>()[..] {
        [] => None,
        ["string"] => Some("string[]"),
        ["double"] => Some("double[]"),
        _ => panic!("{array:?} is of several types"),
    };
    Held { text: held.into_iter().map(|held| held.text).collect::<Vec<_>>().join("|"), value_type }
}

/// What Prometheus is given.
pub(super) fn by_page() -> All {
    let mut all = All::new();
    situations::play(|telemetry| take_page(&mut all, &telemetry.prometheus()));
    all
}

fn take_page(all: &mut All, page: &str) {
    let mut current = "";
    for line in page.lines() {
        if let Some((name, says)) = line.strip_prefix("# HELP ").and_then(|rest| rest.split_once(' ')) {
            current = name;
            set(&mut all.entry(name.to_owned()).or_default().says, says);
        } else if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' '))
        {
            assert_eq!(name, current, "TYPE follows HELP");
            set(&mut all.entry(name.to_owned()).or_default().kind, kind);
        } else {
            let (sample, _) = line.rsplit_once(' ').expect("a value");
            let (series, labels) = sample.split_once('{').unwrap_or((sample, "}"));
            let mut labels = read_labels(labels.strip_suffix('}').expect("a closing brace"));
            let into = all.get_mut(current).expect("a metric is announced before its samples");
            into.series.insert(series.to_owned());
            if series.ends_with("_bucket") {
                into.bounds.insert(labels.remove(LE).expect("an upper bound"));
            }
            let held = labels.into_iter().map(|(label, text)| (label, Held { text, value_type: None }));
            into.points.insert(held.collect());
        }
    }
    assert!(all.contains_key(TARGET_INFO), "the resource is on the page");
}

/// A metric is announced in the same words in every situation.
fn set(into: &mut String, text: &str) {
    assert!(into.is_empty() || into == text, "once {into:?}, once {text:?}");
    text.clone_into(into);
}
