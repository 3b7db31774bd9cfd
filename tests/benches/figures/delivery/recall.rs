//! How soon an agent that was killed shows again what it had found.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use e2e::agent::{PAGE, Stage};
use e2e::http;
use serde_json::Value;

use super::site::{DROPPED, Site};
use crate::spread::Spread;

/// A verdict on silence takes a jury 17 s: what is shown before is recalled.
const PATIENCE: Duration = Duration::from_secs(15);
const POLL: Duration = Duration::from_millis(10);
/// How long a life goes on once it has shown what it knows.
const LIFE: Duration = Duration::from_secs(2);

/// From the start of the process until the report shows every state with its `since`.
pub(super) fn measure(kills: u32, stage: &Stage) -> Result<Spread> {
    let site = Site::build(DROPPED, "", stage)?;
    let vm = site.vm()?;
    let mut agent = site.agent(&[])?;
    agent.until("platform_blocked")?;
    let mut times = Vec::new();
    for _ in 0..kills {
        thread::sleep(LIFE.mul_f64(fastrand::f64()));
        let known = vm.run(shown)?;
        ensure!(!known.is_empty(), "nothing was on show");
        drop(agent);
        let started = Instant::now();
        agent = site.agent(&[])?;
        vm.run(|| {
            loop {
                if shown().is_ok_and(|shown| shown == known) {
                    return Ok(());
                }
                if started.elapsed() > PATIENCE {
                    bail!("what was on show was not recalled within {} s", PATIENCE.as_secs());
                }
                thread::sleep(POLL);
            }
        })?;
        times.push(started.elapsed());
    }
    Spread::of(times).context("nothing was repeated")
}

/// Port, family, state and since when, of all verdicts on show.
fn shown() -> Result<Vec<[Value; 4]>> {
    let report: Value = serde_json::from_str(&http::get(PAGE, "/api/v1/report")?.body)?;
    let verdicts = report["verdicts"].as_array().context("a report has verdicts")?;
    Ok(verdicts
        .iter()
        .map(|said| ["port", "family", "state", "since"].map(|key| said[key].clone()))
        .collect())
}
