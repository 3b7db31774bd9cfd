//! Memory and CPU time of `sortie run` while nothing happens, alone and with viewers of its page.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use e2e::agent::{Daemon, PAGE, Stage};
use e2e::http;
use e2e::plan::Node;
use e2e::scenario::{Engine, Scenario};
use e2e::trial::Network;

use crate::memory::Memory;
use crate::sheet::Sheet;
use crate::spread::Spread;
use crate::unit::{KIBIBYTES, MEBIBYTES, MILLISECONDS, PERCENT_OF_A_CORE, SECONDS};
use crate::viewer::{self, Weight};

pub(crate) const BUDGET_MEBIBYTES: f64 = 8.0;
pub(crate) const BUDGET_PERCENT: f64 = 0.05;

/// When the first sitting of the jury is over for sure and no sentinel has looked yet.
pub(crate) const SETTLED: Duration = Duration::from_secs(20);

/// How often the jury sits anyway, for the greetings of an open port (`probe.greeting_interval`).
const JURY_INTERVAL: Duration = Duration::from_secs(15 * 60);

const HOUR: Duration = Duration::from_secs(3600);
const PERCENT: f64 = 100.0;
const MILLISECOND: f64 = 1e3;
const KIBIBYTE: f64 = 1024.0;

/// People who look at the page at once.
const VIEWERS: usize = 3;

const SCRAPES: usize = 20;
const SCRAPE_PAUSE: Duration = Duration::from_millis(1_100);

pub(crate) fn measure(watched: Duration, stage: &Stage, sheet: &mut Sheet) -> Result<()> {
    let (alone, viewed) = std::thread::scope(|scope| {
        let alone = scope.spawn(|| watch(watched, 0, stage));
        let viewed = scope.spawn(|| watch(watched, VIEWERS, stage));
        let joined = |watch: std::thread::ScopedJoinHandle<'_, _>| {
            watch.join().unwrap_or_else(|_| anyhow::bail!("the watch panicked"))
        };
        anyhow::Ok((joined(alone)?, joined(viewed)?))
    })?;
    let minutes = watched.as_secs_f64() / 60.0;
    print(&alone, &format!("after {minutes} min, page and metrics on"), sheet)?;
    print(&viewed, &format!("after {minutes} min, {VIEWERS} viewers of the page"), sheet)?;
    let (html, assets) = (alone.page.html as f64, alone.page.assets as f64);
    sheet.figure("page: HTML", html / KIBIBYTE, KIBIBYTES)?;
    sheet.figure("page: style, script and icon", assets / KIBIBYTE, KIBIBYTES)?;
    sheet.figure("scrape of /metrics: size", alone.metrics as f64 / KIBIBYTE, KIBIBYTES)?;
    let scrapes = &alone.scrapes;
    sheet.figure(
        "scrape of /metrics: median time",
        scrapes.percentile(50).as_secs_f64() * MILLISECOND,
        MILLISECONDS,
    )?;
    sheet.figure("  p99", scrapes.percentile(99).as_secs_f64() * MILLISECOND, MILLISECONDS)?;
    Ok(())
}

/// What one agent cost.
struct Cost {
    memory: Memory,
    start: Duration,
    steady: f64,
    page: Weight,
    metrics: usize,
    scrapes: Spread,
    warnings: Vec<String>,
}

fn watch(watched: Duration, viewers: usize, stage: &Stage) -> Result<Cost> {
    let scenario = Scenario::parse("open", include_str!("check/open.toml"))?;
    let network = Network::build(&scenario)?;
    let vm = network.chain().node(Node::Vm)?;
    let started = Instant::now();
    let mut agent = Daemon::start(&scenario, Engine::Raw, vm, stage)?;
    let process = agent.process();
    process.live_until(started + SETTLED)?;
    let open = (0..viewers).map(|_| viewer::open(vm, PAGE)).collect::<Result<Vec<_>>>()?;
    let (start, settled) = (process.cpu_time()?, Instant::now());
    process.live_until(started + watched)?;
    let steady = share(process.cpu_time()?.saturating_sub(start), settled.elapsed());
    let memory = Memory::of(process)?;
    drop(open);
    // After the memory was read: these are requests of the benchmark.
    let page = vm.run(|| viewer::look(PAGE))?;
    let (metrics, scrapes) = vm.run(scrape)?;
    let warnings = process.log().lines().filter(|line| line.contains("WARN")).map(str::to_owned).collect();
    Ok(Cost { memory, start, steady, page, metrics, scrapes, warnings })
}

fn print(cost: &Cost, when: &str, sheet: &mut Sheet) -> Result<()> {
    sheet.against(&format!("PSS {when}"), cost.memory.pss, BUDGET_MEBIBYTES, MEBIBYTES)?;
    sheet.figure("  RSS, pages shared with other programs in full", cost.memory.rss, MEBIBYTES)?;
    sheet.figure("  of it written to, its own alone", cost.memory.dirty, MEBIBYTES)?;
    let start = cost.start.as_secs_f64() * MILLISECOND;
    sheet.figure("CPU time of start and first sitting", start, MILLISECONDS)?;
    sheet.figure("CPU between sittings, of one core", cost.steady * PERCENT, PERCENT_OF_A_CORE)?;
    // The start of the process cost more than a sitting alone, so the sum is an upper bound.
    let with_jury = cost.steady + share(cost.start, JURY_INTERVAL);
    let name = "CPU with a sitting each quarter of an hour, of one core";
    sheet.against(name, with_jury * PERCENT, BUDGET_PERCENT, PERCENT_OF_A_CORE)?;
    sheet.figure("  the same as CPU time for each hour", with_jury * HOUR.as_secs_f64(), SECONDS)?;
    cost.warnings.iter().try_for_each(|line| sheet.remark(line))?;
    Ok(())
}

/// The size of the metrics, and how long they took each time, from connecting to the last byte.
fn scrape() -> Result<(usize, Spread)> {
    let mut times = Vec::new();
    let mut size = 0;
    for _ in 0..SCRAPES {
        let began = Instant::now();
        size = http::get(PAGE, "/metrics")?.body.len();
        times.push(began.elapsed());
        // The agent makes them once a second at most: every scrape is to pay for its own.
        std::thread::sleep(SCRAPE_PAUSE);
    }
    Ok((size, Spread::of(times).context("nothing was scraped")?))
}

/// Of one core.
pub(crate) fn share(cpu: Duration, time: Duration) -> f64 {
    cpu.as_secs_f64() / time.as_secs_f64()
}
