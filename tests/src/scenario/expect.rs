//! What a run must report: which states are honest, and about which engine, family and port.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Engine;
use crate::plan::{Family, Host};

/// One word, or several where an engine honestly cannot tell conditions apart.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    pub fn words(&self) -> &[String] {
        match self {
            Self::One(word) => std::slice::from_ref(word),
            Self::Many(words) => words,
        }
    }

    pub fn allows(&self, word: &str) -> bool {
        self.words().iter().any(|allowed| allowed == word)
    }
}

/// An expectation for every verdict that its filters select.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    pub engine: Option<Engine>,
    pub family: Option<Family>,
    pub port: Option<u16>,
    /// Why this expectation is wider than the condition, or differs by engine.
    pub why: Option<String>,
    pub state: OneOrMany,
    pub signature: Option<OneOrMany>,
    pub attribution: Option<OneOrMany>,
    pub rule: Option<OneOrMany>,
    /// Outcome of every operator's subject and control.
    pub subject: Option<OneOrMany>,
    pub control: Option<OneOrMany>,
    /// Outcome of single operators' subjects.
    #[serde(default)]
    pub operator: BTreeMap<Host, OneOrMany>,
}

impl Expect {
    pub fn selects(&self, engine: Engine, family: Family, port: u16) -> bool {
        self.engine.is_none_or(|only| only == engine)
            && self.family.is_none_or(|only| only == family)
            && self.port.is_none_or(|only| only == port)
    }
}
