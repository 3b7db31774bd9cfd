//! That nothing is lost on the way, whoever fails: every point that an agent emitted, compared with what Prometheus has.

use std::collections::{BTreeMap, BTreeSet};
use std::thread;
use std::time::Duration;

use anyhow::{Result, ensure};
use e2e::fleet::{Emitted, Fate, Fleet};
use e2e::notified::Alert;

use crate::world::{Job, World, in_the_end};

pub(crate) const JOBS: &[(&str, Job)] = &[
    ("a_gateway_that_is_killed_loses_nothing", gateway),
    ("half_an_hour_without_prometheus_loses_nothing", outage),
    ("wrong_clocks_cost_nobody_else_a_sample_and_are_named", clocks),
];

/// What the gateway counts under an agent's name, and what Prometheus makes of a resource.
const OTHERS: &str = "sortie_gateway_.+|target_info";
/// One of so many agents is compared sample by sample.
const COMPARED: usize = 25;
/// How often the gateway is killed, and how many minutes of the story lie between.
const KILLS: u32 = 6;
const APART: u32 = 4;
/// Virtual seconds in a real one: forty minutes in one.
const SPEED: f64 = 40.0;
/// When Prometheus goes and when it is back, in minutes of the story.
const OUTAGE: (u32, u32) = (5, 35);
const MINUTE: Duration = Duration::from_secs(60);

fn gateway(world: &mut World<'_>) -> Result<()> {
    let fleet = world.plays("quiet")?;
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
    let fleet = world.catches_up("quiet", SPEED)?;
    let (gone, back) = OUTAGE;
    fleet.reach(gone * MINUTE)?;
    world.backend.prometheus.service().kill()?;
    fleet.reach(back * MINUTE)?;
    world.backend.prometheus.service().start()?;
    fleet.reach(fleet.script().scenario.length)?;
    require_all_stored(world, &fleet)
}

fn clocks(world: &mut World<'_>) -> Result<()> {
    let fleet = world.plays("clocks")?;
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
    require_stored(world, &fleet, &fleet.emitted().those(|record| innocent(record.agent)))
}

/// Requires that what agents emitted until now is taken in the end, and that Prometheus has it, and nothing else. They go
/// on meanwhile.
fn require_all_stored(world: &World<'_>, fleet: &Fleet) -> Result<()> {
    require_stored(world, fleet, &fleet.emitted())
}

/// As [`require_all_stored`], of these exports: the samples of every agent are counted, and those of some are compared one
/// by one.
fn require_stored(world: &World<'_>, fleet: &Fleet, sent: &Emitted) -> Result<()> {
    let agents: BTreeSet<_> = sent.records().iter().map(|record| record.agent).collect();
    let until_now = fleet.emitted().records().len();
    in_the_end(|| {
        let emitted = fleet.emitted();
        let of_these = emitted.records()[..until_now].iter().filter(|record| agents.contains(&record.agent));
        let waits = of_these.clone().find(|record| record.fate != Fate::Taken);
        ensure!(waits.is_none(), "not taken: {waits:?}");
        ensure!(of_these.count() > 0, "nobody has sent anything");
        Ok(())
    })?;
    let taken = fleet.emitted().taken();
    let stored = world.backend.prometheus.samples_by_host()?;
    let made = fleet.emitted();
    let vms = &fleet.script().population.vms;
    let (taken_samples, made_samples) = (taken.samples(), made.samples());
    for agent in &agents {
        let of = |samples: &BTreeMap<usize, usize>| samples.get(agent).copied().unwrap_or_default();
        let (at_least, at_most) = (of(&taken_samples), of(&made_samples));
        let count = stored.get(&vms[*agent].host_id).copied().unwrap_or_default();
        ensure!(
            (at_least..=at_most).contains(&count),
            "{at_least} samples of agent {agent} were taken and {at_most} made, {count} are stored"
        );
    }
    for agent in agents.iter().copied().step_by(COMPARED) {
        let selector = format!("{{host_id=\"{}\",__name__!~\"{OTHERS}\"}}", vms[agent].host_id);
        let before = fleet.emitted().of_agent(agent).taken().points()?;
        let stored = world.backend.prometheus.points(&selector)?;
        let after = fleet.emitted().of_agent(agent).points()?;
        before.require_within(&stored, ["what was taken", "Prometheus"])?;
        stored.require_within(&after, ["Prometheus", "what was sent"])?;
    }
    Ok(())
}
