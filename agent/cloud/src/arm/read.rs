//! Fields of an answer: absent is no news, and what is there must be what it claims to be, else the answer is not
//! believed at all. Half an answer would look like a change.

use serde_json::Value;

use super::refusal::Refusal;

/// A field that may be absent, null or empty.
pub(super) fn optional(
    of: &Value,
    name: &'static str,
    claim: fn(&str) -> Option<String>,
) -> Result<Option<String>, Refusal> {
    match of.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        Some(Value::String(text)) => claim(text).map(Some).ok_or(Refusal::Malformed(name)),
        Some(_) => Err(Refusal::Malformed(name)),
    }
}

/// A field that is an object.
pub(super) fn object<'a>(of: &'a Value, name: &'static str) -> Result<&'a Value, Refusal> {
    of.get(name).filter(|value| value.is_object()).ok_or(Refusal::Malformed(name))
}

/// A field that is a list.
pub(super) fn list<'a>(of: &'a Value, name: &'static str) -> Result<&'a [Value], Refusal> {
    of.get(name).and_then(Value::as_array).map(Vec::as_slice).ok_or(Refusal::Malformed(name))
}
