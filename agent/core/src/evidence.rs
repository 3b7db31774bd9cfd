//! Evidence as people read it: a weight in bans (log10 of the odds) and a sentence.

use serde::{Deserialize, Serialize};

/// One weighted sentence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// log10 of the odds that this adds to the finding; deterministic evidence carries [`CERTAIN`].
    pub weight: f64,
    /// For people.
    pub text: String,
}

/// The weight of something that was seen and needs no inference, such as an error from this machine's own kernel.
pub const CERTAIN: f64 = 4.0;

impl Evidence {
    /// A sentence and its weight.
    pub fn new(weight: f64, text: impl Into<String>) -> Self {
        Self { weight, text: text.into() }
    }
}

/// The probability behind a weight: 10^E odds, never more than one can know from packets.
pub fn confidence(bans: f64) -> f64 {
    let odds = 10f64.powf(bans.clamp(-6.0, 4.0));
    odds / (1.0 + odds)
}
