//! What is on show: the one place where probing puts what it knows, and from which every face reads.
//!
//! ```text
//!   probing ──▶ Board ──▶ page · API · events · metrics · service manager
//! ```
//!
//! Probing never waits for a reader: what is put up replaces what was there, and a reader that is slow sees the newest.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use sortie_core::history::History;
use sortie_core::report::Report;
use tokio::sync::watch;

/// One moment of a running agent.
#[derive(Clone, Debug, PartialEq)]
pub struct Display {
    /// Counts what was put up, from one.
    pub generation: u64,
    /// The report as of the latest round.
    pub report: Report,
    /// The agent itself.
    pub agent: AgentFacts,
    /// What somebody should know about the agent, worst first; empty when everything is as configured.
    pub notices: Vec<Notice>,
}

/// The agent, beside what it measured.
#[derive(Clone, Debug, PartialEq)]
pub struct AgentFacts {
    /// Of the program.
    pub version: &'static str,
    /// When it began.
    pub started: SystemTime,
    /// When the latest round began; `None` before the first one is over.
    pub measured: Option<SystemTime>,
    /// When the next round is due; `None` while every operator is being asked.
    pub next_round: Option<SystemTime>,
    /// Time between two rounds in a settled state.
    pub interval: Duration,
    /// Whether this is a demonstration, at a pace that is not fit for the internet.
    pub demonstration: bool,
    /// The configuration file in use; `None` for the built-in defaults.
    pub config: Option<PathBuf>,
    /// Tells one configuration from another, 16 hexadecimal digits.
    pub config_hash: String,
}

/// Something that somebody should know about the agent itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Stable word, for example `config_rejected`.
    pub code: &'static str,
    /// One sentence or more, for people.
    pub text: String,
    /// Since when.
    pub since: SystemTime,
}

/// What is on show and what is remembered.
#[derive(Debug)]
pub struct Board {
    shown: watch::Sender<Option<Arc<Display>>>,
    history: Mutex<History>,
}

impl Board {
    /// A board with nothing on it.
    pub fn new() -> Self {
        Self { shown: watch::Sender::new(None), history: Mutex::default() }
    }

    /// Puts up the next moment.
    pub fn show(&self, report: Report, agent: AgentFacts, notices: Vec<Notice>) {
        self.shown.send_modify(|shown| {
            let generation = shown.as_ref().map_or(1, |display| display.generation + 1);
            *shown = Some(Arc::new(Display { generation, report, agent, notices }));
        });
    }

    /// What is on show; `None` until the agent has something to say.
    pub fn now(&self) -> Option<Arc<Display>> {
        self.shown.borrow().clone()
    }

    /// To be told when something new is put up.
    pub fn watch(&self) -> watch::Receiver<Option<Arc<Display>>> {
        self.shown.subscribe()
    }

    /// Reads or writes what is remembered. Never held across an `await`: the closure returns first.
    pub fn history<T>(&self, with: impl FnOnce(&mut History) -> T) -> T {
        // A face that panicked while it read has changed nothing.
        with(&mut self.history.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Default for Board {
    fn default() -> Self {
        Self::new()
    }
}
