//! A table: the labels of each question arrive with its number, become one column, and join the rows.

use serde_json::{Value, json};

use super::panels::format;
use crate::boards::model::{Holds, Table};

pub(super) fn table(table: &Table) -> Value {
    let keys: Vec<_> = table.keys.iter().map(|key| key.label).collect();
    let mut columns: Vec<_> = table
        .keys
        .iter()
        .map(|key| json!({ "name": key.label, "header": key.title, "enableSorting": true }))
        .collect();
    for (place, column) in table.columns.iter().enumerate() {
        let value = numbered(table, "value", place);
        match &column.holds {
            Holds::Value(unit, _) => {
                let mut shown = json!({ "name": value, "header": column.title, "format": format(*unit), "enableSorting": true });
                if place == 0 {
                    shown["sort"] = json!("desc");
                }
                columns.push(shown);
            }
            Holds::Label(label, _) => {
                let label = numbered(table, label, place);
                columns.push(json!({ "name": label, "header": column.title, "enableSorting": true }));
                columns.push(json!({ "name": value, "hide": true }));
            }
        }
    }
    columns.push(json!({ "name": "timestamp", "hide": true }));
    let merged = keys.iter().map(|key| json!({ "kind": "MergeIndexedColumns", "spec": { "column": key } }));
    let joined = json!({ "kind": "JoinByColumnValue", "spec": { "columns": keys } });
    let transforms: Vec<_> =
        if table.columns.len() == 1 { Vec::new() } else { merged.chain([joined]).collect() };
    json!({
        "density": "compact",
        "defaultColumnWidth": "auto",
        "columnSettings": columns,
        "cellSettings": words(table),
        "transforms": transforms,
    })
}

/// With one question there are no numbers.
fn numbered(table: &Table, name: &str, place: usize) -> String {
    if table.columns.len() == 1 { name.to_owned() } else { format!("{name} #{}", place + 1) }
}

/// The colours of words. Perses judges the cells of the whole table by them, so that numbers get none.
fn words(table: &Table) -> Vec<Value> {
    let colours = table.columns.iter().filter_map(|column| match &column.holds {
        Holds::Label(_, colours) => Some(colours),
        Holds::Value(..) => None,
    });
    colours
        .flatten()
        .map(|(word, colour)| {
            json!({ "condition": { "kind": "Value", "spec": { "value": word } }, "backgroundColor": colour.0 })
        })
        .collect()
}
