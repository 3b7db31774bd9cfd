//! How far reported round-trip times are from a packet capture while every core is busy.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use sortie_net::Choice;

use crate::burners::Burners;
use crate::capture::Capture;
use crate::cpu::in_microseconds;
use crate::inquiry::{self, Inquiry, attempts, handshake};
use crate::sheet::Sheet;
use crate::spread::Spread;
use crate::unit::MICROSECONDS;

const BUDGET_MICROSECONDS: f64 = 50.0;

pub(crate) fn measure(at_least: u32, sheet: &mut Sheet) -> Result<()> {
    let network = inquiry::network()?;
    let vm = inquiry::vm(&network)?;
    for (name, engine, budget) in
        [("raw", Choice::Raw, Some(BUDGET_MICROSECONDS)), ("connect", Choice::Connect, None)]
    {
        let pairs = {
            let _burners = Burners::light();
            vm.run(|| compare(engine, at_least))?
        };
        write(name, &pairs, budget, sheet)?;
    }
    Ok(())
}

fn write(name: &str, pairs: &[Pair], budget: Option<f64>, sheet: &mut Sheet) -> Result<()> {
    let errors = Spread::of(pairs.iter().map(Pair::error)).context("nothing was compared")?;
    let captured = Spread::of(pairs.iter().map(|pair| pair.captured)).context("nothing was captured")?;
    for percent in [50, 95, 99] {
        let line = format!("{name}, |reported − captured| p{percent}");
        let error = in_microseconds(errors.percentile(percent));
        match budget.filter(|_| percent == 99) {
            Some(budget) => sheet.against(&line, error, budget, MICROSECONDS)?,
            None => sheet.figure(&line, error, MICROSECONDS)?,
        }
    }
    sheet.figure(
        &format!("{name}, |reported − captured| max"),
        in_microseconds(errors.max()),
        MICROSECONDS,
    )?;
    let median = MICROSECONDS.show(in_microseconds(captured.percentile(50)));
    let longest = MICROSECONDS.show(in_microseconds(captured.max()));
    let number = pairs.len();
    sheet.remark(&format!("{number} handshakes; captured round trip: median {median}, longest {longest}"))?;
    Ok(())
}

/// One handshake, measured twice.
#[derive(Clone, Copy, Debug)]
struct Pair {
    reported: Duration,
    captured: Duration,
}

impl Pair {
    fn error(&self) -> Duration {
        self.reported.abs_diff(self.captured)
    }
}

fn compare(engine: Choice, at_least: u32) -> Result<Vec<Pair>> {
    inquiry::block_on(async {
        let mut capture = Capture::open()?;
        let inquiry = Inquiry::open(engine)?;
        let mut pairs = Vec::new();
        while u32::try_from(pairs.len())? < at_least {
            let round = inquiry.round().await;
            let captured = capture.round_trips()?;
            for (seen, attempt) in attempts(&round) {
                let (Some(ip), Some(port)) = (seen.ip(), attempt.source_port) else { continue };
                let key = (ip, seen.port().number(), port);
                let reported = handshake(attempt).with_context(|| format!("{key:?} was not answered"))?;
                let captured = *captured.get(&key).with_context(|| format!("{key:?} was not captured"))?;
                pairs.push(Pair { reported, captured });
            }
            ensure!(!pairs.is_empty(), "a round without an attempt");
        }
        Ok(pairs)
    })
}
