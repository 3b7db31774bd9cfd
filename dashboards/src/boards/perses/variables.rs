//! Variables.

use serde_json::{Value, json};

use super::source;
use crate::boards::model::{Source, Variable};

pub(super) fn variable(variable: &Variable) -> Value {
    let Variable { name, title, source: values } = variable;
    let display = json!({ "name": title, "hidden": false });
    match *values {
        Source::Label { series, label, all } => {
            let mut spec = json!({
                "name": name,
                "display": display,
                "allowAllValue": all,
                "allowMultiple": all,
                "sort": "alphabetical-asc",
                "plugin": {
                    "kind": "PrometheusLabelValuesVariable",
                    "spec": { "datasource": source(), "labelName": label, "matchers": [series] },
                },
            });
            if all {
                spec["customAllValue"] = json!(".*");
                spec["defaultValue"] = json!("$__all");
            }
            json!({ "kind": "ListVariable", "spec": spec })
        }
        Source::Words(words) => json!({
            "kind": "ListVariable",
            "spec": {
                "name": name,
                "display": display,
                "allowAllValue": false,
                "allowMultiple": false,
                "defaultValue": words.first(),
                "plugin": { "kind": "StaticListVariable", "spec": { "values": words } },
            },
        }),
        Source::Text(text) => json!({
            "kind": "TextVariable",
            "spec": { "name": name, "display": display, "value": text },
        }),
    }
}
