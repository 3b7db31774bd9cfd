//! Variables and annotations.

use serde_json::{Value, json};

use super::source;
use crate::boards::model::{Board, Source, Variable};
use crate::boards::palette::BAD;

/// The source of the data first: everything else is asked of it.
pub(super) fn variables(board: &Board) -> Vec<Value> {
    let datasource = json!({
        "name": "datasource",
        "label": "Data source",
        "description": "The Prometheus that the gateway of the fleet writes to.",
        "type": "datasource",
        "query": "prometheus",
        "regex": "",
        "hide": 0,
        "refresh": 1,
        "multi": false,
        "includeAll": false,
        "skipUrlSync": false,
        "options": [],
        "current": { "selected": true, "text": "default", "value": "default" },
    });
    std::iter::once(datasource).chain(board.variables.iter().map(variable)).collect()
}

fn variable(variable: &Variable) -> Value {
    let Variable { name, title, source: values } = variable;
    match *values {
        Source::Label { series, label, all } => {
            let query = format!("label_values({series}, {label})");
            let mut variable = json!({
                "name": name, "label": title, "type": "query", "hide": 0, "skipUrlSync": false,
                "datasource": source(),
                "definition": query,
                "query": { "query": query, "refId": "PrometheusVariableQueryEditor-VariableQuery" },
                "regex": "",
                // With the time that is looked at: what was there then, is offered.
                "refresh": 2,
                "sort": 1,
                "multi": all,
                "includeAll": all,
                "options": [],
                "current": { "selected": false, "text": "", "value": "" },
            });
            if all {
                variable["allValue"] = json!(".*");
                variable["current"] = json!({ "selected": true, "text": ["All"], "value": ["$__all"] });
            }
            variable
        }
        Source::Words(words) => {
            let option = |(place, word): (usize, &&str)| json!({ "selected": place == 0, "text": word, "value": word });
            let options: Vec<_> = words.iter().enumerate().map(option).collect();
            json!({
                "name": name, "label": title, "type": "custom", "hide": 0, "skipUrlSync": false,
                "query": words.join(","),
                "multi": false,
                "includeAll": false,
                "current": options.first(),
                "options": options,
            })
        }
        Source::Text(text) => {
            let current = json!({ "selected": true, "text": text, "value": text });
            json!({
                "name": name, "label": title, "type": "textbox", "hide": 0, "skipUrlSync": false,
                "query": text,
                "current": current,
                "options": [current],
            })
        }
    }
}

/// Those that people write in Grafana, and those of the board.
pub(super) fn annotations(board: &Board) -> Vec<Value> {
    let by_people = json!({
        "name": "Annotations & Alerts",
        "type": "dashboard",
        "builtIn": 1,
        "datasource": { "type": "grafana", "uid": "-- Grafana --" },
        "enable": true,
        "hide": true,
        "iconColor": "rgba(0, 211, 255, 1)",
    });
    let ours = board.annotations.iter().map(|annotation| {
        json!({
            "name": annotation.title,
            "datasource": source(),
            "enable": true,
            "hide": false,
            "iconColor": BAD.0,
            "expr": annotation.expr,
            "step": "1m",
            "titleFormat": annotation.title,
            "textFormat": annotation.text,
            "useValueForTime": false,
        })
    });
    std::iter::once(by_people).chain(ours).collect()
}
