//! Recording rules, alerts and routes, as types, and the files that they become.
//!
//! ```text
//!   fleet, slow (recorded) ─▶ block, expectation, subscription, egress, targets, agents, gateway, watchdog (alerts)
//!                                   └─▶ [`groups`] ─▶ render: prometheus · kubernetes · azure · grafana
//! ```
//!
//! An alert about a block is made of recorded numbers of a subscription: what it costs does not depend on the size of the
//! fleet, and one cause is one alert. Who is blocked is for a dashboard to tell.

mod agents;
mod block;
mod egress;
mod expectation;
mod fleet;
mod gateway;
mod group;
mod model;
mod render;
mod slow;
mod subscription;
mod targets;
mod vms;
mod watchdog;

pub use group::{Group, groups};
pub use model::{Alert, Board, Minutes, Record, Rule, Severity};
pub(crate) use render::RUNBOOKS;
pub use render::{File, files, runbooks};

/// By subscription, port and family.
const BY_PORT: &str = "by (cloud_account_id, server_port, network_type)";

#[cfg(test)]
mod limits;
#[cfg(test)]
mod proven;
#[cfg(test)]
mod routes;
#[cfg(test)]
mod runbook;
#[cfg(test)]
mod tests;
