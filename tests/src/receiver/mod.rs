//! A receiver of OTLP that does what its script says, and writes down everything that it was sent.
//!
//! It is also the witness between an agent and a real collector: with [`Step::Forward`] it passes requests on
//! untouched and gives the collector's answer back, so that what the agent ever sent is known, whoever took it.

mod answer;
mod connection;
mod forward;
mod record;
mod script;

use std::collections::VecDeque;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::netns::Namespace;
use crate::otlp::{Protocol, Signal};
use crate::server::attend;
use crate::stop::Helper;

pub use record::{Record, Requests};
pub use script::{RetryAfter, Step};

/// A running receiver. Dropping it closes its port.
#[derive(Debug)]
pub struct Receiver {
    _helper: Helper,
    address: SocketAddr,
    desk: Arc<Desk>,
}

impl Receiver {
    /// Listens in a namespace, and does `usual` wherever the script says nothing else.
    pub fn start(at: &Namespace, address: SocketAddr, protocol: Protocol, usual: Step) -> Result<Self> {
        let desk = Arc::new(Desk::new(protocol, usual));
        let there = Arc::clone(&desk);
        let helper = attend(at, address, |listener| accept(listener, there))?;
        Ok(Self { _helper: helper, address, desk })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it does with the next requests, one step for each; then it does as usual again.
    pub fn play(&self, steps: impl IntoIterator<Item = Step>) {
        self.desk.lock().script.extend(steps.into_iter().map(|step| (None, step)));
    }

    /// As [`Receiver::play`], with the next requests of one signal; those of the other are met as usual meanwhile.
    pub fn play_to(&self, signal: Signal, steps: impl IntoIterator<Item = Step>) {
        self.desk.lock().script.extend(steps.into_iter().map(|step| (Some(signal), step)));
    }

    /// What it does from now on, where the script says nothing else.
    pub fn usually(&self, step: Step) {
        self.desk.lock().usual = step;
    }

    /// Everything so far, in the order of arrival.
    pub fn records(&self) -> Vec<Record> {
        self.desk.lock().records.clone()
    }

    /// Steps of the script that nobody has met yet.
    pub fn steps_left(&self) -> usize {
        self.desk.lock().script.len()
    }

    /// Waits until the records are as they should be, and returns them.
    pub fn wait(
        &self,
        what: &str,
        patience: Duration,
        enough: impl Fn(&[Record]) -> bool,
    ) -> Result<Vec<Record>> {
        let deadline = Instant::now() + patience;
        let mut state = self.desk.lock();
        while !enough(&state.records) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let came: Vec<_> = state.records.iter().map(ToString::to_string).collect();
                bail!("waited {patience:?} in vain for {what}; what came:\n  {}", came.join("\n  "));
            }
            state = self.desk.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        Ok(state.records.clone())
    }
}

/// What the connections share.
#[derive(Debug)]
struct Desk {
    protocol: Protocol,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    /// Steps, and whom they are for; `None` means anybody.
    script: VecDeque<(Option<Signal>, Step)>,
    usual: Step,
    records: Vec<Record>,
}

impl Desk {
    fn new(protocol: Protocol, usual: Step) -> Self {
        let state = State { script: VecDeque::new(), usual, records: Vec::new() };
        Self { protocol, state: Mutex::new(state), changed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What to do with the request that is there now.
    fn next_step(&self, signal: Option<Signal>) -> Step {
        let mut state = self.lock();
        let is_meant = |(wanted, _): &(Option<Signal>, Step)| wanted.is_none() || *wanted == signal;
        let next = if state.script.front().is_some_and(is_meant) { state.script.pop_front() } else { None };
        next.map_or_else(|| state.usual.clone(), |(_, step)| step)
    }

    /// Whether this connection is to meet something that is no HTTP: it is met before any request.
    fn begins_with_garbage(&self) -> bool {
        let mut state = self.lock();
        let next = state.script.front().map_or(&state.usual, |(_, step)| step);
        let garbage = *next == Step::Garbage;
        if garbage {
            state.script.pop_front();
        }
        garbage
    }

    /// Writes a record down, and returns its place for what is known later.
    fn write(&self, record: Record) -> usize {
        let mut state = self.lock();
        state.records.push(record);
        self.changed.notify_all();
        state.records.len() - 1
    }

    fn answered(&self, place: usize, code: u16) {
        self.lock().records[place].answered = Some(code);
        self.changed.notify_all();
    }
}

async fn accept(listener: TcpListener, desk: Arc<Desk>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(connection::hold(stream, Arc::clone(&desk)));
    }
}
