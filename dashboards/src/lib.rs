//! What a fleet of Sortie agents is watched with: recording rules, alerts, their routes, and dashboards.
//!
//! ```text
//!   docs/telemetry.json ─▶ catalog ─▶ rules  ─▶ rules/prometheus · kubernetes · azure · grafana, alertmanager/
//!   (names of metrics)        └─────▶ boards ─▶ grafana/ · perses/
//! ```
//!
//! Everything is written here once, as types that cannot say what the targets would refuse, and the rendered files are
//! committed: who uses them needs no generator. A test holds the files against this source.
#![forbid(unsafe_code)]

pub mod boards;
pub mod catalog;
pub mod rules;
