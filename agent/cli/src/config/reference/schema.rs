//! `sortie config schema`: what editors (taplo, Even Better TOML) need to complete and check the file.

use serde_json::{Map, Value, json};

use super::{Key, Preset, TABLES, Table};

/// The JSON Schema of the file, draft 2020-12.
pub fn schema() -> Value {
    let tables: Map<String, Value> =
        TABLES.iter().map(|table| (table.name.to_owned(), outer(table))).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Configuration of sortie",
        "type": "object",
        "properties": tables,
        "additionalProperties": false,
    })
}

fn outer(table: &Table) -> Value {
    let keys: Map<String, Value> =
        table.keys.iter().map(|key| (key.name.to_owned(), property(key))).collect();
    let required: Vec<&str> =
        table.keys.iter().filter(|key| matches!(key.preset, Preset::Required)).map(|key| key.name).collect();
    let mut entry = json!({"type": "object", "properties": keys, "additionalProperties": false});
    if !required.is_empty() {
        entry["required"] = required.into();
    }
    match &table.repeated {
        None => {
            entry["description"] = table.about.into();
            entry
        }
        Some(repeated) => json!({
            "description": format!("{} Without any entry, {}.", table.about, repeated.without),
            "type": "array",
            "items": entry,
            "maxItems": repeated.most,
        }),
    }
}

fn property(key: &Key) -> Value {
    let mut schema = key.kind.schema();
    let more = match key.preset {
        Preset::Absent(what) => format!(" When absent, {what}."),
        Preset::Value(_) | Preset::Required => String::new(),
    };
    schema["description"] = format!("{}{more} Expected: {}.", key.about, key.kind.describe()).into();
    schema["examples"] = Value::Array(vec![literal(key.example)]);
    if let Preset::Value(value) = key.preset {
        schema["default"] = literal(value);
    }
    schema
}

/// Strings, booleans and lists of strings are the same in TOML and JSON; the tests read every one.
fn literal(toml: &str) -> Value {
    toml.parse().unwrap_or(Value::Null)
}
