//! From a table in TOML to a literal in Rust. What is missing, unknown or of the wrong type is refused; words are checked by
//! the compiler, which knows the closed lists.

use toml::value::Datetime;
use toml::{Table, Value};

/// A struct, and what its fields are called in TOML and in Rust.
pub(crate) struct Record {
    pub(crate) name: &'static str,
    pub(crate) fields: &'static [(&'static str, &'static str, Shape)],
}

/// What may stand in a field.
pub(crate) enum Shape {
    Text,
    Texts,
    OptionalText,
    Port,
    Ports,
    Day,
    /// A word of this enum.
    Word(&'static str),
    Words(&'static str),
    Optional(&'static Record),
    /// None of them where the key is absent.
    Records(&'static Record),
}

/// The literal of a struct.
pub(crate) fn literal(record: &Record, mut table: Table) -> Result<String, String> {
    let mut fields = Vec::new();
    for (key, field, shape) in record.fields {
        let value = value(shape, table.remove(*key)).map_err(|error| format!("`{key}` {error}"))?;
        fields.push(format!("{field}: {value}"));
    }
    match table.keys().next() {
        Some(key) => Err(format!("unknown key `{key}` in a {}", record.name)),
        None => Ok(format!("{} {{ {} }}", record.name, fields.join(", "))),
    }
}

fn value(shape: &Shape, value: Option<Value>) -> Result<String, String> {
    match (shape, value) {
        (Shape::OptionalText | Shape::Optional(_), None) => Ok("None".to_owned()),
        (Shape::Records(_), None) => Ok("&[]".to_owned()),
        (_, None) => Err("is missing".to_owned()),
        (Shape::Text, Some(value)) => text(value),
        (Shape::OptionalText, Some(value)) => text(value).map(|literal| format!("Some({literal})")),
        (Shape::Texts, Some(value)) => list(value, text),
        (Shape::Port, Some(value)) => port(value),
        (Shape::Ports, Some(value)) => list(value, port),
        (Shape::Day, Some(value)) => day(&value),
        (Shape::Word(name), Some(value)) => word(name, value),
        (Shape::Words(name), Some(value)) => list(value, |value| word(name, value)),
        (Shape::Optional(record), Some(value)) => {
            nested(record, value).map(|literal| format!("Some({literal})"))
        }
        (Shape::Records(record), Some(value)) => list(value, |value| nested(record, value)),
    }
}

fn text(value: Value) -> Result<String, String> {
    match value {
        Value::String(text) if !text.is_empty() => Ok(format!("{text:?}")),
        other => Err(format!("has {other} where a text is expected")),
    }
}

fn port(value: Value) -> Result<String, String> {
    match value {
        Value::Integer(number @ 1..=65_535) => Ok(format!("port({number})")),
        other => Err(format!("has {other} where a port is expected")),
    }
}

fn day(value: &Value) -> Result<String, String> {
    match value {
        Value::Datetime(Datetime { date: Some(date), time: None, offset: None }) => {
            Ok(format!("Day({}, {}, {})", date.year, date.month, date.day))
        }
        other => Err(format!("has {other} where a day without a time is expected")),
    }
}

/// `ea-devtest` of `Subscription` is `Subscription::EaDevtest`.
fn word(name: &str, value: Value) -> Result<String, String> {
    let Value::String(word) = value else { return Err(format!("has {value} where a word is expected")) };
    if word.is_empty() || !word.chars().all(|c| c.is_ascii_lowercase() || c == '-' || c == '_') {
        return Err(format!("has {word:?} where a word is expected"));
    }
    let parts = word.split(['-', '_']).map(|part| part[..1].to_uppercase() + &part[1..]);
    Ok(format!("{name}::{}", parts.collect::<String>()))
}

fn nested(record: &Record, value: Value) -> Result<String, String> {
    match value {
        Value::Table(table) => literal(record, table),
        other => Err(format!("has {other} where a table is expected")),
    }
}

fn list(value: Value, item: impl Fn(Value) -> Result<String, String>) -> Result<String, String> {
    let Value::Array(items) = value else { return Err(format!("has {value} where a list is expected")) };
    let items: Vec<String> = items.into_iter().map(item).collect::<Result<_, _>>()?;
    Ok(format!("&[{}]", items.join(", ")))
}
