//! What comes back: right answers, and the ways in which a service fails those who ask it.

use serde_json::{Value, json};

/// How a question is met. What is wrong with the request itself is told before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mood {
    /// The truth.
    #[default]
    Usual,
    /// 403, as for a reader without the right.
    Forbidden,
    /// 429, and when to come again, in seconds.
    Throttled(u64),
    /// A status without a reason.
    Status(u16),
    /// 200, and JSON that ends too early.
    Malformed,
    /// 200, and JSON of the right shape with wrong types in it.
    Mistyped,
    /// 200, and texts with control characters in them.
    Controls,
    /// Nothing, for ever.
    Silent,
    /// A byte a second, for ever.
    Trickle,
    /// 200, and a body without end.
    Huge,
    /// 307 to another host, which lies; and the same lie as the body.
    Redirect,
    /// 202 with a place on another host, where an operation would be.
    Astray,
}

/// An answer, or what there is instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    Whole(Answer),
    Silence,
    Trickle,
    Endless,
}

impl Reply {
    /// The status that whoever asks sees.
    pub(super) fn status(&self) -> Option<u16> {
        match self {
            Self::Whole(answer) => Some(answer.status),
            Self::Silence => None,
            Self::Trickle | Self::Endless => Some(200),
        }
    }
}

/// A whole answer, in JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn ok(body: &Value) -> Self {
        Self::new(200, body)
    }

    pub(super) fn new(status: u16, body: &Value) -> Self {
        Self { status, headers: Vec::new(), body: body.to_string() }
    }

    /// A refusal as Resource Manager words it.
    pub(super) fn error(status: u16, code: &str, message: &str) -> Self {
        Self::new(status, &json!({"error": {"code": code, "message": message}}))
    }

    #[must_use]
    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The answer as a mood has it; `lie` is what a stranger would say, and `elsewhere` where he is.
    pub(super) fn in_mood(self, mood: Mood, lie: impl FnOnce() -> Self, elsewhere: &str) -> Reply {
        Reply::Whole(match mood {
            Mood::Usual => self,
            Mood::Forbidden => {
                let sentence = "The client '7f3f2a51-0c52-4b8f-9a3e-2d9f5f0e6c11' does not have authorization to perform \
                    this action over this scope or the scope is invalid.";
                Self::error(403, "AuthorizationFailed", sentence)
            }
            Mood::Throttled(seconds) => {
                Self::error(429, "TooManyRequests", "The request is being throttled.")
                    .with("retry-after", seconds.to_string())
            }
            Mood::Status(status) => Self::error(status, "InternalServerError", "no"),
            Mood::Malformed => Self { body: self.body[..self.body.len() / 2].to_owned(), ..self },
            Mood::Mistyped => self.mapped(mistype),
            Mood::Controls => self.mapped(add_controls),
            Mood::Redirect => Self { status: 307, ..lie() }.with("location", elsewhere),
            Mood::Astray => Self { status: 202, ..lie() }.with("location", elsewhere),
            Mood::Silent => return Reply::Silence,
            Mood::Trickle => return Reply::Trickle,
            Mood::Huge => return Reply::Endless,
        })
    }

    fn mapped(self, change: fn(Value) -> Value) -> Self {
        let value = serde_json::from_str(&self.body).expect("our own answers are JSON");
        Self { body: leaves(value, change).to_string(), ..self }
    }
}

/// Every leaf of a document, changed.
fn leaves(value: Value, change: fn(Value) -> Value) -> Value {
    match value {
        Value::Object(fields) => {
            fields.into_iter().map(|(name, value)| (name, leaves(value, change))).collect()
        }
        Value::Array(items) => items.into_iter().map(|value| leaves(value, change)).collect(),
        leaf => change(leaf),
    }
}

fn mistype(value: Value) -> Value {
    match value {
        Value::Bool(yes) => yes.to_string().into(),
        Value::String(_) => json!({"value": 25}),
        Value::Number(number) => json!([number]),
        other => other,
    }
}

/// What would clear a screen, forge a line of a log, and turn text round.
const CONTROLS: &str = "\u{1b}[2J\r\nforged\u{202e}";

fn add_controls(value: Value) -> Value {
    match value {
        Value::String(text) => (text + CONTROLS).into(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ELSEWHERE: &str = "http://192.0.2.81/x";

    fn in_mood(mood: Mood) -> Answer {
        let truth = Answer::ok(&json!({"state": "Enabled", "allow": true, "n": 5, "list": [{"a": "b"}]}));
        let lie = || Answer::ok(&json!({"state": "Lied"}));
        match truth.in_mood(mood, lie, ELSEWHERE) {
            Reply::Whole(answer) => answer,
            other => unreachable!("{other:?} is no whole answer"),
        }
    }

    #[test]
    fn a_mood_is_what_its_name_says() {
        for (mood, status, body) in [
            (Mood::Usual, 200, r#""state":"Enabled""#),
            (Mood::Forbidden, 403, "AuthorizationFailed"),
            (Mood::Status(503), 503, "InternalServerError"),
            (Mood::Mistyped, 200, r#""state":{"value":25}"#),
            (Mood::Mistyped, 200, r#""allow":"true""#),
            (Mood::Controls, 200, r"Enabled\u001b[2J\r\nforged"),
            (Mood::Redirect, 307, "Lied"),
            (Mood::Astray, 202, "Lied"),
        ] {
            let answer = in_mood(mood);
            assert_eq!(answer.status, status, "{mood:?}");
            assert!(answer.body.contains(body), "{mood:?}: {}", answer.body);
        }
        assert_eq!(in_mood(Mood::Throttled(7)).headers, [("retry-after", "7".to_owned())]);
        assert_eq!(in_mood(Mood::Redirect).headers, [("location", ELSEWHERE.to_owned())]);
        assert!(serde_json::from_str::<Value>(&in_mood(Mood::Malformed).body).is_err());
    }

    #[test]
    fn every_leaf_is_mistyped_and_nothing_else_is_changed() {
        let body = in_mood(Mood::Mistyped).body;
        let value: Value = serde_json::from_str(&body).expect("still JSON");
        assert_eq!(value["list"][0]["a"], json!({"value": 25}));
        assert_eq!(value["n"], json!([5]));
    }
}
