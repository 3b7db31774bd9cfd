//! That the chain from a rule to a person holds.

use anyhow::Result;

use crate::timing;
use crate::world::{Job, World};

pub(crate) const JOBS: &[(&str, Job)] = &[("the_watchdog_reports_that_the_chain_holds", watchdog)];

fn watchdog(world: &mut World<'_>) -> Result<()> {
    let told = world.desk.wait("the watchdog", |told| told.name() == "SortieWatchdog")?;
    timing::print("the watchdog", &told)
}
