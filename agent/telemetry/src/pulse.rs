//! The metrics of each interval, into the queue.
//!
//! A fleet that starts at once is spread over the first interval, by an offset that is the same in every life of a
//! machine.

use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior};

use crate::spool::Spool;
use crate::telemetry::Telemetry;

/// Exports the metrics each interval, for ever.
pub async fn pulse(telemetry: &Telemetry, spool: &impl Spool, interval: Duration) {
    let first = Instant::now() + interval.mul_f64(telemetry.phase());
    let mut timer = tokio::time::interval_at(first, interval);
    timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        timer.tick().await;
        if let Some(export) = telemetry.metrics() {
            spool.append(export).await;
        }
    }
}
