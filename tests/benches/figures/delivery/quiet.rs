//! Ten minutes in which nothing happens: what goes to a receiver, and what it costs where there is none.

use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use e2e::agent::Stage;
use e2e::netns::Namespace;
use e2e::otlp::Signal;
use e2e::plan::Node;
use e2e::receiver::{Record, Step};
use e2e::rules::NodeRules;
use serde_json::Value;

use super::cost::{Cost, Meter};
use super::site::{RECEIVER, Site};
use super::{DAY, INTERVAL};
use crate::daemon::SETTLED;
use crate::sheet::Sheet;
use crate::unit::{BYTES, MEGABYTES};

/// Exports that are measured.
const EXPORTS: usize = 10;
/// How long they may take.
const PATIENCE: Duration = Duration::from_secs(20 * 60);
/// The last packet of a request has come by then.
const ACKNOWLEDGED: Duration = Duration::from_secs(2);
const BYTES_PER_MEGABYTE: f64 = 1e6;

/// What an agent sent, and what that cost it.
pub(super) struct Delivering {
    pub(super) cost: Cost,
    metrics: Wire,
    /// What happens at the start, one request each.
    events: Wire,
    /// Requests of events beside the measured exports.
    later_events: Wire,
    /// Of the measured exports, in both layers of headers and with the acknowledgements of TCP.
    packets: f64,
}

/// Requests on the wire, as HTTP/1.1 has them.
#[derive(Clone, Copy, Debug, Default)]
struct Wire {
    requests: usize,
    heads: usize,
    bodies: usize,
}

/// The agent with a receiver that takes everything.
pub(super) fn delivering(stage: &Stage) -> Result<Delivering> {
    let site = Site::exporting("", stage)?;
    let vm = site.vm()?;
    count_packets(vm)?;
    let receiver = site.receiver(Step::Take)?;
    let started = Instant::now();
    let mut agent = site.agent(&[])?;
    let process = agent.process();
    process.live_until(started + SETTLED)?;
    let of =
        |records: &[Record], signal| records.iter().filter(|record| record.signal == Some(signal)).count();
    // From one export to another, so that the time between is whole intervals.
    let before = of(&receiver.records(), Signal::Metrics);
    let first = receiver.wait("an export", PATIENCE, |records| of(records, Signal::Metrics) > before)?.len();
    // Its acknowledgements are no part of what follows.
    thread::sleep(ACKNOWLEDGED);
    let (meter, packets) = (Meter::start(process)?, packets(vm)?);
    let enough = |records: &[Record]| of(records, Signal::Metrics) > before + EXPORTS;
    let records = receiver.wait("the exports to measure", PATIENCE, enough)?;
    thread::sleep(ACKNOWLEDGED);
    let (start, measured) = records.split_at(first);
    Ok(Delivering {
        cost: meter.read()?,
        metrics: Wire::of(measured, Signal::Metrics),
        events: Wire::of(start, Signal::Events),
        later_events: Wire::of(measured, Signal::Events),
        packets: self::packets(vm)? - packets,
    })
}

/// The agent where nobody listens.
pub(super) fn filling(stage: &Stage) -> Result<Cost> {
    let site = Site::exporting("", stage)?;
    let started = Instant::now();
    let mut agent = site.agent(&[])?;
    let process = agent.process();
    process.live_until(started + SETTLED)?;
    let meter = Meter::start(process)?;
    thread::sleep(INTERVAL * u32::try_from(EXPORTS)?);
    meter.read()
}

impl Delivering {
    pub(super) fn print(&self, sheet: &mut Sheet) -> Result<()> {
        let Self { metrics, events, later_events, .. } = self;
        let exports = metrics.requests;
        sheet.figure(&format!("metrics: body, mean of {exports} requests"), metrics.body(), BYTES)?;
        sheet.figure("  head", metrics.head(), BYTES)?;
        sheet.figure("  for a VM and day", for_a_day(metrics.bytes(), exports), MEGABYTES)?;
        sheet.figure(
            &format!("events: body, mean of {} at the start", events.requests),
            events.body(),
            BYTES,
        )?;
        sheet.figure("  head", events.head(), BYTES)?;
        let name = format!("  for a VM and day, {} of them in {exports} intervals", later_events.requests);
        sheet.figure(&name, for_a_day(later_events.bytes(), exports), MEGABYTES)?;
        sheet.figure("both as IP packets, for a VM and day", for_a_day(self.packets, exports), MEGABYTES)?;
        Ok(())
    }
}

impl Wire {
    fn of(records: &[Record], signal: Signal) -> Self {
        let of_signal = records.iter().filter(|record| record.signal == Some(signal));
        of_signal.fold(Self::default(), |sum, record| Self {
            requests: sum.requests + 1,
            heads: sum.heads + head(record),
            bodies: sum.bodies + record.body.len(),
        })
    }

    fn bytes(&self) -> f64 {
        (self.heads + self.bodies) as f64
    }

    fn head(&self) -> f64 {
        self.heads as f64 / self.requests.max(1) as f64
    }

    fn body(&self) -> f64 {
        self.bodies as f64 / self.requests.max(1) as f64
    }
}

/// Bytes from the method to the empty line (RFC 9112 section 2.1).
pub(super) fn head(record: &Record) -> usize {
    let line = "POST  HTTP/1.1\r\n".len() + record.path.len();
    let fields =
        record.headers.iter().map(|(name, value)| name.as_str().len() + ": \r\n".len() + value.len());
    line + fields.sum::<usize>() + "\r\n".len()
}

fn for_a_day(bytes: f64, intervals: usize) -> f64 {
    bytes * (DAY.as_secs_f64() / INTERVAL.as_secs_f64()) / intervals as f64 / BYTES_PER_MEGABYTE
}

fn count_packets(vm: &Namespace) -> Result<()> {
    let rules = NodeRules {
        define: vec!["counter sent {}".to_owned()],
        output: vec![format!("tcp dport {} counter name sent", RECEIVER.port())],
        ..NodeRules::default()
    };
    rules.apply(Node::Vm, vm)
}

/// Bytes of all packets to the receiver so far, from the IP header on.
fn packets(vm: &Namespace) -> Result<f64> {
    let output = vm.run(|| Ok(Command::new("nft").args(["-j", "list", "counters"]).output()?))?;
    let listed: Value = serde_json::from_slice(&output.stdout).context("nft printed no JSON")?;
    let counters = listed["nftables"].as_array().into_iter().flatten();
    let bytes = counters.filter_map(|entry| entry["counter"]["bytes"].as_f64());
    bytes.reduce(f64::max).context("nft counted no packets")
}
