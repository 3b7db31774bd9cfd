//! Operators, in which independence is counted.

use std::fmt;

use serde::Serialize;

use super::TargetError;

/// Fewest independent operators with which anybody is convicted.
///
/// With two, one dead destination is half of the evidence (facts: P(two of five dead) is 10⁻³, three 10⁻⁵).
pub const MIN_OPERATORS: usize = 3;

/// Longest operator name that is accepted, in characters: it becomes a column of a table.
const OPERATOR_MAX: usize = 64;

/// The organisation that runs a destination.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Operator(String);

impl Operator {
    /// An operator's name: one to 64 printable characters.
    pub fn new(name: &str) -> Result<Self, TargetError> {
        let name = name.trim();
        let printable = name.chars().all(|c| !c.is_control());
        if name.is_empty() || name.chars().count() > OPERATOR_MAX || !printable {
            return Err(TargetError::Operator(name.escape_debug().to_string()));
        }
        Ok(Self(name.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
