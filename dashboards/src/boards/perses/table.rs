//! A table: the labels of each question arrive with its number, become one column, and join the rows.

use serde_json::{Value, json};

use super::fields::format;
use super::width;
use crate::boards::model::{Colour, Holds, Key, Table};

pub(super) fn table(table: &Table) -> Value {
    let keys: Vec<_> = table.keys.iter().map(|key| key.label).collect();
    let mut columns: Vec<_> = table.keys.iter().map(key).collect();
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
                columns.push(word(label, &numbered(table, label, place), column.title));
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

fn key(key: &Key) -> Value {
    word(key.label, key.label, key.title)
}

/// A column of words: the values of a label, as it is called among the answers.
fn word(label: &str, name: &str, title: &str) -> Value {
    let mut column = json!({ "name": name, "header": title, "enableSorting": true });
    if let Some(width) = width::of(label) {
        column["width"] = json!(width);
    }
    column
}

/// What is read on this colour. Grafana finds that by itself.
fn ink(Colour(colour): Colour) -> &'static str {
    // Whatever stops mail is dark, and has next to no green; every light tone has much of it.
    let green = u8::from_str_radix(&colour[3..5], 16).unwrap_or_default();
    if green < 0x60 { "#ffffff" } else { "#141517" }
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
            json!({ "condition": { "kind": "Value", "spec": { "value": word } }, "backgroundColor": colour.0, "textColor": ink(*colour) })
        })
        .collect()
}
