//! What a fleet costs those who stand behind it: the gateway, and a Prometheus with every rule that we ship.
//!
//! The agents are simulated, the bytes, the gateway, Prometheus and the rules are real. CPU time is that of the programs
//! themselves, so a figure holds also where other programs had most of the machine.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use e2e::agent::Stage;
use e2e::backend::{Backend, Collector, Prometheus, Service, Watch};
use e2e::fleet::{Fleet, Pace, Scenario, Settings};
use e2e::netns;
use e2e::otlp::Protocol;
use serde_json::Value;

use crate::sheet::Sheet;
use crate::unit::{
    A_SECOND, BYTES, COUNT, KIBIBYTES, MEBIBYTES, MICROSECONDS, MILLISECONDS, PERCENT_OF_A_CORE,
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
/// Labels of a series as the metrics say them: those that only histograms by destination have.
const BY_DESTINATION: &str = "sortie_probe_handshake_duration_seconds";

pub(crate) fn measure(agents: usize, sheet: &mut Sheet) -> Result<()> {
    let stage = Stage::empty()?;
    let (namespace, desk) = (netns::alone("fleet")?, stage.desk()?);
    let mut backend =
        Backend::start_watched(&Watch { every: INTERVAL, hurry: 1 }, &namespace, &desk.state_dir())?;
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
    let series = series(&backend.prometheus, agents)?;
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
    sheet.figure("rules, one evaluation of all groups", milliseconds(rules.0), MILLISECONDS)?;
    sheet.figure("  of the interval of each", rules.1 * 100.0, PERCENT_OF_A_CORE)?;
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
        series.all * times / 1e6,
        rules.0.as_secs_f64() * times,
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
            gateway: self.gateway.saturating_sub(before.gateway),
            prometheus: self.prometheus.saturating_sub(before.prometheus),
        }
    }
}

/// Series of agents in Prometheus.
struct Series {
    all: f64,
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

fn series(prometheus: &Prometheus<'_>, agents: f64) -> Result<Series> {
    let count = |selector: &str| number(&prometheus.query(&format!("count({selector})"))?);
    let of_agents = "{host_id!=\"\"}";
    let all = count(of_agents)?;
    let by_destination =
        count(&format!("{{__name__=~\"{BY_DESTINATION}_(bucket|sum|count)\", host_id!=\"\"}}"))?;
    Ok(Series { all, a_vm: all / agents, lean: (all - by_destination) / agents })
}

/// How long all groups of rules took last, and the largest part of its interval that one took.
fn rules(prometheus: &Prometheus<'_>) -> Result<(Duration, f64)> {
    let groups = prometheus.rule_groups()?;
    let groups = groups.as_array().context("rules are in groups")?;
    ensure!(!groups.is_empty(), "there are no rules");
    let mut all = 0.0;
    let mut part: f64 = 0.0;
    for group in groups {
        let seconds = |key: &str| group[key].as_f64().with_context(|| format!("a group has a {key}"));
        let took = seconds("evaluationTime")?;
        all += took;
        part = part.max(took / seconds("interval")?);
    }
    Ok((Duration::from_secs_f64(all), part))
}

fn number(vector: &Value) -> Result<f64> {
    let text = vector[0]["value"][1].as_str().context("a query for one number finds one")?;
    Ok(text.parse()?)
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
