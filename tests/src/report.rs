//! The part of `sortie.report/1` that scenarios speak about. Fields that are not listed are not looked at.

use serde::Deserialize;

/// The states of a (port, family), in the words of the report.
pub const STATES: [&str; 10] = [
    "open",
    "platform_blocked",
    "path_blocked",
    "locally_blocked",
    "intercepted",
    "throttled",
    "refused",
    "partial",
    "no_egress",
    "inconclusive",
];

/// States that accuse somebody: saying one of them wrongly is worse than not knowing.
pub const NARROW: [&str; 4] = ["platform_blocked", "path_blocked", "locally_blocked", "intercepted"];

#[derive(Clone, Debug, Deserialize)]
pub struct Report {
    pub schema: String,
    pub engine: String,
    pub verdicts: Vec<Verdict>,
    pub observations: Vec<Observation>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Verdict {
    pub port: u16,
    pub family: String,
    pub state: String,
    pub signature: Option<String>,
    pub attribution: Option<String>,
    pub confidence: f64,
    pub rule: String,
    pub evidence: Vec<Evidence>,
    pub summary: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Evidence {
    pub weight: Option<f64>,
    pub text: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Observation {
    pub operator: Option<String>,
    pub role: String,
    pub port: u16,
    pub family: String,
    pub outcome: String,
    #[serde(default)]
    pub detail: serde_json::Value,
}

impl Report {
    pub fn verdict(&self, family: &str, port: u16) -> Option<&Verdict> {
        self.verdicts.iter().find(|verdict| verdict.family == family && verdict.port == port)
    }
}

/// The exit code that `check` owes to a state, where the machine is expected to be open.
pub fn exit_code_of(state: &str) -> i32 {
    match state {
        "open" => 0,
        "partial" | "throttled" | "refused" | "intercepted" => 1,
        "platform_blocked" | "path_blocked" | "locally_blocked" => 2,
        _ => 3,
    }
}
