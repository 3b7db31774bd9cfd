//! Memory and CPU time of `sortie run` while nothing happens.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use e2e::agent::Stage;
use e2e::config;
use e2e::plan::Node;
use e2e::scenario::{Engine, Scenario};
use e2e::trial::Network;

use crate::process::Process;
use crate::sheet::Sheet;
use crate::unit::{MEBIBYTES, MILLISECONDS, PERCENT_OF_A_CORE, SECONDS};

const BUDGET_MEBIBYTES: f64 = 8.0;
const BUDGET_PERCENT: f64 = 0.05;

/// When the first sitting of the jury is over for sure and no sentinel has looked yet.
const SETTLED: Duration = Duration::from_secs(20);

/// How often the jury sits anyway, for the greetings of an open port (`probe.greeting_interval`).
const JURY_INTERVAL: Duration = Duration::from_secs(15 * 60);

const HOUR: Duration = Duration::from_secs(3600);
const PERCENT: f64 = 100.0;
const MILLISECONDS_PER_SECOND: f64 = 1e3;

pub(crate) fn measure(watched: Duration, stage: &Stage, sheet: &mut Sheet) -> Result<()> {
    let scenario = Scenario::parse("open", include_str!("check/open.toml"))?;
    let network = Network::build(&scenario)?;
    let desk = stage.desk()?;
    let [config_file, log] = ["config.toml", "log"].map(|name| desk.state_dir().join(name));
    fs::write(&config_file, config::text(&scenario, Engine::Raw, &desk.state_dir())?)
        .context("failed to write the configuration")?;

    let arguments = ["run", "--config", &config_file.to_string_lossy()];
    let started = Instant::now();
    let mut process = Process::start(&stage.binary(), &arguments, network.chain().node(Node::Vm)?, &log)?;
    process.live_until(started + SETTLED)?;
    let (start, settled) = (process.cpu_time()?, Instant::now());
    process.live_until(started + watched)?;
    let steady = share(process.cpu_time()?.saturating_sub(start), settled.elapsed());
    // The start of the process cost more than a sitting alone, so the sum is an upper bound.
    let with_jury = steady + share(start, JURY_INTERVAL);

    let minutes = watched.as_secs_f64() / 60.0;
    let name = format!("PSS after {minutes} min");
    sheet.against(&name, process.memory("Pss")?, BUDGET_MEBIBYTES, MEBIBYTES)?;
    sheet.figure("  RSS, pages shared with other programs in full", process.memory("Rss")?, MEBIBYTES)?;
    sheet.figure("  of it written to, its own alone", process.memory("Private_Dirty")?, MEBIBYTES)?;
    let start = start.as_secs_f64() * MILLISECONDS_PER_SECOND;
    sheet.figure("CPU time of start and first sitting", start, MILLISECONDS)?;
    sheet.figure("CPU between sittings, of one core", steady * PERCENT, PERCENT_OF_A_CORE)?;
    let name = "CPU with a sitting each quarter of an hour, of one core";
    sheet.against(name, with_jury * PERCENT, BUDGET_PERCENT, PERCENT_OF_A_CORE)?;
    sheet.figure("  the same as CPU time for each hour", with_jury * HOUR.as_secs_f64(), SECONDS)?;
    let log = fs::read_to_string(&log).context("failed to read the log")?;
    log.lines().filter(|line| line.contains("WARN")).try_for_each(|line| sheet.remark(line))?;
    Ok(())
}

/// Of one core.
fn share(cpu: Duration, time: Duration) -> f64 {
    cpu.as_secs_f64() / time.as_secs_f64()
}
