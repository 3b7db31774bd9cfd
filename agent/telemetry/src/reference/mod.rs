//! The registry as people and programs read it, and what holds the registry to what is emitted.
//!
//! ```text
//!   situations ─▶ instruments ─┬─▶ OTLP ─┐
//!                              └─▶ page ─┴─▶ emitted ══ registry ─┬─▶ manual     docs/telemetry.md
//!                                                                 └─▶ catalogue  docs/telemetry.json
//! ```
//!
//! All of it is for tests: nobody needs it from the binary.

mod catalogue;
mod emitted;
mod manual;
mod promql;
mod questions;
mod situations;
mod tests;

use std::collections::BTreeMap;

use crate::registry::{Attribute, Holds, Kind, Metric, REGISTRY, Stability};

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
        Kind::Histogram(_) => "histogram",
    }
}

/// The type by which a page and an OTLP request announce it: a state set is a gauge to both.
fn wire_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Counter => "counter",
        Kind::StateSet | Kind::Gauge => "gauge",
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

/// The second word of its name.
fn group(metric: &Metric) -> &'static str {
    metric.name.split('.').nth(1).unwrap_or_default()
}

/// Every attribute of a metric, once, sorted by key.
fn attributes_of_metrics() -> impl Iterator<Item = Attribute> {
    let all = REGISTRY.iter().flat_map(|metric| metric.attributes).copied();
    all.map(|attribute| (attribute.key, attribute)).collect::<BTreeMap<_, _>>().into_values()
}
