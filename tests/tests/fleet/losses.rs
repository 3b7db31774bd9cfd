//! That nothing is lost on the way, whoever fails: every point that an agent emitted, compared with what Prometheus has.

use std::thread;
use std::time::Duration;

use anyhow::{Result, ensure};
use e2e::fleet::{Fate, Fleet};
use e2e::notified::Alert;

use crate::world::{Job, World, in_the_end};

pub(crate) const JOBS: &[(&str, Job)] = &[
    ("a_gateway_that_is_killed_loses_nothing", gateway),
    ("half_an_hour_without_prometheus_loses_nothing", outage),
    ("wrong_clocks_cost_nobody_else_a_sample_and_are_named", clocks),
];

/// What agents send: what rules record and what the gateway counts is nobody's.
const OURS: &str = r#"{__name__=~"sortie_.+|process_.+",host_id!="",__name__!~"sortie_gateway_.+"}"#;
/// How often the gateway is killed, and how many minutes of the story lie between.
const KILLS: u32 = 6;
const APART: u32 = 4;
/// Virtual seconds in a real one: forty minutes in one.
const SPEED: f64 = 40.0;
/// When Prometheus goes and when it is back, in minutes of the story.
const OUTAGE: (u32, u32) = (5, 35);
const MINUTE: Duration = Duration::from_secs(60);

fn gateway(world: &mut World<'_>) -> Result<()> {
    let fleet = world.plays(include_str!("stories/quiet.toml"))?;
    for kill in 1..=KILLS {
        world.reach(&fleet, kill * APART)?;
        world.backend.collector.service().kill()?;
        // Some agents find nobody there.
        thread::sleep(world.minutes(1));
        world.backend.collector.service().start()?;
    }
    world.reach(&fleet, (KILLS + 2) * APART)?;
    require_all_stored(world, &fleet)
}

fn outage(world: &mut World<'_>) -> Result<()> {
    let fleet = world.catches_up(include_str!("stories/quiet.toml"), SPEED)?;
    let (gone, back) = OUTAGE;
    fleet.reach(gone * MINUTE)?;
    world.backend.prometheus.service().kill()?;
    fleet.reach(back * MINUTE)?;
    world.backend.prometheus.service().start()?;
    fleet.reach(fleet.script().scenario.length)?;
    require_all_stored(world, &fleet)
}

fn clocks(world: &mut World<'_>) -> Result<()> {
    let fleet = world.plays(include_str!("stories/clocks.toml"))?;
    world.reach(&fleet, 20)?;
    let script = fleet.script();
    let wrong: Vec<_> =
        script.population.vms.iter().filter(|vm| script.clock_off(vm, fleet.now()) != 0).collect();
    ensure!(!wrong.is_empty(), "no clock is wrong");
    let named = |alert: &Alert, host: &str| alert.labels.get("host_name").is_some_and(|name| name == host);
    for vm in &wrong {
        world.desk.wait(&format!("a ticket that names {}", vm.host_name), |told| {
            told.path == "/ticket"
                && told.name() == "SortieAgentClockWrong"
                && told.alerts.iter().any(|alert| named(alert, &vm.host_name))
        })?;
    }
    let told = world.desk.told()?;
    let alerts =
        told.iter().filter(|told| told.name() == "SortieAgentClockWrong").flat_map(|told| &told.alerts);
    for alert in alerts {
        ensure!(wrong.iter().any(|vm| named(alert, &vm.host_name)), "an innocent is named: {alert:?}");
    }
    let innocent = |agent: usize| wrong.iter().all(|vm| vm.number != agent);
    let emitted = fleet.emitted();
    let lost = emitted
        .records()
        .iter()
        .find(|record| innocent(record.agent) && matches!(record.fate, Fate::Lost(_)));
    ensure!(lost.is_none(), "an innocent has lost something: {lost:?}");
    let taken = emitted.those(|record| innocent(record.agent) && record.fate == Fate::Taken).points()?;
    ensure!(taken.count() > 0, "nobody has sent anything");
    taken.require_within(&world.backend.prometheus.points(OURS)?, ["what innocents sent", "Prometheus"])
}

/// Requires that what agents emitted until now is taken in the end, and that Prometheus has it, and nothing else. They go
/// on meanwhile.
fn require_all_stored(world: &World<'_>, fleet: &Fleet) -> Result<()> {
    let until_now = fleet.emitted().records().len();
    in_the_end(|| {
        let emitted = fleet.emitted();
        let waits = emitted.records()[..until_now].iter().find(|record| record.fate != Fate::Taken);
        ensure!(waits.is_none(), "not taken: {waits:?}");
        Ok(())
    })?;
    let before = fleet.emitted();
    let stored = world.backend.prometheus.points(OURS)?;
    let after = fleet.emitted();
    let (taken, made) = (before.taken().points()?, after.points()?);
    ensure!(taken.count() > 0, "nobody has sent anything");
    taken.require_within(&stored, ["what was taken", "Prometheus"])?;
    stored.require_within(&made, ["Prometheus", "what was sent"])
}
