//! What an agent exports, through good days and bad ones, against what a real Prometheus has in the end.

mod days;
mod deaths;
mod faults;
mod outages;

use std::time::Duration;

use crate::world::{Job, Way};

/// Milliseconds. An export is made every second; a machine that tests at all cores may be late for some.
const GAP: u64 = 4000;
/// An agent that is told to end ends its round first.
const FAREWELL: Duration = Duration::from_secs(30);

/// A name, how the gateway is reached, more of the configuration, and what is done.
pub(crate) type Case = (&'static str, Way, &'static str, Job);

pub(crate) fn cases() -> Vec<Case> {
    [days::CASES, outages::CASES, faults::CASES, deaths::CASES].concat()
}
