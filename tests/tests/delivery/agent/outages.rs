//! Days on which nobody takes what the agent has to tell.

use std::thread;
use std::time::{Duration, UNIX_EPOCH};

use anyhow::{Context as _, Result, ensure};
use e2e::ledger::{Catalogue, Points};
use e2e::otlp::Signal;
use e2e::receiver::Record;

use super::{Case, GAP};
use crate::history::{changes, require_told};
use crate::world::{Way, World, in_the_end, milliseconds, until};

/// Of a good time before.
const EXPORTS: usize = 3;
/// Intervals of exports, beyond what it takes to find a block.
const LONGER: Duration = Duration::from_secs(10);

pub(super) const CASES: &[Case] = &[
    ("a_collector_that_was_away_gets_everything_newest_first", Way::Http, "", |world| {
        outage(
            world,
            |world| world.backend.collector.service().kill(),
            |world| world.backend.collector.service().start(),
        )
    }),
    ("a_collector_that_was_away_gets_everything_newest_first_over_grpc", Way::Grpc, "", |world| {
        outage(
            world,
            |world| world.backend.collector.service().kill(),
            |world| world.backend.collector.service().start(),
        )
    }),
    ("a_prometheus_that_was_away_gets_everything", Way::Http, "", |world| {
        outage(
            world,
            |world| world.backend.prometheus.service().kill(),
            |world| world.backend.prometheus.service().start(),
        )
    }),
];

/// Good days, then nobody is there while mail is blocked, then all is well again.
fn outage(
    world: &mut World<'_>,
    leave: fn(&mut World<'_>) -> Result<()>,
    come_back: fn(&mut World<'_>) -> Result<()>,
) -> Result<()> {
    let mut agent = world.agent()?;
    until("a few exports", || Ok(acknowledged(&world.witness.records()).count() >= EXPORTS))?;
    agent.until("open")?;
    leave(world)?;
    let left = milliseconds()?;
    world.block()?;
    agent.until("platform_blocked")?;
    thread::sleep(LONGER);
    come_back(world)?;
    let back = milliseconds()?;
    // What waits is delivered while the agent goes on: everything once, without a gap.
    until("everything of the outage", || {
        let taken = world.acknowledged()?;
        Ok(taken.gaps(GAP).is_empty() && taken.moments().last() > Some(&back))
    })?;
    let changes = changes(&agent)?;
    in_the_end(|| require_told(&changes, &world.told()?))?;
    world.until_all_is_told(&agent)?;
    let sent = world.until_all_is_stored(&agent)?;
    ensure!(sent.gaps(GAP).is_empty(), "exports are missing between {:?}", sent.gaps(GAP));
    require_order(&world.witness.records(), left, back)
}

/// After the outage: the newest export first, alone and unmarked; what is older in requests that are marked.
fn require_order(records: &[Record], left: u64, back: u64) -> Result<()> {
    let after: Vec<_> = acknowledged(records).filter(|record| came_after(record, back)).collect();
    let first = after.first().context("something was taken after the outage")?;
    ensure!(!first.is_replay(), "the first one is marked: {first}");
    let newest = moment(first)?;
    let backlog: Vec<_> = after.iter().filter(|record| record.is_replay()).collect();
    ensure!(!backlog.is_empty(), "nothing was marked");
    let mut waited = false;
    for record in records.iter().filter(|record| record.signal == Some(Signal::Metrics)) {
        let exports = record.exports().len();
        ensure!(record.is_replay() || exports == 1, "{exports} exports in one live request: {record}");
    }
    for record in backlog {
        let moments = points([*record])?.moments();
        ensure!(moments.iter().all(|at| *at < newest), "newer than the first one: {record}");
        waited |= moments.iter().any(|at| *at > left);
    }
    ensure!(waited, "nothing of the outage was marked");
    Ok(())
}

fn came_after(record: &Record, at: u64) -> bool {
    record.arrived.duration_since(UNIX_EPOCH).is_ok_and(|arrived| arrived > Duration::from_millis(at))
}

/// Requests of metrics that the agent was told are taken.
fn acknowledged(records: &[Record]) -> impl Iterator<Item = &Record> {
    records.iter().filter(|record| record.signal == Some(Signal::Metrics) && record.is_acknowledged())
}

fn points<'a>(records: impl IntoIterator<Item = &'a Record>) -> Result<Points> {
    Points::of(records.into_iter().filter_map(Record::metrics), &Catalogue::load()?)
}

/// When the newest export of a request was made.
fn moment(record: &Record) -> Result<u64> {
    points([record])?.moments().last().copied().with_context(|| format!("no points in {record}"))
}
