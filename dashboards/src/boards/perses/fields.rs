//! How Perses calls what every view has: units, colours and the meaning of numbers.

use serde_json::{Value, json};

use crate::boards::model::{Colour, Steps, Unit, Word};
use crate::boards::palette::CALM;

/// A number of Perses is text in its colour on the ground of the theme, on which slate is not read where that is dark:
/// halfway between the slates of the page's two themes.
const SLATE: Colour = Colour("#76899d");

/// What numbers mean.
pub(super) fn mappings(words: &[Word]) -> Vec<Value> {
    words
        .iter()
        .map(|word| {
            json!({
                "kind": "Value",
                "spec": { "value": word.code.to_string(), "result": { "value": word.says, "color": word.colour.0 } },
            })
        })
        .collect()
}

pub(super) fn thresholds(steps: &Steps) -> Value {
    let all: Vec<_> =
        steps.steps.iter().map(|step| json!({ "value": step.from, "color": step.colour.0 })).collect();
    let ground = if steps.ground == CALM { SLATE } else { steps.ground };
    json!({ "mode": "absolute", "defaultColor": ground.0, "steps": all })
}

/// The format that Perses has for a unit.
pub(super) fn format(unit: Unit) -> Value {
    match unit {
        // Its own words for a rate are longer than the place for them; the axis says it instead.
        Unit::Count | Unit::PerSecond | Unit::PerMinute => json!({ "unit": "decimal", "shortValues": true }),
        Unit::Part => json!({ "unit": "percent-decimal", "decimalPlaces": 3 }),
        Unit::Share => json!({ "unit": "percent-decimal", "decimalPlaces": 1 }),
        Unit::Seconds | Unit::Age => json!({ "unit": "seconds" }),
        Unit::Bytes => json!({ "unit": "bytes", "shortValues": true }),
    }
}
