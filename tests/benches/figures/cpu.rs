//! CPU time of a handshake attempt: the whole thread that asks, from names to observations.

use std::time::Duration;

use anyhow::{Result, ensure};
use nix::time::{ClockId, clock_gettime};
use sortie_net::Choice;

use crate::floor;
use crate::inquiry::{self, Inquiry, attempts, handshake};
use crate::sheet::Sheet;
use crate::unit::MICROSECONDS;

const BUDGET_MICROSECONDS: f64 = 50.0;

const MICROSECONDS_PER_SECOND: f64 = 1e6;

/// The share of a sample that nobody disturbed, as a divisor: caches and cores are shared with whatever else runs.
const QUIETEST: usize = 10;

pub(crate) fn measure(at_least: u32, sheet: &mut Sheet) -> Result<()> {
    let network = inquiry::network()?;
    let vm = inquiry::vm(&network)?;
    let bare = vm.run(floor::bare_syns)?;
    let raw = vm.run(|| spend(Choice::Raw, at_least))?;
    let connect = vm.run(|| spend(Choice::Connect, at_least))?;
    sheet.against("raw, all in", raw.mean(), BUDGET_MICROSECONDS, MICROSECONDS)?;
    sheet.figure("  of it the laboratory: a bare sendto() of the same SYN", bare.mean(), MICROSECONDS)?;
    sheet.figure("connect, all in", connect.mean(), MICROSECONDS)?;
    let [quiet_raw, quiet_bare, quiet_connect] =
        [&raw, &bare, &connect].map(|sample| MICROSECONDS.show(sample.quietest()));
    let attempts = raw.attempts();
    sheet.remark(&format!(
        "user and system time of the thread that asks, {attempts} attempts with each engine"
    ))?;
    sheet.remark(&format!(
        "in the quietest tenth: raw {quiet_raw}, bare sendto() {quiet_bare}, connect {quiet_connect}"
    ))?;
    Ok(())
}

/// CPU time of the current thread so far.
pub(crate) fn of_this_thread() -> Result<Duration> {
    Ok(clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID)?.into())
}

pub(crate) fn in_microseconds(time: Duration) -> f64 {
    time.as_secs_f64() * MICROSECONDS_PER_SECOND
}

/// CPU times of batches of attempts.
#[derive(Debug, Default)]
pub(crate) struct Costs(Vec<Batch>);

/// Attempts that were made together, and what they cost together.
#[derive(Clone, Copy, Debug)]
struct Batch {
    attempts: u32,
    time: Duration,
}

impl Costs {
    pub(crate) fn add(&mut self, attempts: u32, time: Duration) {
        self.0.push(Batch { attempts, time });
    }

    fn attempts(&self) -> u32 {
        self.0.iter().map(|batch| batch.attempts).sum()
    }

    /// Microseconds for each attempt.
    fn mean(&self) -> f64 {
        mean(&self.0)
    }

    /// The same, where the least was in the way.
    fn quietest(&self) -> f64 {
        let mut batches = self.0.clone();
        batches.sort_by_key(|batch| batch.time / batch.attempts);
        mean(&batches[..batches.len().div_ceil(QUIETEST)])
    }
}

fn mean(batches: &[Batch]) -> f64 {
    let time: Duration = batches.iter().map(|batch| batch.time).sum();
    let attempts: u32 = batches.iter().map(|batch| batch.attempts).sum();
    in_microseconds(time) / f64::from(attempts)
}

fn spend(engine: Choice, at_least: u32) -> Result<Costs> {
    inquiry::block_on(async {
        let inquiry = Inquiry::open(engine)?;
        let mut costs = Costs::default();
        while costs.attempts() < at_least {
            let before = of_this_thread()?;
            let round = inquiry.round().await;
            let time = of_this_thread()?.saturating_sub(before);
            let sent = u32::try_from(attempts(&round).count())?;
            let unanswered = attempts(&round).filter(|(_, attempt)| handshake(attempt).is_none()).count();
            ensure!(sent > 0 && unanswered == 0, "{unanswered} of {sent} attempts were not answered");
            costs.add(sent, time);
        }
        Ok(costs)
    })
}
