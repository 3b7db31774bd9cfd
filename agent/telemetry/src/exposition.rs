//! The page for Prometheus: text format 0.0.4, from what the one pipeline collected.
//!
//! Written here rather than by `opentelemetry-prometheus`: that one brings a second registry (`prometheus`, fourteen
//! crates, 112 KB) to print what the pipeline already holds. Series are sorted, so that two pages can be compared.

use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};

use opentelemetry::{KeyValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::data::{
    AggregatedMetrics, HistogramDataPoint, Metric, MetricData, ResourceMetrics, ScopeMetrics,
};

use crate::naming;

/// The media type of the page.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The type of a metric that only ever rises.
const COUNTER: &str = "counter";

/// Every metric, in the order of the registry, behind `target_info`.
pub(crate) fn page(metrics: &ResourceMetrics, resource: &Resource) -> String {
    let mut text = String::new();
    target_info(&mut text, resource);
    for metric in metrics.scope_metrics().flat_map(ScopeMetrics::metrics) {
        match metric.data() {
            AggregatedMetrics::U64(data) => write_metric(&mut text, metric, data),
            AggregatedMetrics::I64(data) => write_metric(&mut text, metric, data),
            AggregatedMetrics::F64(data) => write_metric(&mut text, metric, data),
        }
    }
    text
}

/// The resource, once: the way in which the specification hands it to Prometheus.
fn target_info(text: &mut String, resource: &Resource) {
    announce(text, "target_info", "The machine and the program that speak here, always 1.", "gauge");
    let labels = labels(resource.iter().map(|(key, value)| (key.as_str(), value)));
    sample(text, "target_info", &labels, 1);
}

fn write_metric<T: Copy + Display>(text: &mut String, metric: &Metric, data: &MetricData<T>) {
    match data {
        MetricData::Gauge(gauge) => {
            let points = gauge.data_points().map(|point| (labels_of(point.attributes()), point.value()));
            numbers(text, metric, "gauge", points);
        }
        MetricData::Sum(sum) => {
            let points = sum.data_points().map(|point| (labels_of(point.attributes()), point.value()));
            numbers(text, metric, if sum.is_monotonic() { COUNTER } else { "gauge" }, points);
        }
        MetricData::Histogram(histogram) => {
            let name = header(text, metric, "histogram");
            let points = histogram.data_points().map(|point| (labels_of(point.attributes()), point));
            for (labels, point) in points.collect::<BTreeMap<_, _>>() {
                buckets(text, &name, &labels, point);
            }
        }
        // This format has no word for it, and no metric of the registry is one.
        MetricData::ExponentialHistogram(_) => {}
    }
}

fn numbers<T: Display>(
    text: &mut String,
    metric: &Metric,
    kind: &str,
    points: impl Iterator<Item = (String, T)>,
) {
    let name = header(text, metric, kind);
    for (labels, value) in points.collect::<BTreeMap<_, _>>() {
        sample(text, &name, &labels, value);
    }
}

/// Cumulative counts by upper bound, their sum and their number.
fn buckets<T: Copy + Display>(text: &mut String, name: &str, labels: &str, point: &HistogramDataPoint<T>) {
    let separator = if labels.is_empty() { "" } else { "," };
    let bounds = point.bounds().map(|bound| bound.to_string()).chain(["+Inf".to_owned()]);
    let mut below = 0;
    for (bound, count) in bounds.zip(point.bucket_counts()) {
        below += count;
        let labels = format!("{labels}{separator}le=\"{bound}\"");
        sample(text, &format!("{name}_bucket"), &labels, below);
    }
    sample(text, &format!("{name}_sum"), labels, point.sum());
    sample(text, &format!("{name}_count"), labels, point.count());
}

/// Announces a metric and gives its name.
fn header(text: &mut String, metric: &Metric, kind: &str) -> String {
    let name = naming::metric(metric.name(), metric.unit(), kind == COUNTER);
    announce(text, &name, metric.description(), kind);
    name
}

fn announce(text: &mut String, name: &str, help: &str, kind: &str) {
    let help = help.replace('\\', r"\\").replace('\n', r"\n");
    let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
}

fn sample(text: &mut String, name: &str, labels: &str, value: impl Display) {
    let _ = if labels.is_empty() {
        writeln!(text, "{name} {value}")
    } else {
        writeln!(text, "{name}{{{labels}}} {value}")
    };
}

fn labels_of<'a>(attributes: impl Iterator<Item = &'a KeyValue>) -> String {
    labels(attributes.map(|attribute| (attribute.key.as_str(), &attribute.value)))
}

/// `a="1",b="2"`, sorted. Keys that become the same label share it, values joined by `;` in the order of their keys.
fn labels<'a>(attributes: impl Iterator<Item = (&'a str, &'a Value)>) -> String {
    let by_key: BTreeMap<&str, &Value> = attributes.collect();
    let mut by_label: BTreeMap<String, String> = BTreeMap::new();
    for (key, value) in by_key {
        let value = escape(&value.as_str());
        let joined = by_label.entry(naming::label(key));
        joined.and_modify(|text| text.extend([";", &value])).or_insert(value);
    }
    by_label.iter().map(|(label, value)| format!("{label}=\"{value}\"")).collect::<Vec<_>>().join(",")
}

fn escape(value: &str) -> String {
    value.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n")
}

#[cfg(test)]
mod tests;
