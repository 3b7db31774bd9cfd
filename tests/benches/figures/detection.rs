//! From the moment at which packets are stopped until `/metrics` says so, with `sortie run` and real packets.
//!
//! Every repetition is a network, an agent and a random moment of its own; those of one row run side by side.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use e2e::agent::{Daemon, Stage};
use e2e::plan::Node;
use e2e::rules::NodeRules;
use e2e::scenario::{Engine, Scenario};
use e2e::trial::Network;
use toml::{Table, Value};

use crate::sheet::Sheet;
use crate::spread::Spread;
use crate::unit::SECONDS;

/// Mean and p99 of design's table, for the interval of 60 s.
const BUDGET_MEAN: f64 = 50.0;
const BUDGET_P99: f64 = 80.0;

/// How the packets to port 25 are stopped at the first hop.
const BLOCKS: [(&str, &str); 2] =
    [("silent drop", "tcp dport 25 drop"), ("reset", "tcp dport 25 reject with tcp reset")];

const INTERVALS: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(10)];

pub(crate) fn measure(repetitions: u32, stage: &Stage, sheet: &mut Sheet) -> Result<()> {
    for interval in INTERVALS {
        for (name, rule) in BLOCKS {
            let delays = repeat(repetitions, interval, rule, stage)?;
            let mean = delays.iter().sum::<Duration>() / repetitions;
            let spread = Spread::of(delays).context("nothing was repeated")?;
            let seconds = |duration: Duration| duration.as_secs_f64();
            let row = format!("{name}, interval {} s, {repetitions} times: mean", interval.as_secs());
            let (p99, max) = (seconds(spread.percentile(99)), seconds(spread.max()));
            if interval == INTERVALS[0] {
                sheet.against(&row, seconds(mean), BUDGET_MEAN, SECONDS)?;
                sheet.against("  p99", p99, BUDGET_P99, SECONDS)?;
            } else {
                sheet.figure(&row, seconds(mean), SECONDS)?;
                sheet.figure("  p99", p99, SECONDS)?;
            }
            sheet.figure("  median", seconds(spread.percentile(50)), SECONDS)?;
            sheet.figure("  longest", max, SECONDS)?;
        }
    }
    Ok(())
}

fn repeat(repetitions: u32, interval: Duration, rule: &str, stage: &Stage) -> Result<Vec<Duration>> {
    thread::scope(|scope| {
        let trials: Vec<_> = (0..repetitions).map(|_| scope.spawn(|| once(interval, rule, stage))).collect();
        trials
            .into_iter()
            .map(|trial| trial.join().unwrap_or_else(|_| bail!("a repetition panicked")))
            .collect()
    })
}

fn once(interval: Duration, rule: &str, stage: &Stage) -> Result<Duration> {
    let mut scenario = Scenario::parse("open", include_str!("check/open.toml"))?;
    let seconds = format!("{}s", interval.as_secs());
    let agent = Table::from_iter([("interval".to_owned(), Value::from(seconds))]);
    scenario.config.insert("agent".to_owned(), Value::Table(agent));
    let network = Network::build(&scenario)?;
    let mut agent = Daemon::start(&scenario, Engine::Raw, network.chain().node(Node::Vm)?, stage)?;
    agent.until("open")?;
    // Somewhere within an interval: an agent does not know when a block begins.
    thread::sleep(interval.mul_f64(fastrand::f64()));
    let began = Instant::now();
    let block = NodeRules { forward: vec![rule.to_owned()], ..NodeRules::default() };
    block.apply(Node::Router(1), network.chain().node(Node::Router(1))?)?;
    Ok(agent.until("platform_blocked")?.duration_since(began))
}
