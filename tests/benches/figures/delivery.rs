//! What it costs to tell a receiver, and what a kill costs.
//!
//! ```text
//!   side by side, each in a network of its own          alone, because moments matter
//!     delivering · filling · draining · syncs      ─▶     kills ─▶ recall
//! ```

mod backlog;
mod cost;
mod kills;
mod quiet;
mod recall;
mod site;
mod syncs;
mod told;

use std::thread::{self, ScopedJoinHandle};
use std::time::Duration;

use anyhow::{Result, bail};
use e2e::agent::Stage;

use crate::sheet::Sheet;
use crate::unit::{AN_HOUR, MILLISECONDS};

/// The default of `otlp.interval` and `agent.interval`.
const INTERVAL: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3600);
const MILLISECOND: f64 = 1e3;

pub(crate) fn measure(kills: u32, stage: &Stage, sheet: &mut Sheet) -> Result<()> {
    let (delivering, filling, draining, syncs) = thread::scope(|scope| {
        let delivering = scope.spawn(|| quiet::delivering(stage));
        let filling = scope.spawn(|| quiet::filling(stage));
        let draining = scope.spawn(|| backlog::draining(stage));
        let syncs = [syncs::exporting, syncs::alone].map(|count| scope.spawn(move || count(stage)));
        (joined(delivering), joined(filling), joined(draining), syncs.map(joined))
    });
    let mut failed = false;
    let mut tell = |what: Result<()>, sheet: &mut Sheet| -> Result<()> {
        if let Err(error) = what {
            failed = true;
            sheet.remark(&format!("not measured: {error:#}"))?;
        }
        Ok(())
    };
    tell(
        delivering.and_then(|it| {
            it.print(sheet)?;
            Ok(it.cost.print("delivering", true, sheet)?)
        }),
        sheet,
    )?;
    tell(filling.and_then(|cost| Ok(cost.print("filling, the receiver is down", true, sheet)?)), sheet)?;
    tell(draining.and_then(|it| it.print(sheet)), sheet)?;
    for (name, count) in
        ["syncs of the disk, delivering", "syncs of the disk, without export"].iter().zip(syncs)
    {
        tell(count.and_then(|count| Ok(sheet.figure(name, count, AN_HOUR)?)), sheet)?;
    }
    tell(kills::measure(kills, stage).and_then(|outcome| outcome.print(sheet)), sheet)?;
    tell(recalled(kills, stage, sheet), sheet)?;
    if failed {
        bail!("some of it");
    }
    Ok(())
}

fn recalled(kills: u32, stage: &Stage, sheet: &mut Sheet) -> Result<()> {
    let times = recall::measure(kills, stage)?;
    let milliseconds = |percent| times.percentile(percent).as_secs_f64() * MILLISECOND;
    let name = format!("report again after kill -9, {kills} times: median");
    sheet.figure(&name, milliseconds(50), MILLISECONDS)?;
    sheet.figure("  slowest", milliseconds(100), MILLISECONDS)?;
    Ok(())
}

fn joined<T>(part: ScopedJoinHandle<'_, Result<T>>) -> Result<T> {
    part.join().unwrap_or_else(|_| bail!("it panicked"))
}
