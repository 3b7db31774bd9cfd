//! An agent that is killed at random moments: what was on the disk arrives, and how often.
//!
//! ```text
//!   life ─▶ kill -9 ─▶ a copy of the store is read: these exports are durable ─▶ next life, on the store itself
//!             └──────────────── what the receiver has been sent meanwhile, byte by byte ────────────┘
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use e2e::agent::Stage;
use e2e::otlp::{Message, Signal, decompress};
use e2e::receiver::{Record, Step};
use sortie_store::{FILE, Lane, Store};

use super::site::Site;
use super::told::{self, Export};
use crate::sheet::Sheet;
use crate::unit::COUNT;

/// Exports each second. Rounds are as short as a probe that is sent twice allows.
const CONFIG: &str = "interval = '1s'\n[config.agent]\ninterval = '4s'\n[config.probe]\nattempts = ['0s', '1s']\n\
                      window = '3s'";

/// A life ends within this: some before anything was exported, most in the middle of it.
const LIFE: Duration = Duration::from_secs(5);
/// A receiver that is some way off: many a kill comes between what it took and what the agent heard of it.
const ANSWER: Duration = Duration::from_millis(50);
/// The backlog of some seconds is spread over five.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(250);
/// An export that is missing within a life leaves two intervals between its neighbours.
const PAUSE: Duration = Duration::from_millis(1_900);

/// What became of the exports of all lives.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    kills: u32,
    requests: usize,
    lanes: [Told; 2],
    /// Between two exports of metrics of the same life.
    pauses: usize,
}

/// The exports of one lane.
#[derive(Debug, Default)]
struct Told {
    durable: usize,
    arrived: usize,
    lost: usize,
    /// Deliveries beyond the first one of an export.
    again: usize,
}

const LANES: [(Lane, Signal, &str); 2] =
    [(Lane::Metrics, Signal::Metrics, "exports of metrics"), (Lane::Events, Signal::Events, "events")];

pub(super) fn measure(kills: u32, stage: &Stage) -> Result<Outcome> {
    let site = Site::exporting(CONFIG, stage)?;
    let receiver = site.receiver(Step::Take.after(ANSWER))?;
    let scratch = site.scratch()?;
    let mut durable: [BTreeSet<Vec<u8>>; 2] = Default::default();
    let mut lives = Vec::new();
    for _ in 0..kills {
        let began = SystemTime::now();
        let agent = site.agent(&[])?;
        thread::sleep(LIFE.mul_f64(fastrand::f64()));
        // Which sends SIGKILL.
        drop(agent);
        lives.push([began, SystemTime::now()]);
        for (lane, exports) in durable_now(&site.state_dir(), &scratch)? {
            durable[lane as usize].extend(exports.into_iter().map(|export| export.bytes));
        }
    }
    let mut agent = site.agent(&[])?;
    let deadline = Instant::now() + PATIENCE;
    let records = loop {
        agent.process().live_until(Instant::now())?;
        let records = receiver.records();
        let has_all = LANES.iter().all(|(lane, signal, _)| {
            let arrived = copies(&records, *signal);
            durable[*lane as usize].iter().all(|export| arrived.contains_key(export))
        });
        if has_all || Instant::now() >= deadline {
            break records;
        }
        thread::sleep(LOOK);
    };
    let lanes = LANES.map(|(lane, signal, _)| Told::of(&durable[lane as usize], &copies(&records, signal)));
    Ok(Outcome { kills, requests: records.len(), lanes, pauses: pauses(&records, &lives)? })
}

impl Outcome {
    pub(super) fn print(&self, sheet: &mut Sheet) -> Result<()> {
        let Self { kills, requests, .. } = self;
        sheet.remark(&format!("{kills} × kill -9 with an interval of 1 s, {requests} requests"))?;
        for ((.., name), told) in LANES.iter().zip(&self.lanes) {
            let Told { durable, arrived, .. } = told;
            sheet.remark(&format!(
                "{name}: {durable} were in the store at a kill, {arrived} arrived in all"
            ))?;
            sheet.figure(&format!("{name}: lost after they were durable"), told.lost as f64, COUNT)?;
            sheet.figure("  delivered once more than needed, the same bytes", told.again as f64, COUNT)?;
        }
        sheet.figure("pauses of two intervals within a life", self.pauses as f64, COUNT)?;
        Ok(())
    }
}

impl Told {
    fn of(durable: &BTreeSet<Vec<u8>>, copies: &BTreeMap<Vec<u8>, usize>) -> Self {
        Self {
            durable: durable.len(),
            arrived: copies.len(),
            lost: durable.iter().filter(|export| !copies.contains_key(*export)).count(),
            again: copies.values().map(|copies| copies - 1).sum(),
        }
    }
}

/// What lies in the store after a kill. A copy is read, because whoever opens the store repairs it, and that is for the
/// next life to do.
fn durable_now(state_dir: &Path, scratch: &Path) -> Result<[(Lane, Vec<Export>); 2]> {
    let nothing = Lane::ALL.map(|lane| (lane, Vec::new()));
    let file = state_dir.join(FILE);
    if !file.exists() {
        return Ok(nothing);
    }
    fs::copy(&file, scratch.join(FILE)).context("failed to copy the store")?;
    let (store, _) = Store::open(scratch, SystemTime::now().into()).context("failed to open the copy")?;
    let mut durable = nothing;
    for (lane, exports) in &mut durable {
        let signal = LANES[*lane as usize].1;
        for stored in store.backlog(*lane, u64::MAX, usize::MAX, usize::MAX)? {
            let bytes = decompress(&stored.body).context("what is stored is no gzip")?;
            exports.extend(told::exports(&Message::decode(signal, &bytes)?));
        }
    }
    Ok(durable)
}

/// How often the receiver has read each export.
fn copies(records: &[Record], signal: Signal) -> BTreeMap<Vec<u8>, usize> {
    let of_signal = records.iter().filter(|record| record.signal == Some(signal));
    let messages = of_signal.filter_map(|record| record.message.as_ref().ok());
    messages.flat_map(told::exports).fold(BTreeMap::new(), |mut copies, export| {
        *copies.entry(export.bytes).or_default() += 1;
        copies
    })
}

/// How often a life went on for two intervals without an export that has arrived.
fn pauses(records: &[Record], lives: &[[SystemTime; 2]]) -> Result<usize> {
    let metrics = records.iter().filter(|record| record.metrics().is_some());
    let messages = metrics.filter_map(|record| record.message.as_ref().ok());
    let made: BTreeSet<u64> = messages.flat_map(told::exports).map(|export| export.at).collect();
    let mut pauses = 0;
    for life in lives {
        let [began, ended] = life.map(|at| at.duration_since(UNIX_EPOCH).map(|since| since.as_nanos()));
        let (began, ended) = (u64::try_from(began?)?, u64::try_from(ended?)?);
        let within: Vec<_> = made.range(began..ended).collect();
        pauses += within.windows(2).filter(|pair| u128::from(pair[1] - pair[0]) > PAUSE.as_nanos()).count();
    }
    Ok(pauses)
}
