//! What an agent exports, through good days and bad ones, against what a real Prometheus has in the end.

mod days;
mod outages;

use crate::world::{Job, Way};

/// Milliseconds. An export is made every second; a machine that tests at all cores may be late for some.
const GAP: u64 = 4000;

/// A name, how the gateway is reached, more of the configuration, and what is done.
pub(crate) type Case = (&'static str, Way, &'static str, Job);

pub(crate) fn cases() -> Vec<Case> {
    [days::CASES, outages::CASES].concat()
}
