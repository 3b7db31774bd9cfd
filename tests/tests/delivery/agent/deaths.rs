//! Kills at moments that nobody chose.
//!
//! The agent's account of what it exported is the witness: whatever it ever tried to send was durable before, so it has to
//! arrive, whoever is killed when. That it tried everything is seen by the moments of its exports: within a life there is
//! no gap.

use std::collections::BTreeMap;
use std::ops::Range;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use e2e::backend::Collector;
use e2e::ledger::Points;
use e2e::otlp::{Message, Protocol, Signal};
use e2e::receiver::{Record, Step};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::ResourceMetrics;
use prost::Message as _;

use super::{Case, GAP};
use crate::kills_wanted;
use crate::world::{Way, World, in_the_end, milliseconds};

/// Lives of the agent last up to this long: none to some exports.
const LIFE: Duration = Duration::from_secs(8);

pub(super) const CASES: &[Case] = &[
    ("an_agent_that_is_killed_loses_nothing_that_it_ever_tried_to_send", Way::Http, "", |world| {
        deaths(world, |world, life| {
            let forward = Step::Forward(Collector::address(Protocol::Http));
            // What is not taken, and what is and is not said to be, waits for the next life.
            let steps = match life % 3 {
                0 => vec![Step::status(503); 3],
                1 => vec![forward.unsaid(); 2],
                _ => vec![forward.after(LIFE / 8); 2],
            };
            world.witness.play(steps);
            Ok(())
        })
    }),
    ("agent_collector_and_prometheus_are_killed_and_nothing_is_lost", Way::Http, "", |world| {
        deaths(world, |world, life| {
            let service = if life % 2 == 0 {
                world.backend.collector.service()
            } else {
                world.backend.prometheus.service()
            };
            service.kill()?;
            thread::sleep(LIFE.mul_f64(fastrand::f64()) / 4);
            service.start()
        })
    }),
];

/// Kills the agent again and again, with something else that happens in each of its lives.
fn deaths(world: &mut World<'_>, happens: fn(&mut World<'_>, u32) -> Result<()>) -> Result<()> {
    let mut lives = Vec::new();
    for life in 0..kills_wanted()? {
        let agent = world.agent()?;
        let began = milliseconds()?;
        thread::sleep(LIFE.mul_f64(fastrand::f64()) / 2);
        happens(world, life)?;
        thread::sleep(LIFE.mul_f64(fastrand::f64()) / 2);
        // Its process is killed (SIGKILL) when it is let go of.
        drop(agent);
        lives.push(began..milliseconds()?);
    }
    let mut agent = world.agent()?;
    agent.until("open")?;
    in_the_end(|| {
        require_no_gap(&world.sent()?, &lives)?;
        require_all_taken(&world.witness.records())
    })?;
    world.until_all_is_told(&agent)?;
    world.until_all_is_stored(&agent)?;
    require_one_encoding(&world.witness.records())
}

/// What was sent of each life has no gap but at its ends.
fn require_no_gap(sent: &Points, lives: &[Range<u64>]) -> Result<()> {
    let moments = sent.moments();
    for life in lives {
        let of_life: Vec<_> = moments.iter().filter(|at| life.contains(at)).collect();
        let gap = of_life.windows(2).find(|pair| pair[1] - pair[0] > GAP);
        ensure!(gap.is_none(), "exports are missing between {gap:?}");
    }
    Ok(())
}

/// Every export that was ever sent was acknowledged at least once.
fn require_all_taken(records: &[Record]) -> Result<()> {
    let taken: Vec<_> =
        records.iter().filter(|record| record.is_acknowledged()).flat_map(Record::exports).collect();
    for record in records {
        let open = record.exports().iter().filter(|export| !taken.contains(export)).count();
        ensure!(open == 0, "{open} exports were never taken: {record}");
    }
    Ok(())
}

/// One export has the same bytes in every copy, in every life.
fn require_one_encoding(records: &[Record]) -> Result<()> {
    let mut by_moment = BTreeMap::new();
    for export in records.iter().filter(|it| it.signal == Some(Signal::Metrics)).flat_map(Record::exports) {
        let moment = moment_of(&export)?;
        let told = by_moment.entry(moment).or_insert_with(|| export.clone());
        ensure!(*told == export, "two encodings of the export at {moment}");
    }
    Ok(())
}

/// When the first point of an export was taken, in nanoseconds.
fn moment_of(export: &[u8]) -> Result<u64> {
    let of_host = ResourceMetrics::decode(export)?;
    let points = Message::Metrics(ExportMetricsServiceRequest { resource_metrics: vec![of_host] });
    points.moment().context("an export has points")
}
