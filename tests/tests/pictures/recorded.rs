//! What the recording rules would have recorded while a story was told too fast for them.
//!
//! Prometheus evaluates rules in the real present alone. So each is asked over the time of the story, in the order in
//! which Prometheus evaluates them, and the answer is kept under the name of the rule.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, ensure};
use e2e::backend::{Backend, PROMETHEUS};
use e2e::http;
use serde_json::{Value, json};

/// As often as rules are evaluated where nobody says anything else.
const STEP: Duration = Duration::from_secs(60);
/// The flag of a point that says that there is no value any more (OTLP, `DataPointFlags`).
const NO_RECORDED_VALUE: u32 = 1;

/// Records from one moment to another.
pub(crate) fn record(backend: &Backend<'_>, from: SystemTime, to: SystemTime) -> Result<()> {
    let [from, to] = [from, to].map(|at| at.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs());
    for rule in rules(backend)? {
        let [name, query] = [&rule["name"], &rule["query"]].map(|text| text.as_str().unwrap_or_default());
        let answer = backend.prometheus.query_range(query, from, to, &format!("{}s", STEP.as_secs()))?;
        let series = answer.as_array().context("a matrix has series")?;
        let points: Vec<_> = series.iter().flat_map(|it| points(it, to)).collect();
        keep(backend, name, &points).with_context(|| format!("failed to record {name}"))?;
    }
    Ok(())
}

/// Every recording rule, in the order of evaluation.
fn rules(backend: &Backend<'_>) -> Result<Vec<Value>> {
    let answer = backend.namespace().run(|| http::get(PROMETHEUS, "/api/v1/rules?type=record"))?;
    let answer: Value = serde_json::from_str(&answer.body).context("Prometheus tells its rules")?;
    let groups = answer["data"]["groups"].as_array().context("rules are in groups")?;
    let rules: Vec<_> =
        groups.iter().filter_map(|group| group["rules"].as_array()).flatten().cloned().collect();
    ensure!(!rules.is_empty(), "Prometheus has no recording rules");
    Ok(rules)
}

/// The points of one series as OTLP has them in JSON. Where it ends, a rule says so: else it would be read for another
/// five minutes.
fn points(series: &Value, until: u64) -> Vec<Value> {
    let word = |(key, value): (&String, &Value)| json!({ "key": key, "value": { "stringValue": value } });
    let labels = series["metric"].as_object().into_iter().flatten().filter(|(label, _)| *label != "__name__");
    let attributes: Vec<_> = labels.map(word).collect();
    let values = series["values"].as_array().into_iter().flatten();
    let values: Vec<(u64, f64)> = values
        .filter_map(|value| Some((value[0].as_u64()?, value[1].as_str()?.parse().ok()?)))
        .filter(|(_, value): &(u64, f64)| value.is_finite())
        .collect();
    let point = |at: u64| json!({ "attributes": attributes, "timeUnixNano": nanoseconds(at) });
    let mut points = Vec::new();
    for (index, (at, value)) in values.iter().enumerate() {
        let mut recorded = point(*at);
        recorded["asDouble"] = json!(value);
        points.push(recorded);
        let next = at + STEP.as_secs();
        if next <= until && values.get(index + 1).is_none_or(|(at, _)| *at != next) {
            let mut ended = point(next);
            ended["flags"] = json!(NO_RECORDED_VALUE);
            points.push(ended);
        }
    }
    points
}

/// A 64-bit integer is a string in JSON.
fn nanoseconds(seconds: u64) -> String {
    Duration::from_secs(seconds).as_nanos().to_string()
}

fn keep(backend: &Backend<'_>, name: &str, points: &[Value]) -> Result<()> {
    let metrics = json!([{ "name": name, "gauge": { "dataPoints": points } }]);
    let body = json!({ "resourceMetrics": [{ "scopeMetrics": [{ "metrics": metrics }] }] });
    let answer = backend.namespace().run(|| http::post(PROMETHEUS, "/api/v1/otlp/v1/metrics", &body))?;
    ensure!(answer.status == 200, "Prometheus answered {}: {}", answer.status, answer.body);
    Ok(())
}
