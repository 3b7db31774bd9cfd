//! Where a fact is from, and of which day it is.

use std::fmt;

use serde::{Deserialize, Serialize};
use toml::value::{Date, Datetime};

/// A text that facts rest on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Within its file.
    pub id: &'static str,
    /// How far it binds.
    pub kind: Kind,
    /// The date that the text carries (its first day, where it is a month or a year), else the one on which it was read.
    pub date: Day,
    /// Where it is.
    pub url: &'static str,
}

/// How far a source binds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The provider's own word.
    Vendor,
    /// What somebody saw.
    Report,
}

impl Kind {
    /// The word in data and on the terminal.
    pub fn code(self) -> &'static str {
        match self {
            Self::Vendor => "vendor",
            Self::Report => "report",
        }
    }
}

/// A day of the calendar, displayed as RFC 3339 has it: `2026-11-26`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "Datetime", into = "String")]
pub struct Day(Date);

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<Day> for String {
    fn from(day: Day) -> Self {
        day.to_string()
    }
}

impl TryFrom<Datetime> for Day {
    type Error = &'static str;

    fn try_from(value: Datetime) -> Result<Self, Self::Error> {
        match value {
            Datetime { date: Some(date), time: None, offset: None } => Ok(Self(date)),
            _ => Err("expected a day without a time"),
        }
    }
}
