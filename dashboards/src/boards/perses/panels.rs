//! One panel.

use serde_json::{Value, json};

use super::fields::{format, mappings, thresholds};
use super::{source, table};
use crate::boards::model::{Lines, Panel, Query, Stat, Timeline, Unit, View};

/// Agents export once a minute: asked more finely `$__rate_interval` would hold a single point.
const STEP: &str = "1m";
pub(super) fn panel(panel: &Panel) -> Value {
    let (kind, spec) = match &panel.view {
        View::Stat(stat) => ("StatChart", self::stat(stat)),
        View::Lines(lines) => ("TimeSeriesChart", self::lines(lines)),
        View::Timeline(timeline) => ("StatusHistoryChart", self::timeline(timeline)),
        View::Table(table) => ("Table", table::table(table)),
        View::Words(markdown) => ("Markdown", json!({ "text": markdown })),
    };
    let queries: Vec<_> = panel.queries().iter().map(query).collect();
    let says = if queries.is_empty() {
        panel.says.to_owned()
    } else {
        format!("{} No data: {}", panel.says, panel.empty.says())
    };
    json!({
        "kind": "Panel",
        "spec": {
            "display": { "name": panel.title, "description": says },
            "plugin": { "kind": kind, "spec": spec },
            "queries": queries,
        },
    })
}

fn query(query: &Query) -> Value {
    let mut spec = json!({ "datasource": source(), "query": query.expr, "minStep": STEP });
    if !query.legend.is_empty() {
        spec["seriesNameFormat"] = json!(query.legend);
    }
    json!({
        "kind": "TimeSeriesQuery",
        "spec": { "plugin": { "kind": "PrometheusTimeSeriesQuery", "spec": spec } },
    })
}

fn stat(stat: &Stat) -> Value {
    json!({
        "calculation": "last-number",
        "format": format(stat.unit),
        "thresholds": thresholds(&stat.steps),
        "mappings": mappings(&stat.words),
    })
}

fn lines(lines: &Lines) -> Value {
    let coloured = lines.series.iter().enumerate().filter_map(|(place, series)| {
        let colour = series.colour?;
        Some(json!({ "queryIndex": place, "colorMode": "fixed", "colorValue": colour.0 }))
    });
    let coloured: Vec<_> = coloured.collect();
    let mut visual = json!({ "display": "line", "lineWidth": 1.25, "areaOpacity": 0.0 });
    if lines.stacked {
        visual["areaOpacity"] = json!(0.7);
        visual["stack"] = json!("all");
    }
    let mut axis = json!({ "format": format(lines.unit), "min": 0 });
    match lines.unit {
        Unit::Share => axis["max"] = json!(1),
        Unit::PerSecond => axis["label"] = json!("per second"),
        Unit::PerMinute => axis["label"] = json!("per minute"),
        Unit::Count | Unit::Part | Unit::Seconds | Unit::Age | Unit::Bytes => {}
    }
    json!({
        "legend": { "position": "bottom", "mode": "table", "size": "small", "values": ["last-number"] },
        "yAxis": axis,
        "visual": visual,
        "querySettings": coloured,
    })
}

fn timeline(timeline: &Timeline) -> Value {
    json!({ "legend": { "position": "bottom", "mode": "list" }, "mappings": mappings(&timeline.words) })
}
