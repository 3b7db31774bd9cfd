//! The fleet simulator against a real gateway and a real Prometheus: what its agents show is the truth, and what they
//! exported is what is stored.
//!
//! Needs root, and what `tests/backends` builds.

use std::sync::LazyLock;
use std::time::Duration;

use anyhow::{Result, ensure};
use e2e::agent::Stage;
use e2e::backend::{Backend, Collector, Gateway, Overlay};
use e2e::fleet::{Fleet, Pace, Scenario, Settings};
use e2e::ledger::Catalogue;
use e2e::netns;
use e2e::otlp::Protocol;
use sortie_core::verdict::State;

const MINUTE: Duration = Duration::from_secs(60);
/// A busy machine falls behind a story that is told this fast.
const PATIENCE: Duration = Duration::from_secs(300);
/// Series that every agent has.
const ALWAYS: [&str; 3] = ["sortie_port_status", "sortie_probe_attempts_total", "sortie_agent_info"];
/// One of so many agents is compared sample by sample.
const COMPARED: usize = 25;

static STAGE: LazyLock<Stage> = LazyLock::new(|| Stage::prepare_empty().expect("there is a stage"));

#[test]
fn a_block_of_forty_minutes_is_told_in_one_and_everything_arrives() {
    run().unwrap_or_else(|error| panic!("{error:#}"));
}

fn run() -> Result<()> {
    let (namespace, desk) = (netns::alone("fleet")?, STAGE.desk()?);
    let backend = Backend::start_with(&Gateway::of_the_past(), &namespace, &desk.state_dir())?;
    let scenario = Scenario::load("type")?;
    let pace = Pace::ending_now(scenario.length, 40.0);
    let settings = Settings::to(format!("http://{}", Collector::address(Protocol::Http)), pace);
    let fleet = Fleet::start(&namespace, scenario, &settings)?;
    for (minute, open, blocked) in [(9, 120, 0), (20, 0, 120)] {
        fleet.reach(minute * MINUTE)?;
        let truth = fleet.truth_at(minute * MINUTE);
        ensure!([truth.of("prod", State::Open), truth.of("prod", State::PlatformBlocked)] == [open, blocked]);
        fleet.agree(PATIENCE)?;
    }
    fleet.reach(40 * MINUTE)?;
    fleet.settle(PATIENCE)?;
    let emitted = fleet.emitted().taken();
    let hosts: Vec<_> = fleet.script().population.vms.iter().map(|vm| vm.host_id.clone()).collect();
    drop(fleet);

    // Every sample of everybody is counted, and those of some are compared one by one.
    let stored = backend.prometheus.samples_by_host()?;
    for (agent, samples) in emitted.samples() {
        let count = stored.get(&hosts[agent]).copied().unwrap_or_default();
        ensure!(count == samples, "{samples} samples of agent {agent}, {count} are stored");
    }
    for agent in (0..hosts.len()).step_by(COMPARED) {
        let made = emitted.of_agent(agent).points()?;
        let stored = backend
            .prometheus
            .points(&format!("{{host_id=\"{}\",__name__!=\"target_info\"}}", hosts[agent]))?;
        made.require_same(&stored, ["what was acknowledged", "Prometheus"])?;
    }
    emitted.events()?.require_same(&backend.events()?, ["what was acknowledged", "the backend"])?;
    Ok(())
}

#[test]
fn a_lean_gateway_keeps_everything_but_the_histogram_of_handshakes() {
    let lean = || {
        let (namespace, desk) = (netns::alone("lean")?, STAGE.desk()?);
        let gateway = Gateway { overlays: vec![Overlay::Shipped("lean.yaml")], ..Gateway::default() };
        let backend = Backend::start_with(&gateway, &namespace, &desk.state_dir())?;
        let scenario = Scenario::load("benchmark")?.scaled_to(10);
        let pace = Pace::ending_now(5 * MINUTE, 20.0);
        let settings = Settings::to(format!("http://{}", Collector::address(Protocol::Http)), pace);
        let fleet = Fleet::start(&namespace, scenario, &settings)?;
        fleet.reach(5 * MINUTE)?;
        fleet.settle(PATIENCE)?;
        let stored = backend.prometheus.series("{host_id!=\"\",__name__!=\"target_info\"}")?;
        let is_lean = |name: &str| !name.starts_with("sortie_probe_handshake_duration");
        ensure!(stored.iter().all(|series| is_lean(series.name())), "the histogram is stored");
        for name in Catalogue::load()?.series().filter(|name| ALWAYS.contains(name)) {
            ensure!(stored.iter().any(|series| series.name() == name), "{name} is not stored");
        }
        anyhow::Ok(())
    };
    lean().unwrap_or_else(|error| panic!("{error:#}"));
}
