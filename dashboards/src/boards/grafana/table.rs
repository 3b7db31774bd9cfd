//! A table: the answers to all its questions are merged by the labels that they share.

use serde_json::{Value, json};

use super::fields::{letter, thresholds, unit};
use super::links;
use crate::boards::model::{Column, Holds, Table};

pub(super) fn table(table: &Table) -> Value {
    json!({
        "type": "table",
        "fieldConfig": {
            "defaults": {
                "unit": "none",
                "color": { "mode": "thresholds" },
                "mappings": [],
                "custom": { "align": "auto", "cellOptions": { "type": "auto" }, "filterable": true, "inspect": false },
            },
            "overrides": overrides(table),
        },
        "options": {
            "showHeader": true,
            "frameIndex": 0,
            "cellHeight": "sm",
            "sortBy": table.columns.first().map(|first| json!({ "displayName": first.title, "desc": true })).as_slice(),
            "footer": { "show": false, "reducer": ["sum"], "countRows": false, "fields": "" },
        },
        "transformations": [
            { "id": "merge", "options": {} },
            { "id": "organize", "options": organized(table) },
        ],
    })
}

/// The names under which the value of a question arrives: without its letter where there is one question only.
fn arriving(place: usize) -> [String; 2] {
    [format!("Value #{}", letter(place)), "Value".to_owned()]
}

/// Headings and order; what is not shown is excluded.
fn organized(table: &Table) -> Value {
    let (mut named, mut order, mut excluded) = (json!({}), json!({}), json!({ "Time": true }));
    let mut place = 0;
    let mut show = |field: &str, title: &str| {
        named[field] = json!(title);
        order[field] = json!(place);
        place += 1;
    };
    table.keys.iter().for_each(|key| show(key.label, key.title));
    for (number, column) in table.columns.iter().enumerate() {
        let [numbered, alone] = arriving(number);
        match &column.holds {
            Holds::Value(..) => {
                show(&numbered, column.title);
                if table.columns.len() == 1 {
                    show(&alone, column.title);
                }
            }
            Holds::Label(label, _) => {
                show(label, column.title);
                excluded[numbered] = json!(true);
                if table.columns.len() == 1 {
                    excluded[alone] = json!(true);
                }
            }
        }
    }
    json!({ "excludeByName": excluded, "indexByName": order, "renameByName": named })
}

fn overrides(table: &Table) -> Vec<Value> {
    let named = |title: &str, properties: Vec<Value>| json!({ "matcher": { "id": "byName", "options": title }, "properties": properties });
    let linked = table.keys.iter().filter_map(|key| {
        let to = key.to.as_ref()?;
        Some(named(key.title, vec![json!({ "id": "links", "value": [links::drill(key.label, to)] })]))
    });
    let judged = table.columns.iter().filter_map(|column| {
        let properties = properties(column);
        (!properties.is_empty()).then(|| named(column.title, properties))
    });
    linked.chain(judged).collect()
}

fn properties(column: &Column) -> Vec<Value> {
    let filled =
        json!({ "id": "custom.cellOptions", "value": { "type": "color-background", "mode": "basic" } });
    match &column.holds {
        Holds::Value(of, steps) => {
            let unit = json!({ "id": "unit", "value": unit(*of) });
            let judged = steps.iter().flat_map(|steps| {
                [filled.clone(), json!({ "id": "thresholds", "value": thresholds(steps) })]
            });
            std::iter::once(unit).chain(judged).collect()
        }
        Holds::Label(_, colours) if colours.is_empty() => Vec::new(),
        Holds::Label(_, colours) => {
            let mut options = json!({});
            for (place, (word, colour)) in colours.iter().enumerate() {
                options[*word] = json!({ "text": word, "color": colour.0, "index": place });
            }
            vec![filled, json!({ "id": "mappings", "value": [{ "type": "value", "options": options }] })]
        }
    }
}
