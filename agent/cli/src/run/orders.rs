//! What people and service managers tell a running agent, by signals.
//!
//! ```text
//!   SIGHUP            read the configuration again
//!   SIGTERM, SIGINT   finish the round and end; a second one ends at once
//! ```

use std::sync::Arc;

use anyhow::Context as _;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;
use tracing::info;

/// What was ordered so far.
#[derive(Clone, Debug)]
pub(super) struct Orders {
    reload: Arc<Notify>,
    stop: watch::Receiver<Option<&'static str>>,
}

/// Why a pause is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wake {
    /// Its time has come.
    Due,
    /// The configuration is to be read again.
    Reload,
    /// The agent is to end.
    Stop,
}

impl Orders {
    /// Pauses until `due`, or until something is ordered.
    pub(super) async fn pause_until(&mut self, due: Instant) -> Wake {
        tokio::select! {
            biased;
            _ = self.stop.wait_for(Option::is_some) => Wake::Stop,
            () = self.reload.notified() => Wake::Reload,
            () = tokio::time::sleep_until(due) => Wake::Due,
        }
    }

    /// The same, for pauses in which a new configuration has to wait.
    pub(super) async fn pause_within_a_sitting(&mut self, due: Instant) -> Wake {
        tokio::select! {
            biased;
            _ = self.stop.wait_for(Option::is_some) => Wake::Stop,
            () = tokio::time::sleep_until(due) => Wake::Due,
        }
    }

    /// Waits for the order to end.
    pub(super) async fn stopped(&mut self) {
        // An error means that nobody can order anything any more, which is the end as well.
        let _ = self.stop.wait_for(Option::is_some).await;
    }

    /// By what the agent was told to end, as far as it was.
    pub(super) fn by(&self) -> Option<&'static str> {
        *self.stop.borrow()
    }
}

/// The signals of this process.
#[derive(Debug)]
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
    reload: Arc<Notify>,
    stop: watch::Sender<Option<&'static str>>,
}

impl Signals {
    /// Listens from now on.
    pub(super) fn listen() -> anyhow::Result<(Self, Orders)> {
        let on = |kind, name| signal(kind).with_context(|| format!("failed to listen for {name}"));
        let (stop, stopped) = watch::channel(None);
        let reload = Arc::new(Notify::new());
        let orders = Orders { reload: Arc::clone(&reload), stop: stopped };
        let signals = Self {
            terminate: on(SignalKind::terminate(), "SIGTERM")?,
            interrupt: on(SignalKind::interrupt(), "SIGINT")?,
            hangup: on(SignalKind::hangup(), "SIGHUP")?,
            reload,
            stop,
        };
        Ok((signals, orders))
    }

    /// Passes orders on until the second one to end.
    pub(super) async fn pass_on(mut self) {
        loop {
            let by = tokio::select! {
                _ = self.terminate.recv() => "SIGTERM",
                _ = self.interrupt.recv() => "SIGINT",
                _ = self.hangup.recv() => {
                    self.reload.notify_one();
                    continue;
                }
            };
            if self.stop.send_replace(Some(by)).is_some() {
                return;
            }
            info!("{by}: the round is finished first; once more ends it at once");
        }
    }
}
