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

pub(crate) fn measure(at_least: u32, sheet: &mut Sheet) -> Result<()> {
    let network = inquiry::network()?;
    let vm = inquiry::vm(&network)?;
    let floor = vm.run(floor::bare_syns)?;
    let raw = vm.run(|| spend(Choice::Raw, at_least))?;
    let connect = vm.run(|| spend(Choice::Connect, at_least))?;
    let name = format!("raw, all in ({} attempts)", raw.attempts);
    sheet.against(&name, raw.each(), BUDGET_MICROSECONDS, MICROSECONDS)?;
    sheet.figure(
        "  of it the laboratory: a bare sendto() of the same SYN",
        in_microseconds(floor),
        MICROSECONDS,
    )?;
    let name = format!("connect, all in ({} attempts)", connect.attempts);
    sheet.figure(&name, connect.each(), MICROSECONDS)?;
    sheet.remark(
        "user and system time of the thread; its sendto() also carries each packet through router and server",
    )?;
    Ok(())
}

/// CPU time of the current thread so far.
pub(crate) fn of_this_thread() -> Result<Duration> {
    Ok(clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID)?.into())
}

pub(crate) fn in_microseconds(time: Duration) -> f64 {
    time.as_secs_f64() * MICROSECONDS_PER_SECOND
}

/// What some attempts cost together.
struct Spent {
    attempts: u32,
    time: Duration,
}

impl Spent {
    fn each(&self) -> f64 {
        in_microseconds(self.time) / f64::from(self.attempts)
    }
}

fn spend(engine: Choice, at_least: u32) -> Result<Spent> {
    inquiry::block_on(async {
        let inquiry = Inquiry::open(engine)?;
        let before = of_this_thread()?;
        let (mut sent, mut unanswered) = (0, 0);
        while sent < at_least {
            let round = inquiry.round().await;
            for (_, attempt) in attempts(&round) {
                sent += 1;
                unanswered += u32::from(handshake(attempt).is_none());
            }
            ensure!(sent > 0, "a round without an attempt");
        }
        let time = of_this_thread()?.saturating_sub(before);
        ensure!(unanswered == 0, "{unanswered} of {sent} attempts were not answered");
        Ok(Spent { attempts: sent, time })
    })
}
