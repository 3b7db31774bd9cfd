//! What an agent exports, through good days and bad ones, against what a real Prometheus has in the end.

mod days;
mod deaths;
mod disks;
mod faults;
mod outages;

use std::time::Duration;

use anyhow::Result;
use e2e::agent::Daemon;

use crate::world::{Job, Way};

/// Milliseconds. An export is made every second; a machine that tests at all cores may be late for some.
const GAP: u64 = 4000;
/// An agent that is told to end ends its round first.
const FAREWELL: Duration = Duration::from_secs(30);

/// A name, how the gateway is reached, more of the configuration, and what is done.
pub(crate) type Case = (&'static str, Way, &'static str, Job);

pub(crate) fn cases() -> Vec<Case> {
    [days::CASES, outages::CASES, faults::CASES, deaths::CASES, disks::CASES].concat()
}

/// Points and events that the agent has given up for this reason, as it counts them.
fn dropped(agent: &Daemon<'_>, reason: &str) -> Result<u64> {
    let page = agent.get("/metrics")?.body;
    let reason = format!("reason=\"{reason}\"");
    let lines = page.lines().filter(|line| line.starts_with("sortie_spool_dropped_total{"));
    let of_reason = lines.filter(|line| line.contains(&reason));
    Ok(of_reason.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum())
}
