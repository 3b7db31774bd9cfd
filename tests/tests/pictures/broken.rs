//! A board on which everything is wrong that can be: whoever looks must see each of it.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use e2e::agent::Stage;
use e2e::backend::{Backend, PROMETHEUS};
use e2e::{browser, netns};
use serde_json::{Value, json};

pub(crate) fn look(stage: &Stage) -> Result<()> {
    let namespace = netns::alone("broken")?;
    let folder = stage.desk()?.state_dir();
    let _backend = Backend::start(&namespace, &folder)?;
    let boards = folder.join("boards");
    fs::create_dir_all(&boards).with_context(|| format!("failed to create {}", boards.display()))?;
    fs::write(boards.join("broken.json"), broken().to_string()).context("failed to write a board")?;
    let prometheus = format!("http://{PROMETHEUS}");
    let jobs = json!([{ "board": "broken", "ask": "start=1h", "empty": ["may be empty"] }]).to_string();
    let complaints = match browser::render(&prometheus, &boards, &jobs, &namespace) {
        Ok(seen) => anyhow::bail!("nothing is wrong with it: {seen}"),
        Err(complaints) => format!("{complaints:#}"),
    };
    for expected in [
        "“is empty” shows nothing: nothing_at_all",
        "“is no PromQL” shows nothing: count by (",
        "unclosed left parenthesis",
        "NoSuchChart plugin for kind 'Panel' is not installed",
        "“has no place” has no place on the board",
        "quantile value should be between 0 and 1",
        "nothing to choose from for $nobody",
    ] {
        ensure!(complaints.contains(expected), "nobody complains of `{expected}`: {complaints}");
    }
    for innocent in ["“may be empty”", "“is well”"] {
        ensure!(!complaints.contains(innocent), "{innocent} is blamed: {complaints}");
    }
    Ok(())
}

fn broken() -> Value {
    let panels = [
        ("is empty", "StatChart", "nothing_at_all"),
        ("may be empty", "TimeSeriesChart", "nothing_either"),
        ("is well", "TimeSeriesChart", "vector(1)"),
        ("is no PromQL", "TimeSeriesChart", "count by ("),
        ("is no panel", "NoSuchChart", "vector(1)"),
        ("is no quantile", "StatChart", "quantile(2, vector(1))"),
        ("has no place", "StatChart", "vector(1)"),
    ];
    let shown = panels.iter().filter(|(name, ..)| *name != "has no place").enumerate();
    let items: Vec<_> = shown
        .map(|(number, (name, ..))| {
            let content = json!({ "$ref": format!("#/spec/panels/{name}") });
            json!({ "x": 0, "y": 4 * number, "width": 24, "height": 4, "content": content })
        })
        .collect();
    let panels: serde_json::Map<_, _> =
        panels.iter().map(|(name, kind, query)| ((*name).to_owned(), panel(name, kind, query))).collect();
    let nobody = json!({ "kind": "ListVariable", "spec": {
        "name": "nobody", "allowAllValue": false, "allowMultiple": false,
        "plugin": { "kind": "PrometheusLabelValuesVariable", "spec": { "labelName": "nobody" } },
    }});
    json!({
        "kind": "Dashboard",
        "metadata": { "name": "broken", "project": "sortie" },
        "spec": {
            "duration": "1h",
            "variables": [nobody],
            "panels": panels,
            "layouts": [{ "kind": "Grid", "spec": { "items": items } }],
        },
    })
}

fn panel(name: &str, kind: &str, query: &str) -> Value {
    let spec = if kind == "StatChart" { json!({ "calculation": "last" }) } else { json!({}) };
    let query = json!({ "kind": "PrometheusTimeSeriesQuery", "spec": { "query": query } });
    let queries = json!([{ "kind": "TimeSeriesQuery", "spec": { "plugin": query } }]);
    json!({ "kind": "Panel", "spec": {
        "display": { "name": name }, "plugin": { "kind": kind, "spec": spec }, "queries": queries,
    }})
}
