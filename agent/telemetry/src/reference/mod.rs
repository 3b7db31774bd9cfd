//! The registry as people and programs read it, and what holds the registry to what is emitted.
//!
//! ```text
//!   situations ─▶ instruments ─┬─▶ OTLP ─┐
//!                              └─▶ page ─┴─▶ emitted  ══╗
//!   events ──────────────────────▶ OTLP ───▶ happened ══╩═ registry ─┬─▶ manual     docs/telemetry.md
//!                                                                    └─▶ catalogue  docs/telemetry.json
//! ```
//!
//! All of it is for tests: nobody needs it from the binary.

mod catalogue;
mod emitted;
mod happened;
mod manual;
mod promql;
mod questions;
mod situations;
mod tests;

use std::collections::BTreeMap;

use crate::registry::{Attribute, EVENTS, Holds, Kind, Metric, REGISTRY, Stability};

/// The metric that carries the resource on a page (specification "Prometheus and `OpenMetrics` compatibility").
const TARGET_INFO: &str = "target_info";

/// The upper bound of a bucket.
const LE: &str = "le";

/// The word of a kind.
fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Counter => "counter",
        Kind::StateSet => "state set",
        Kind::Gauge => "gauge",
        Kind::UpDownCounter => "up-down counter",
        Kind::Histogram(_) => "histogram",
    }
}

/// The data of an OTLP request that carry it: a state set is a gauge.
fn otlp_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Counter => "monotonic sum",
        Kind::StateSet | Kind::Gauge => "gauge",
        Kind::UpDownCounter => "sum",
        Kind::Histogram(_) => "histogram",
    }
}

/// The type by which a page announces it.
fn page_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Counter => "counter",
        Kind::StateSet | Kind::Gauge | Kind::UpDownCounter => "gauge",
        Kind::Histogram(_) => "histogram",
    }
}

fn stability(stability: Stability) -> &'static str {
    match stability {
        Stability::Stable => "stable",
        Stability::Development => "development",
    }
}

/// The type of an attribute in OTLP; every label of Prometheus is text.
fn value_type(holds: Holds) -> &'static str {
    match holds {
        Holds::Word(_) | Holds::Text(_) => "string",
        Holds::Integer(_) => "int",
        Holds::Double(_) => "double",
        Holds::Texts(_) => "string[]",
        Holds::Doubles(_) => "double[]",
        Holds::Boolean | Holds::Yes => "boolean",
    }
}

/// The names of its series in Prometheus.
fn series(metric: &Metric) -> Vec<String> {
    let name = metric.prometheus_name();
    match metric.kind {
        Kind::Histogram(_) => ["bucket", "sum", "count"].map(|part| format!("{name}_{part}")).to_vec(),
        _ => vec![name],
    }
}

/// The first word of its name, behind the name of the program.
fn group(metric: &Metric) -> &'static str {
    metric.name.trim_start_matches("sortie.").split('.').next().unwrap_or_default()
}

/// An attribute, and what carries it. Where a key means something else elsewhere, that is another attribute.
struct Carried {
    attribute: Attribute,
    metrics: Vec<&'static str>,
    events: Vec<&'static str>,
}

/// Every attribute of a metric or an event, sorted by key.
fn attributes() -> Vec<Carried> {
    let mut all: BTreeMap<(&str, &str), Carried> = BTreeMap::new();
    let mut carried = |attribute: &Attribute, name, is_metric: bool| {
        let carried = all.entry((attribute.key, attribute.says)).or_insert_with(|| Carried {
            attribute: *attribute,
            metrics: Vec::new(),
            events: Vec::new(),
        });
        if is_metric { carried.metrics.push(name) } else { carried.events.push(name) }
    };
    for metric in REGISTRY {
        metric.attributes.iter().for_each(|attribute| carried(attribute, metric.name, true));
    }
    for event in EVENTS {
        event.attributes.iter().for_each(|attribute| carried(attribute, event.name, false));
    }
    all.into_values().collect()
}
