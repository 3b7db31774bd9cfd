//! Where a fact is from, and of which day it is.

use std::fmt;

use serde::{Serialize, Serializer};

/// A text that facts rest on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(
    /// The year.
    pub(super) u16,
    /// The month, from 1.
    pub(super) u8,
    /// The day of the month, from 1.
    pub(super) u8,
);

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(year, month, day) = self;
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
