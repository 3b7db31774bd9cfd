//! Ship: what waits in the queue, to an OTLP receiver, until the receiver has it or has refused it for good.
//!
//! ```text
//!   spool ─▶ lane: what is next, and when ─▶ payload ─▶ transport: http · grpc ─▶ answer ─▶ ending
//!     ▲                                                                                      │
//!     └── settled · rejected · kept ◀── lane ◀── counted, and told where it is news ◀────────┘
//! ```
//!
//! One request is under way at a time. Live events go before live metrics, and both before backlog; each signal has a lane
//! of its own, so that a receiver which asks one of them for patience does not hold up the other. No failure ends it. It
//! runs on the runtime of whoever calls it.

mod answer;
mod client;
mod condition;
mod ending;
mod error;
mod grpc;
mod headers;
mod http;
mod lane;
mod payload;
mod settings;
#[cfg(test)]
mod tests;
mod transport;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use opentelemetry_http::Bytes;
use tokio::time::Instant;

use self::condition::Condition;
use self::ending::Ending;
pub use self::error::ShipError;
use self::lane::{Fate, Lane, Next, Pace, Sent};
pub use self::settings::{Compression, Endpoint, Protocol, Proxy, ShipSettings};
use self::transport::Transport;
use crate::spool::{Export, Signal, Spool};
use crate::telemetry::Telemetry;

/// Marks backlog, with the value 1, so that a receiver can tell it from what is live.
const REPLAY_HEADER: &str = "x-sortie-replay";

/// Exports in one request of backlog at most: an hour of each minute's. Halving finds a bad one among them in six steps.
const REPLAY_EXPORTS_MOST: usize = 64;

/// Of a request of backlog as it is stored, in bytes: a quarter of a second at 4 Mbit/s, and ten times an everyday export.
const REPLAY_BYTES_MOST: usize = 128 << 10;

/// Who goes first: a change of state is what somebody waits for.
const ORDER: [Signal; 2] = [Signal::Events, Signal::Metrics];

/// Ships what a queue holds.
pub struct Shipper<S> {
    spool: Arc<S>,
    telemetry: Arc<Telemetry>,
    transport: Transport,
    pace: Pace,
    /// In the order in which they go.
    lines: Vec<Line>,
    began: Instant,
}

/// A signal on its way.
#[derive(Debug)]
struct Line {
    signal: Signal,
    lane: Lane,
    condition: Condition,
    endpoint: String,
}

/// What is done next.
enum Turn {
    /// A request that is live, of this line.
    Live(usize, Export),
    /// A request of exports with numbers below this, of this line.
    Replay(usize, u64),
    /// Nothing before this moment, if anything at all, unless something is added.
    Rest(Option<Duration>),
}

impl<S: Spool> Shipper<S> {
    /// Checks the settings, reads the certificates, and sends nothing yet.
    pub fn new(settings: &ShipSettings, spool: Arc<S>, telemetry: Arc<Telemetry>) -> Result<Self, ShipError> {
        let pace = Pace::new(settings.checked_interval()?);
        Ok(Self::over(Transport::new(settings)?, pace, spool, telemetry))
    }

    /// Another one to the same receivers at the same pace, for somebody else's queue: both use the same connections. For
    /// whoever plays many agents in one process.
    #[must_use]
    pub fn beside(&self, spool: Arc<S>, telemetry: Arc<Telemetry>) -> Self {
        Self::over(self.transport.clone(), self.pace, spool, telemetry)
    }

    fn over(transport: Transport, pace: Pace, spool: Arc<S>, telemetry: Arc<Telemetry>) -> Self {
        let line = |signal| {
            let endpoint = transport.shown(signal)?;
            Some(Line { signal, lane: Lane::new(pace), condition: Condition::default(), endpoint })
        };
        let lines: Vec<Line> = ORDER.into_iter().filter_map(line).collect();
        for line in &lines {
            telemetry.exported(line.signal, 0, None);
            telemetry.reached(line.signal, None);
        }
        Self { spool, telemetry, transport, pace, lines, began: Instant::now() }
    }

    /// Ships for ever. It may be dropped at any moment: an export whose request was under way stays in the queue.
    pub async fn run(&mut self) {
        loop {
            match self.turn().await {
                Turn::Live(line, export) => self.send(line, vec![export], false).await,
                Turn::Replay(line, before) => self.replay(line, before).await,
                Turn::Rest(until) => self.rest(until).await,
            }
        }
    }

    /// Sends what is live and may be sent now, once, and ends within this time: the last words of a life. Everything else
    /// waits in the queue for the next one.
    pub async fn drain(&mut self, within: Duration) {
        let last_words = async {
            for line in 0..self.lines.len() {
                let newest = self.spool.newest(self.lines[line].signal).await;
                let number = newest.as_ref().map(|export| export.number);
                let next = self.lines[line].lane.next(number, self.began.elapsed(), fastrand::f64());
                if let (Next::Live(_), Some(export)) = (next, newest) {
                    self.send(line, vec![export], false).await;
                }
            }
        };
        // What was not sent by then is in the queue still.
        let _ = tokio::time::timeout(within, last_words).await;
    }

    async fn turn(&mut self) -> Turn {
        let (mut replay, mut rest) = (None, None);
        for (index, line) in self.lines.iter_mut().enumerate() {
            let newest = self.spool.newest(line.signal).await;
            let number = newest.as_ref().map(|export| export.number);
            match (line.lane.next(number, self.began.elapsed(), fastrand::f64()), newest) {
                (Next::Live(_), Some(export)) => return Turn::Live(index, export),
                (Next::Replay { before }, _) => replay = replay.or(Some(Turn::Replay(index, before))),
                (Next::Wait(until), _) => rest = Some(rest.map_or(until, |rest: Duration| rest.min(until))),
                (Next::Live(_) | Next::Idle, _) => {}
            }
        }
        replay.unwrap_or(Turn::Rest(rest))
    }

    async fn rest(&self, until: Option<Duration>) {
        let later = async {
            match until {
                Some(until) => tokio::time::sleep_until(self.began + until).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = later => {}
            () = self.spool.added() => {}
        }
    }

    async fn replay(&mut self, line: usize, before: u64) {
        let signal = self.lines[line].signal;
        let exports = self.spool.backlog(signal, before, REPLAY_BYTES_MOST, REPLAY_EXPORTS_MOST).await;
        if exports.is_empty() {
            self.lines[line].lane.found_none(self.began.elapsed());
        } else {
            self.send(line, exports, true).await;
        }
    }

    async fn send(&mut self, line: usize, mut exports: Vec<Export>, is_replay: bool) {
        let Line { signal, lane, condition, endpoint } = &mut self.lines[line];
        let stored: Vec<Bytes> = exports.iter().map(|export| export.body.clone()).collect();
        let (count, ending) = self.transport.send(*signal, &stored, is_replay).await;
        exports.truncate(count);
        self.telemetry.exported(*signal, 1, ending.error_type(*signal).as_deref());
        condition.turn(*signal, &ending).tell(*signal, endpoint);
        self.telemetry.reached(*signal, (!ending.is_taken()).then(|| ending.to_string()));

        let numbers: Vec<u64> = exports.iter().map(|export| export.number).collect();
        let sent = if is_replay { Sent::Replay(&numbers) } else { Sent::Live(numbers[0]) };
        let now = self.began.elapsed();
        let fate = lane.ended(sent, ending.outcome(), ending.hold(), now, fastrand::f64());
        let records: u64 = exports.iter().map(|export| u64::from(export.records)).sum();
        let rejected = match (fate, &ending) {
            (Fate::Kept, _) => return,
            (Fate::Rejected, _) => records,
            (Fate::Settled, Ending::PartlyRejected { count, .. }) => records.min(*count),
            (Fate::Settled, _) => 0,
        };
        self.spool.settle(*signal, numbers, rejected).await;
    }
}

impl<S> fmt::Debug for Shipper<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shipper").field("lines", &self.lines).finish_non_exhaustive()
    }
}
