//! How Grafana calls what every view has: questions, units, colours and the meaning of numbers.

use serde_json::{Value, json};

use crate::boards::model::{Colour, Steps, Unit, Word};

/// The letter of a question, as Grafana counts them.
pub(super) fn letter(place: usize) -> char {
    // No panel asks more than the alphabet has letters; a test holds that the letters differ.
    (b'A'..=b'Z').nth(place).map_or('?', char::from)
}

/// What numbers mean.
pub(super) fn mapped(words: &[Word]) -> Value {
    let mut options = json!({});
    for (place, word) in words.iter().enumerate() {
        options[word.code.to_string()] = json!({ "text": word.says, "color": word.colour.0, "index": place });
    }
    options
}

pub(super) fn thresholds(steps: &Steps) -> Value {
    let step = |colour: Colour, from: Option<f64>| json!({ "color": colour.0, "value": from });
    let ground = std::iter::once(step(steps.ground, None));
    let all: Vec<_> =
        ground.chain(steps.steps.iter().map(|each| step(each.colour, Some(each.from)))).collect();
    json!({ "mode": "absolute", "steps": all })
}

/// The name that Grafana has for a unit.
pub(super) fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Count => "short",
        Unit::Share | Unit::Part => "percentunit",
        Unit::Seconds => "s",
        Unit::Age => "dtdurations",
        Unit::Bytes => "bytes",
        Unit::PerSecond => "cps",
        Unit::PerMinute => "cpm",
    }
}
