//! One panel.

use serde_json::{Value, json};

use super::fields::{letter, mapped, thresholds, unit};
use super::{source, table};
use crate::boards::model::{Lines, Placed, Query, Stat, Timeline, Unit, View};

/// Agents export once a minute, and Azure Monitor answers a span of days in steps of a minute at least: asked more
/// finely `$__rate_interval` would hold a single point.
const STEP: &str = "1m";
/// The colour of what has no colour of its own.
const NO_COLOUR: &str = "palette-classic";

/// The panel as number `id`, in a row whose panels begin at the line `top`.
pub(super) fn panel(id: u32, top: u32, placed: &Placed<'_>) -> Value {
    let panel = placed.panel;
    let mut all = json!({
        "id": id,
        "title": panel.title,
        "description": panel.says,
        "gridPos": { "x": placed.x, "y": top + placed.y, "w": panel.width, "h": panel.height },
        "datasource": source(),
        "transparent": false,
    });
    let special = match &panel.view {
        View::Stat(stat) => self::stat(stat),
        View::Lines(lines) => self::lines(lines),
        View::Timeline(timeline) => self::timeline(timeline),
        View::Table(table) => table::table(table),
        View::Words(markdown) => words(markdown),
    };
    for (key, value) in special.as_object().into_iter().flatten() {
        all[key] = value.clone();
    }
    let in_table = matches!(panel.view, View::Table(_));
    let queries = panel.queries();
    if !queries.is_empty() {
        all["fieldConfig"]["defaults"]["noValue"] = json!(panel.empty.says());
        all["targets"] =
            queries.iter().enumerate().map(|(place, query)| target(place, query, in_table)).collect();
    }
    all
}

fn target(place: usize, query: &Query, in_table: bool) -> Value {
    json!({
        "refId": letter(place).to_string(),
        "datasource": source(),
        "editorMode": "code",
        "expr": query.expr,
        "legendFormat": query.legend,
        "instant": query.instant,
        "range": !query.instant,
        "format": if in_table { "table" } else { "time_series" },
        "interval": STEP,
    })
}

fn stat(stat: &Stat) -> Value {
    json!({
        "type": "stat",
        "fieldConfig": {
            "defaults": {
                "unit": unit(stat.unit),
                "color": { "mode": "thresholds" },
                "thresholds": thresholds(&stat.steps),
                "mappings": [{ "type": "value", "options": mapped(&stat.words) }],
            },
            "overrides": [],
        },
        "options": {
            "colorMode": "background_solid",
            "graphMode": "none",
            "justifyMode": "auto",
            "orientation": "auto",
            "textMode": "value",
            "wideLayout": true,
            "showPercentChange": false,
            "percentChangeColorMode": "standard",
            "reduceOptions": { "calcs": ["lastNotNull"], "fields": "", "values": false },
        },
    })
}

fn lines(lines: &Lines) -> Value {
    let coloured = lines.series.iter().enumerate().filter_map(|(place, series)| {
        let colour = series.colour?;
        Some(json!({
            "matcher": { "id": "byFrameRefID", "options": letter(place).to_string() },
            "properties": [{ "id": "color", "value": { "mode": "fixed", "fixedColor": colour.0 } }],
        }))
    });
    let (fill, stacking) = if lines.stacked { (70, "normal") } else { (0, "none") };
    let mut defaults = json!({
        "unit": unit(lines.unit),
        "color": { "mode": NO_COLOUR },
        "min": 0,
        "mappings": [],
        "custom": {
            "drawStyle": "line",
            "lineInterpolation": "stepAfter",
            "lineWidth": 1,
            "fillOpacity": fill,
            "showPoints": "never",
            "spanNulls": false,
            "stacking": { "mode": stacking, "group": "A" },
            "axisPlacement": "auto",
            "scaleDistribution": { "type": "linear" },
        },
    });
    if lines.unit == Unit::Share {
        defaults["max"] = json!(1);
    }
    json!({
        "type": "timeseries",
        "fieldConfig": { "defaults": defaults, "overrides": coloured.collect::<Vec<_>>() },
        "options": {
            "legend": { "calcs": ["lastNotNull"], "displayMode": "table", "placement": "bottom", "showLegend": true },
            "tooltip": { "mode": "multi", "sort": "desc" },
        },
    })
}

fn timeline(timeline: &Timeline) -> Value {
    json!({
        "type": "state-timeline",
        "fieldConfig": {
            "defaults": {
                // A state has no unit; its words stand in the mappings.
                "unit": "none",
                "color": { "mode": "thresholds" },
                "thresholds": { "mode": "absolute", "steps": [{ "color": "transparent", "value": null }] },
                "mappings": [{ "type": "value", "options": mapped(&timeline.words) }],
                "custom": { "fillOpacity": 90, "lineWidth": 0, "spanNulls": false, "insertNulls": false },
            },
            "overrides": [],
        },
        "options": {
            "alignValue": "left",
            "mergeValues": true,
            "rowHeight": 0.9,
            "showValue": "auto",
            "legend": { "calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": true },
            "tooltip": { "mode": "single", "sort": "none" },
        },
    })
}

fn words(markdown: &str) -> Value {
    json!({ "type": "text", "options": { "mode": "markdown", "content": markdown } })
}
