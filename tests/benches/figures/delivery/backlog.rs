//! A day without a receiver, and how it is told when there is one again.
//!
//! The day is made from one export of each kind that an agent really sent: what lay in the queue after such a day, with a
//! moment of its own and counters that go on for each minute, put there through the store.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, bail, ensure};
use e2e::agent::Stage;
use e2e::otlp::{Message, Signal, compress};
use e2e::process::Process;
use e2e::receiver::{Receiver, Record, Step};
use opentelemetry_proto::tonic::metrics::v1::Metric;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use sortie_store::{Batch, Export, Lane, Moment, Store};

use super::cost::{Cost, Meter};
use super::quiet::head;
use super::site::Site;
use super::{DAY, INTERVAL, told};
use crate::sheet::Sheet;
use crate::unit::{COUNT, MEGABYTES, MILLISECONDS, SECONDS};

/// As many as are made in a day at the default interval.
const METRICS: u64 = DAY.as_secs() / INTERVAL.as_secs();
/// Some: one an hour, as a machine has whose traffic is stopped and passes in turn.
const EVENTS: u64 = 24;
/// Exports that are put into the store together.
const TOGETHER: u64 = 64;

/// For one export of each kind.
const SAMPLE_PATIENCE: Duration = Duration::from_secs(60);
/// Spreading takes five intervals, and then six requests are sent in each: beyond half an hour something is wrong.
const PATIENCE: Duration = Duration::from_secs(45 * 60);
const END_PATIENCE: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_secs(1);
const MILLISECOND: f64 = 1e3;
const BYTES_PER_MEGABYTE: f64 = 1e6;

/// How the backlog went away.
pub(super) struct Drained {
    pub(super) cost: Cost,
    /// From the first request to the answer of the last one that had backlog.
    took: Duration,
    /// Of it, until the first one that had backlog.
    spread: Duration,
    requests: usize,
    bytes: usize,
    stored: usize,
}

pub(super) fn draining(stage: &Stage) -> Result<Drained> {
    // Older than a day when they are sent, and none of them is to be given up.
    let site = Site::exporting("max_age = '2d'", stage)?;
    let samples = {
        let receiver = site.receiver(Step::Take)?;
        let mut agent = site.agent(&[("OTEL_METRIC_EXPORT_INTERVAL", "1000")])?;
        agent.until("open")?;
        let samples = samples(&receiver)?;
        agent.process().stop(END_PATIENCE)?;
        samples
    };
    let stored = fill(&site.state_dir(), &samples)?;
    // The youngest of the day is an interval old.
    let before = nanos(SystemTime::now() - INTERVAL / 2)?;
    let receiver = site.receiver(Step::Take)?;
    let mut agent = site.agent(&[])?;
    let process = &*agent.process();
    let began = receiver.wait("a request", PATIENCE, |records| !records.is_empty())?[0].arrived;
    let (cost, records) = watch(process, &receiver, before)?;
    let backlog: Vec<_> = records.iter().filter(|record| record.is_replay()).collect();
    let (Some(first), Some(last)) = (backlog.first(), backlog.last()) else { bail!("there was no backlog") };
    let failed = records.iter().filter(|record| !record.is_acknowledged()).count();
    ensure!(failed == 0, "{failed} requests were not taken");
    Ok(Drained {
        cost,
        took: last.arrived.duration_since(began)?,
        spread: first.arrived.duration_since(began)?,
        requests: backlog.len(),
        bytes: backlog.iter().map(|record| head(record) + record.body.len()).sum(),
        stored,
    })
}

impl Drained {
    pub(super) fn print(&self, sheet: &mut Sheet) -> Result<()> {
        let megabytes = |bytes: usize| bytes as f64 / BYTES_PER_MEGABYTE;
        self.cost.print(&format!("draining {METRICS} exports and {EVENTS} events"), false, sheet)?;
        sheet.figure("  CPU time for all of it", self.cost.cpu.as_secs_f64() * MILLISECOND, MILLISECONDS)?;
        sheet.figure("  as they are stored", megabytes(self.stored), MEGABYTES)?;
        sheet.figure("  from the first request to the last", self.took.as_secs_f64(), SECONDS)?;
        sheet.figure("  of it until the first one of backlog", self.spread.as_secs_f64(), SECONDS)?;
        sheet.figure("  requests of backlog", self.requests as f64, COUNT)?;
        sheet.figure("  their heads and bodies", megabytes(self.bytes), MEGABYTES)?;
        Ok(())
    }
}

/// One export of each signal, as the agent made it when it knew everything.
fn samples(receiver: &Receiver) -> Result<[Message; 2]> {
    let known = receiver.records().len();
    let is_metrics = |record: &Record| record.metrics().is_some();
    let enough = |records: &[Record]| records[known..].iter().filter(|record| is_metrics(record)).count() > 1;
    let records = receiver.wait("an export that is complete", SAMPLE_PATIENCE, enough)?;
    let last = |signal| {
        let mut newest = records.iter().rev().filter(|record| record.signal == Some(signal));
        newest.find_map(|record| record.message.clone().ok()).with_context(|| format!("no {signal:?} came"))
    };
    Ok([last(Signal::Metrics)?, last(Signal::Events)?])
}

/// Puts the day into the store, and returns the bytes of its bodies.
fn fill(state_dir: &Path, [metrics, events]: &[Message; 2]) -> Result<usize> {
    let now = SystemTime::now();
    let (store, _) = Store::open(state_dir, now.into()).context("failed to open the store")?;
    let mut stored = 0;
    let mut put = |batch: &mut Batch, lane, message: &Message, back: Duration| -> Result<()> {
        let at = now - back;
        // As the agent numbers them.
        let number = u64::try_from(at.duration_since(UNIX_EPOCH)?.as_micros())?;
        let body = compress(&made(message, at, back)?.encode());
        stored += body.len();
        // What a loss would count; here nothing is lost.
        batch.export(lane, Export { number, at: at.into(), records: 1, body });
        Ok(())
    };
    let minutes: Vec<u64> = (1..=METRICS).rev().collect();
    for together in minutes.chunks(usize::try_from(TOGETHER)?) {
        let mut batch = Batch::new(Moment::from(now));
        for &minute in together {
            let back = INTERVAL * u32::try_from(minute)?;
            put(&mut batch, Lane::Metrics, metrics, back)?;
            if minute % (METRICS / EVENTS) == 0 {
                put(&mut batch, Lane::Events, events, back)?;
            }
        }
        store.commit(&batch).context("failed to fill the store")?;
    }
    Ok(stored)
}

/// The same message, as it would have been made this long ago.
fn made(message: &Message, at: SystemTime, back: Duration) -> Result<Message> {
    let nanos = nanos(at)?;
    let rounds = i64::try_from((DAY.saturating_sub(back)).as_secs() / INTERVAL.as_secs())?;
    let mut message = message.clone();
    match &mut message {
        Message::Metrics(metrics) => {
            let scopes = metrics.resource_metrics.iter_mut().flat_map(|of_host| &mut of_host.scope_metrics);
            for metric in scopes.flat_map(|scope| &mut scope.metrics) {
                make_again(metric, nanos, rounds);
            }
        }
        Message::Events(events) => {
            let scopes = events.resource_logs.iter_mut().flat_map(|of_host| &mut of_host.scope_logs);
            for record in scopes.flat_map(|scope| &mut scope.log_records) {
                record.time_unix_nano = nanos;
            }
        }
    }
    Ok(message)
}

fn make_again(metric: &mut Metric, nanos: u64, rounds: i64) {
    match &mut metric.data {
        Some(Data::Gauge(gauge)) => {
            gauge.data_points.iter_mut().for_each(|point| point.time_unix_nano = nanos);
        }
        Some(Data::Sum(sum)) => {
            for point in &mut sum.data_points {
                point.time_unix_nano = nanos;
                // What never happened happens on no day.
                if let Some(Value::AsInt(value @ 1..)) = &mut point.value {
                    *value += rounds;
                }
            }
        }
        Some(Data::Histogram(histogram)) => {
            histogram.data_points.iter_mut().for_each(|point| point.time_unix_nano = nanos);
        }
        _ => {}
    }
}

fn nanos(at: SystemTime) -> Result<u64> {
    Ok(u64::try_from(at.duration_since(UNIX_EPOCH)?.as_nanos())?)
}

/// Looks at the agent until all of the day has arrived.
fn watch(process: &Process, receiver: &Receiver, before: u64) -> Result<(Cost, Vec<Record>)> {
    let meter = Meter::start(process)?;
    let ended = AtomicBool::new(false);
    thread::scope(|scope| {
        let looking = scope.spawn(|| {
            let mut cost = meter.read()?;
            while !ended.load(Ordering::Relaxed) {
                thread::sleep(LOOK);
                cost = cost.then(meter.read()?);
            }
            anyhow::Ok(cost)
        });
        let all = usize::try_from(METRICS + EVENTS)?;
        let enough = |records: &[Record]| told::delivered(records, before) >= all;
        let records = receiver.wait("all of the backlog", PATIENCE, enough);
        ended.store(true, Ordering::Relaxed);
        let cost = looking.join().unwrap_or_else(|_| bail!("the watch panicked"));
        Ok((cost?, records?))
    })
}
