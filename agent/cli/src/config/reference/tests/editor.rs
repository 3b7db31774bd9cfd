//! The schema as an editor uses it: never stricter than the reader, and strict enough to be of help.

use proptest::prelude::*;
use regex::Regex;

use super::*;
use crate::config::catalogue;

/// A good file with every key, to be damaged.
const GOOD: &str = include_str!("../../tests/every-key.toml");

/// Whether the schema has nothing against the file.
fn accepts(text: &str) -> bool {
    let file: toml::Table = text.parse().unwrap_or_else(|error| panic!("{error}\n{text}"));
    matches(&schema(), &serde_json::to_value(file).expect("every value here has its like in JSON"))
}

/// Judges by the keywords that the schema uses, and by no others (JSON Schema 2020-12, Validation).
fn matches(schema: &Value, value: &Value) -> bool {
    let keywords = schema.as_object().expect("a schema is an object");
    keywords.iter().all(|(keyword, rule)| match keyword.as_str() {
        "$schema" | "title" | "description" | "default" | "examples" => true,
        "type" => rule == kind(value),
        "enum" => rule.as_array().is_some_and(|words| words.contains(value)),
        "anyOf" => rule.as_array().is_some_and(|rules| rules.iter().any(|rule| matches(rule, value))),
        "pattern" => value.as_str().is_none_or(|text| {
            Regex::new(rule.as_str().expect("a pattern is text")).expect("it is one").is_match(text)
        }),
        "items" => value.as_array().is_none_or(|items| items.iter().all(|item| matches(rule, item))),
        "minItems" => {
            value.as_array().is_none_or(|items| items.len() as u64 >= rule.as_u64().expect("a number"))
        }
        "maxItems" => {
            value.as_array().is_none_or(|items| items.len() as u64 <= rule.as_u64().expect("a number"))
        }
        "required" => value.as_object().is_none_or(|object| {
            rule.as_array().is_some_and(|names| {
                names.iter().all(|name| object.contains_key(name.as_str().unwrap_or_default()))
            })
        }),
        "properties" => value.as_object().is_none_or(|object| {
            object.iter().all(|(name, value)| rule.get(name).is_none_or(|rule| matches(rule, value)))
        }),
        "additionalProperties" => {
            assert_eq!(rule, &Value::Bool(false));
            value
                .as_object()
                .is_none_or(|object| object.keys().all(|name| schema["properties"].get(name).is_some()))
        }
        other => panic!("the schema uses {other}, which this test does not know"),
    })
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[test]
fn good_files_have_no_marks() {
    let examples = every_key(|key| Some(key.example));
    let defaults =
        every_key(|key| if let Preset::Value(value) = key.preset { Some(value) } else { Some(key.example) });
    let odd = "[otlp]\nendpoint = 'https://gateway:4318/@otlp'";
    for text in ["", odd, GOOD, catalogue::TEXT, &template(), &examples, &defaults] {
        assert!(accepts(text), "{text}");
    }
}

#[test]
fn what_people_get_wrong_is_marked_while_they_type() {
    for text in [
        "[agnet]",
        "agent = 1",
        "[agent]\nintervall = '60s'",
        "[agent]\ninterval = 60",
        "[agent]\ninterval = '60'",
        "[agent]\nstate_dir = 'relative'",
        "[probe]\nengine = 'turbo'",
        "[probe]\nfamilies = []",
        "[probe]\nfamilies = 'ipv4'",
        "[probe]\nfamilies = ['ipv5']",
        "[target]\naddress = 'a.example:25'",
        "[[target]]\noperator = 'x'",
        "[[target]]\naddress = 'a.example'",
        "[[relay]]\nname = 'own'",
        "[cloud]\nimds = 'on'",
        "[cloud]\nimds = 'http://169.254.169.254/metadata'",
        "[otlp]\nendpoint = 'gateway:4318'",
        "[otlp]\nmax_bytes = '32'",
        "[otlp]\nprotocol = 'http/json'",
        "[otlp]\ncompression = 'zstd'",
        "[otlp]\ntimeout = '10'",
        "[otlp]\nca_file = 'ca.pem'",
        "[otlp]\nclient_key = 'credential:a/b'",
        "[otlp]\nproxy = 'https://proxy:3128'",
        "[otlp]\nlogs_endpoint = 'of'",
        "[web]\nlisten = 'localhost'",
        "[web]\nhosts = ['https://vm-1']",
    ] {
        assert!(!accepts(text), "{text}");
    }
}

#[test]
fn defaults_and_examples_are_told_as_values() {
    let schema = schema();
    let properties = |table: &Table| {
        let outer = &schema["properties"][table.name];
        if table.repeated.is_some() {
            outer["items"]["properties"].clone()
        } else {
            outer["properties"].clone()
        }
    };
    for table in &TABLES {
        for key in table.keys {
            let property = &properties(table)[key.name];
            assert_eq!(toml(&property["examples"][0]), key.example, "{}", key.name);
            if let Preset::Value(value) = key.preset {
                assert_eq!(toml(&property["default"]), value, "{}", key.name);
            }
        }
    }
}

proptest! {
    #[test]
    fn a_file_that_is_read_is_never_marked(at in 0..GOOD.len(), cut in 0..6_usize, insert in "[ -~µ]{0,4}") {
        let mut text = GOOD.to_owned();
        text.replace_range(at..(at + cut).min(GOOD.len()), &insert);
        if parse(&text, Base::Catalogue).is_ok() {
            prop_assert!(accepts(&text), "{text}");
        }
    }
}
