//! What stands behind agents in a fleet, for real: Prometheus, a logs backend, and the collector with the very files
//! that we ship. All of it lives on the loopback of one namespace, at the ports that the files say.
//!
//! ```text
//!            ┌──────────┐  /v1/metrics   ┌────────────┐
//!   agent ─▶ │ collector│ ─────────────▶ │ Prometheus │
//!            │          │  /v1/logs      ├────────────┤
//!            │          │ ─────────────▶ │ logs       │  a receiver that takes all
//!            └──────────┘ ──▶ a file     └────────────┘
//! ```

mod alertmanager;
mod collector;
mod prometheus;
mod query;
mod service;
mod shipped;
mod tls;
mod victoria;
mod watch;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;

use anyhow::Result;

use crate::ledger::Events;
use crate::netns::Namespace;
use crate::otlp::{Answer, Message, Protocol};
use crate::receiver::{Receiver, Requests as _, Step};

pub use alertmanager::{Alertmanager, Labels, Posted, State};
pub use collector::{Acknowledgement, Collector, Gateway, Overlay};
pub use prometheus::{ADDRESS as PROMETHEUS, Prometheus};
pub use service::Service;
pub use tls::{Shown, Tls};
pub use victoria::{ADDRESS as VICTORIA, Victoria};
pub use watch::Watch;

const LOGS: SocketAddr = at(3100);
/// How much of a log is worth reading.
const LINES: usize = 8;
const WIDTH: usize = 240;
/// Lines of both that say that all is well.
const WELL: [&str; 2] = ["level=INFO", "\tinfo\t"];

const fn at(port: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)
}

/// All of them.
#[derive(Debug)]
pub struct Backend<'a> {
    pub prometheus: Prometheus<'a>,
    pub logs: Receiver,
    pub collector: Collector<'a>,
    namespace: &'a Namespace,
}

impl<'a> Backend<'a> {
    /// Starts all of them, with their files under `folder`.
    pub fn start(namespace: &'a Namespace, folder: &Path) -> Result<Self> {
        Self::start_with(&Gateway::default(), namespace, folder)
    }

    /// As [`Backend::start`], with another gateway.
    pub fn start_with(gateway: &Gateway, namespace: &'a Namespace, folder: &Path) -> Result<Self> {
        Self::start_around(Prometheus::start(namespace, folder)?, gateway, namespace, folder)
    }

    /// As [`Backend::start`], with a Prometheus that watches.
    pub fn start_watched(watch: &Watch, namespace: &'a Namespace, folder: &Path) -> Result<Self> {
        Self::start_watched_with(watch, &Gateway::default(), namespace, folder)
    }

    /// As [`Backend::start_watched`], with another gateway.
    pub fn start_watched_with(
        watch: &Watch,
        gateway: &Gateway,
        namespace: &'a Namespace,
        folder: &Path,
    ) -> Result<Self> {
        let prometheus = Prometheus::start_watching(watch, namespace, folder)?;
        Self::start_around(prometheus, gateway, namespace, folder)
    }

    fn start_around(
        prometheus: Prometheus<'a>,
        gateway: &Gateway,
        namespace: &'a Namespace,
        folder: &Path,
    ) -> Result<Self> {
        let logs = Receiver::start(namespace, LOGS, Protocol::Http, Step::Take)?;
        let collector = Collector::start(gateway, namespace, folder, LOGS)?;
        Ok(Self { prometheus, logs, collector, namespace })
    }

    pub fn namespace(&self) -> &'a Namespace {
        self.namespace
    }

    /// Sends to the collector, one after the other.
    pub fn send(
        &self,
        protocol: Protocol,
        messages: &[Message],
        headers: &[(&str, &str)],
    ) -> Result<Vec<Answer>> {
        self.namespace.run(|| Collector::sender(protocol).send(messages, headers))
    }

    /// Sends to the collector, all at once.
    pub fn send_at_once(&self, protocol: Protocol, messages: &[Message]) -> Result<Vec<Answer>> {
        self.namespace.run(|| Collector::sender(protocol).send_at_once(messages, &[]))
    }

    /// The events that the logs backend has taken.
    pub fn events(&self) -> Result<Events> {
        Events::of(self.logs.records().as_slice().events()?)
    }

    /// The last words of all of them, for whoever must find out why a test failed.
    pub fn said(&self) -> String {
        let [prometheus, collector] =
            [self.prometheus.log(), self.collector.log()].map(|log| last_words(&log));
        format!("Prometheus said:\n{prometheus}the collector said:\n{collector}")
    }
}

fn last_words(log: &str) -> String {
    let lines: Vec<_> = log.lines().filter(|line| WELL.iter().all(|word| !line.contains(word))).collect();
    let last = lines.iter().skip(lines.len().saturating_sub(LINES));
    last.map(|line| line.chars().take(WIDTH).chain(['\n']).collect::<String>()).collect()
}
