//! Everything that a receiver may do to a request, and what becomes of the exports in it.
//!
//! Each step is met by one live export of a real agent, with nothing else waiting. What is to come again comes again byte
//! for byte until it is taken; what is not is in no later request, and counted where the receiver refused it.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use e2e::agent::Daemon;
use e2e::otlp::Signal;
use e2e::receiver::{Record, RetryAfter, Step};

use super::Case;
use crate::world::{Way, World, in_the_end, until};

/// Shorter than a step that is slow, and longer than a busy machine needs.
const TIMEOUT: &str = "timeout = '2s'";
const SLOW: Duration = Duration::from_secs(4);
/// For how long a receiver asks to be left alone.
const ALONE: Duration = Duration::from_secs(3);
/// A date has whole seconds.
const ROUNDING: Duration = Duration::from_secs(1);

pub(super) const CASES: &[Case] = &[
    ("what_is_to_come_again_over_http_comes_again_byte_for_byte", Way::Http, TIMEOUT, |world| {
        play(world, &over_http())
    }),
    ("what_is_never_to_come_again_over_http_is_given_up_and_counted", Way::Http, TIMEOUT, |world| {
        play(world, &never_over_http())
    }),
    ("what_is_to_come_again_over_grpc_comes_again_byte_for_byte", Way::Grpc, TIMEOUT, |world| {
        play(world, &over_grpc())
    }),
    ("what_is_never_to_come_again_over_grpc_is_given_up_and_counted", Way::Grpc, TIMEOUT, |world| {
        play(world, &never_over_grpc())
    }),
];

/// What becomes of exports.
#[derive(Clone, Copy, Debug)]
enum Fate {
    /// They are sent until they are taken.
    Again,
    /// As [`Fate::Again`], and nothing of their signal before this time.
    AgainAfter(Duration),
    /// They were taken, or a part of them; so many points or records of them were not.
    Taken { rejected: u64 },
    /// All of them were refused for good.
    Refused,
}

/// "OTLP/HTTP Response" of the specification.
fn over_http() -> Vec<(Step, Fate)> {
    let busy = |status, retry_after| Step::Status { status, retry_after: Some(retry_after) };
    vec![
        (Step::status(429), Fate::Again),
        (Step::status(502), Fate::Again),
        (Step::status(503), Fate::Again),
        (Step::status(504), Fate::Again),
        (busy(429, RetryAfter::Seconds(ALONE.as_secs())), Fate::AgainAfter(ALONE)),
        (busy(503, RetryAfter::Date(ALONE + ROUNDING)), Fate::AgainAfter(ALONE)),
        (Step::ResetBeforeBody, Fate::Again),
        (Step::ResetAfterBody, Fate::Again),
        (Step::Take.after(SLOW), Fate::Again),
    ]
}

fn never_over_http() -> Vec<(Step, Fate)> {
    let partial = Step::Partial { rejected: 3, message: "too old".to_owned() };
    let mut table = vec![
        (partial, Fate::Taken { rejected: 3 }),
        // The status says that it is taken, whatever comes after it.
        (Step::Unparsable, Fate::Taken { rejected: 0 }),
        (Step::Truncated, Fate::Taken { rejected: 0 }),
    ];
    table
        .extend([400, 401, 403, 404, 408, 413, 500, 501].map(|status| (Step::status(status), Fate::Refused)));
    table
}

/// "OTLP/gRPC Response", and what stands for an answer that has no status of gRPC.
fn over_grpc() -> Vec<(Step, Fate)> {
    let mut table: Vec<_> = [1, 4, 10, 11, 14, 15].map(|code| (Step::code(code), Fate::Again)).into();
    table.extend([
        (Step::Code { code: 8, retry_after: Some(ALONE) }, Fate::AgainAfter(ALONE)),
        (Step::Code { code: 14, retry_after: Some(ALONE) }, Fate::AgainAfter(ALONE)),
        (Step::status(503), Fate::Again),
        (Step::Truncated, Fate::Again),
        (Step::ResetBeforeBody, Fate::Again),
        (Step::ResetAfterBody, Fate::Again),
        (Step::Take.after(SLOW), Fate::Again),
    ]);
    table
}

fn never_over_grpc() -> Vec<(Step, Fate)> {
    let partial = Step::Partial { rejected: 3, message: "too old".to_owned() };
    let mut table = vec![
        (partial, Fate::Taken { rejected: 3 }),
        (Step::Unparsable, Fate::Taken { rejected: 0 }),
        (Step::status(404), Fate::Refused),
    ];
    // 8 without advice is no throttling.
    table.extend([2, 3, 5, 7, 8, 12, 13, 16].map(|code| (Step::code(code), Fate::Refused)));
    table
}

fn play(world: &mut World<'_>, table: &[(Step, Fate)]) -> Result<()> {
    let agent = world.agent()?;
    let mut rejected = 0;
    for (step, fate) in table {
        until_nothing_waits(world)?;
        let before = world.witness.records().len();
        world.witness.play_to(Signal::Metrics, [step.clone()]);
        rejected += meet(world, before, step, *fate).with_context(|| format!("{step:?} was met"))?;
        in_the_end(|| {
            let counted = dropped(&agent)?;
            ensure!(counted == rejected, "{counted} are counted as rejected, and {rejected} were: {step:?}");
            Ok(())
        })?;
    }
    Ok(())
}

/// Every export that was ever sent has ended, in one way or the other.
fn until_nothing_waits(world: &World<'_>) -> Result<()> {
    until("nothing that waits", || {
        let records = world.witness.records();
        Ok(records.last().is_some_and(|record| record.is_acknowledged() && !record.is_replay()))
    })
}

/// Waits until the fate of what met the step is clear, and returns how many points or records were rejected.
fn meet(world: &World<'_>, before: usize, step: &Step, fate: Fate) -> Result<u64> {
    let (mut place, mut met) = (0, None);
    until("a request that meets the step", || {
        let records = world.witness.records();
        place =
            records.iter().skip(before).position(|record| record.step == *step).map_or(0, |at| at + before);
        met = records.get(place).filter(|record| record.step == *step).cloned();
        Ok(met.is_some())
    })?;
    let met = met.context("it was found")?;
    let exports = exports_of(world, place, &met)?;
    match fate {
        Fate::Again | Fate::AgainAfter(_) => {
            until("everything that was in it, byte for byte", || {
                let records = world.witness.records();
                let later: Vec<_> = records[place + 1..].iter().filter(|it| it.is_acknowledged()).collect();
                Ok(exports.iter().all(|export| later.iter().any(|record| record.exports().contains(export))))
            })?;
        }
        Fate::Taken { .. } | Fate::Refused => {
            until("two later exports", || {
                let records = world.witness.records();
                let later = records[place + 1..].iter().filter(|record| record.signal == met.signal);
                Ok(later.filter(|record| record.is_acknowledged()).count() >= 2)
            })?;
            let records = world.witness.records();
            let again =
                records[place + 1..].iter().find(|it| it.exports().iter().any(|e| exports.contains(e)));
            ensure!(again.is_none(), "it came again: {again:?}");
        }
    }
    if let Fate::AgainAfter(alone) = fate {
        let records = world.witness.records();
        let next = records[place + 1..].iter().find(|record| record.signal == met.signal);
        let pause = next.context("it came again")?.arrived.duration_since(met.arrived)?;
        ensure!(pause >= alone, "it came again after {pause:?}, and {alone:?} were asked for");
    }
    Ok(match fate {
        Fate::Again | Fate::AgainAfter(_) => 0,
        Fate::Taken { rejected } => rejected,
        Fate::Refused => met.count(),
    })
}

/// The exports that met a step; of a request whose body nobody read, those of the next one of its signal.
fn exports_of(world: &World<'_>, place: usize, met: &Record) -> Result<Vec<hyper::body::Bytes>> {
    if met.step != Step::ResetBeforeBody {
        return Ok(met.exports());
    }
    let mut exports = Vec::new();
    until("a request after it", || {
        let records = world.witness.records();
        let next = records[place + 1..].iter().find(|record| record.signal == met.signal);
        exports = next.map(Record::exports).unwrap_or_default();
        Ok(!exports.is_empty())
    })?;
    Ok(exports)
}

/// What the agent counts as refused by the receiver.
fn dropped(agent: &Daemon<'_>) -> Result<u64> {
    let page = agent.get("/metrics")?.body;
    let lines = page.lines().filter(|line| line.starts_with("sortie_spool_dropped_total{"));
    let rejected = lines.filter(|line| line.contains("reason=\"rejected\""));
    let values = rejected.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok());
    Ok(values.sum())
}
