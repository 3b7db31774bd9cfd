//! What a fleet costs those who stand behind it: the gateway, and a Prometheus with every rule that we ship.
//!
//! The agents are simulated, the bytes, the gateway, Prometheus and the rules are real. CPU time is that of the programs
//! themselves, so a figure holds also where other programs had most of the machine.

use std::cmp::Reverse;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use e2e::agent::Stage;
use e2e::backend::{Backend, Collector, Prometheus, Service, Watch};
use e2e::fleet::{Fleet, Pace, Scenario, Settings};
use e2e::netns;
use e2e::otlp::Protocol;
use nix::time::{ClockId, clock_gettime};

use crate::sheet::Sheet;
use crate::unit::{
    A_SECOND, BYTES, COUNT, KIBIBYTES, MEBIBYTES, MICROSECONDS, MILLISECONDS, PERCENT_OF_AN_INTERVAL,
};

/// The default of `otlp.interval`.
const INTERVAL: Duration = Duration::from_secs(60);
/// Exports of each agent before anything is measured: the first makes the series.
const WARMING: u32 = 2;
/// Exports of each agent that are measured.
const MEASURED: u32 = 2;
/// Of the largest fleet that Sortie is made for.
const LARGE: f64 = 100_000.0;
/// Queues are empty in the end, or the machine was too small for so many agents.
const PATIENCE: Duration = Duration::from_secs(120);
const MICROSECONDS_PER_SECOND: f64 = 1e6;
const BYTES_PER_MEBIBYTE: f64 = 1_048_576.0;
const BYTES_PER_KIBIBYTE: f64 = 1024.0;
const PERCENT: f64 = 100.0;
/// Groups of rules that are named, the slowest first.
const NAMED: usize = 3;
/// Machines whose series are counted.
const COUNTED: usize = 20;
/// How the series of the histogram begin that has one for each destination: what a lean gateway drops.
const BY_DESTINATION: &str = "sortie_probe_handshake_duration_seconds";

pub(crate) fn measure(agents: usize, sheet: &mut Sheet) -> Result<()> {
    let stage = Stage::empty()?;
    let (namespace, desk) = (netns::alone("fleet")?, stage.desk()?);
    let mut backend = Backend::start_watched(
        &Watch { every: INTERVAL, hurry: 1, tells: None },
        &namespace,
        &desk.state_dir(),
    )?;
    let before = resident()?;
    let scenario = Scenario::load("benchmark")?.scaled_to(agents);
    let endpoint = format!("http://{}", Collector::address(Protocol::Http));
    let settings = Settings { remembers: false, ..Settings::to(endpoint, Pace::real()) };
    let fleet = Fleet::start(&namespace, scenario, &settings)?;
    fleet.reach(INTERVAL * WARMING)?;

    let began = Costs::of(&mut backend, &fleet)?;
    fleet.reach(INTERVAL * (WARMING + MEASURED))?;
    let spent = Costs::of(&mut backend, &fleet)?.since(&began);
    ensure!(spent.exports > 0.0, "nothing was exported");
    let agents = agents as f64;
    let statistics = fleet.statistics();
    for (ending, count) in
        statistics.endings.iter().filter(|(ending, count)| !ending.is_empty() && **count > 0)
    {
        sheet.remark(&format!("{count} requests ended otherwise: {ending}"))?;
    }
    sheet.figure("agents", agents, COUNT)?;
    sheet.figure(
        "  memory of the simulator for each",
        (resident()? - before) / agents / BYTES_PER_KIBIBYTE,
        KIBIBYTES,
    )?;
    let of_simulator = spent.simulator.as_secs_f64() / spent.exports;
    sheet.figure(
        "  CPU time of the simulator for each export",
        of_simulator * MICROSECONDS_PER_SECOND,
        MICROSECONDS,
    )?;
    sheet.figure("exports", spent.exports / spent.time.as_secs_f64(), A_SECOND)?;
    sheet.figure("  as they travel, each", spent.bytes / spent.exports, BYTES)?;
    sheet.figure(
        "  until they are acknowledged: median, below",
        milliseconds(statistics.latency(0.5)),
        MILLISECONDS,
    )?;
    sheet.figure("  99th percentile, below", milliseconds(statistics.latency(0.99)), MILLISECONDS)?;

    let of_gateway = spent.gateway.as_secs_f64() / spent.exports;
    let of_prometheus = spent.prometheus.as_secs_f64() / spent.exports;
    sheet.figure("gateway, CPU time of an export", of_gateway * MICROSECONDS_PER_SECOND, MICROSECONDS)?;
    sheet.figure("  exports a second and core", 1.0 / of_gateway, A_SECOND)?;
    sheet.figure("  memory (PSS)", memory(backend.collector.service())?, MEBIBYTES)?;
    let series = series(&backend.prometheus, &fleet)?;
    series.print(sheet)?;
    let stored = memory(backend.prometheus.service())?;
    sheet.figure(
        "Prometheus, CPU time of an export, rules included",
        of_prometheus * MICROSECONDS_PER_SECOND,
        MICROSECONDS,
    )?;
    sheet.figure("  memory (PSS)", stored, MEBIBYTES)?;
    sheet.figure("  memory of a VM", stored * BYTES_PER_MEBIBYTE / agents / BYTES_PER_KIBIBYTE, KIBIBYTES)?;
    let rules = rules(&backend.prometheus)?;
    sheet.figure("rules, one evaluation of all groups", milliseconds(rules.all), MILLISECONDS)?;
    for (group, took) in rules.slowest.iter().take(NAMED) {
        sheet.figure(&format!("  of it {group}"), milliseconds(*took), MILLISECONDS)?;
    }
    sheet.figure("  of the interval of a group, at most", rules.part * PERCENT, PERCENT_OF_AN_INTERVAL)?;
    fleet.settle(PATIENCE)?;
    let lost = fleet.statistics().lost;
    ensure!(lost == 0, "{lost} exports were lost");

    let times = LARGE / agents;
    let exports = LARGE / INTERVAL.as_secs_f64();
    sheet.remark(&format!(
        "{LARGE} agents by the same figures, if every cost grows as their number does: {exports:.0} exports a second, \
         {:.1} cores of gateways, {:.1} cores, {:.1} GiB and {:.1} million series of Prometheus; rules {:.1} s",
        exports * of_gateway,
        exports * of_prometheus,
        stored * times / 1024.0,
        series.a_vm * LARGE / 1e6,
        rules.all.as_secs_f64() * times,
    ))?;
    sheet.remark("memory of Prometheus is that of its first minutes: before the first block is cut, after two hours, it has more")?;
    Ok(())
}

/// What was spent until some moment.
struct Costs {
    at: Instant,
    time: Duration,
    exports: f64,
    bytes: f64,
    simulator: Duration,
    gateway: Duration,
    prometheus: Duration,
}

impl Costs {
    fn of(backend: &mut Backend<'_>, fleet: &Fleet) -> Result<Self> {
        let statistics = fleet.statistics();
        Ok(Self {
            at: Instant::now(),
            time: Duration::ZERO,
            exports: statistics.made as f64,
            bytes: statistics.bytes as f64,
            simulator: clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID)?.into(),
            gateway: backend.collector.service().cpu_time()?,
            prometheus: backend.prometheus.service().cpu_time()?,
        })
    }

    fn since(&self, before: &Self) -> Self {
        Self {
            at: self.at,
            time: self.at.saturating_duration_since(before.at),
            exports: self.exports - before.exports,
            bytes: self.bytes - before.bytes,
            simulator: self.simulator.saturating_sub(before.simulator),
            gateway: self.gateway.saturating_sub(before.gateway),
            prometheus: self.prometheus.saturating_sub(before.prometheus),
        }
    }
}

/// Series of agents in Prometheus.
struct Series {
    a_vm: f64,
    /// Without the histogram by destination.
    lean: f64,
}

impl Series {
    fn print(&self, sheet: &mut Sheet) -> Result<()> {
        sheet.figure("series of a VM, full", self.a_vm, COUNT)?;
        sheet.figure("  lean: without the histogram of each destination", self.lean, COUNT)?;
        Ok(())
    }
}

/// By some machines, evenly spaced: to count all of a large fleet is more than Prometheus answers in time.
fn series(prometheus: &Prometheus<'_>, fleet: &Fleet) -> Result<Series> {
    let vms = &fleet.script().population.vms;
    let every = (vms.len() / COUNTED).max(1);
    let (mut all, mut by_destination, mut machines) = (0.0, 0.0, 0.0);
    for vm in vms.iter().step_by(every) {
        let of_machine = prometheus.series(&format!("{{host_id=\"{}\"}}", vm.host_id))?;
        let of_histogram = of_machine.iter().filter(|series| series.name().starts_with(BY_DESTINATION));
        by_destination += of_histogram.count() as f64;
        all += of_machine.len() as f64;
        machines += 1.0;
    }
    Ok(Series { a_vm: all / machines, lean: (all - by_destination) / machines })
}

/// The latest evaluation of rules, in real time.
struct Rules {
    all: Duration,
    /// By group, the slowest first.
    slowest: Vec<(String, Duration)>,
    /// The largest part of its interval that a group took.
    part: f64,
}

fn rules(prometheus: &Prometheus<'_>) -> Result<Rules> {
    let groups = prometheus.rule_groups()?;
    let groups = groups.as_array().context("rules are in groups")?;
    ensure!(!groups.is_empty(), "there are no rules");
    let (mut slowest, mut part) = (Vec::new(), 0.0_f64);
    for group in groups {
        let seconds = |key: &str| group[key].as_f64().with_context(|| format!("a group has a {key}"));
        let took = seconds("evaluationTime")?;
        part = part.max(took / seconds("interval")?);
        slowest.push((group["name"].as_str().unwrap_or_default().to_owned(), Duration::from_secs_f64(took)));
    }
    slowest.sort_by_key(|(_, took)| Reverse(*took));
    let all = slowest.iter().map(|(_, took)| *took).sum();
    Ok(Rules { all, slowest, part })
}

fn memory(service: &Service<'_>) -> Result<f64> {
    service.memory("Pss")
}

/// Of this process, in bytes.
fn resident() -> Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS in status")?;
    let kibibytes: f64 = line.trim().trim_end_matches(" kB").trim().parse()?;
    Ok(kibibytes * BYTES_PER_KIBIBYTE)
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
