//! What a service manager is told (`sd_notify(3)`): ready, reloading, stopping, a status line, and that it lives.
//!
//! Without `NOTIFY_SOCKET` nobody is told anything.

use std::cell::Cell;
use std::time::Duration;

use sd_notify::NotifyState;
use tokio::time::Instant;
use tracing::debug;

/// The watchdog is answered this many times in each of its intervals (`sd_watchdog_enabled(3)` recommends two).
const ANSWERS: u32 = 2;

/// The service manager.
#[derive(Debug)]
pub(super) struct Service {
    /// Whether there is one.
    listens: bool,
    watchdog: Option<Duration>,
    /// Until when probing may be silent and still be alive.
    alive_until: Cell<Instant>,
}

impl Service {
    /// Whoever started this process.
    pub(super) fn new() -> Self {
        Self {
            listens: std::env::var_os("NOTIFY_SOCKET").is_some(),
            watchdog: sd_notify::watchdog_enabled(),
            alive_until: Cell::new(Instant::now()),
        }
    }

    /// Probing has begun.
    pub(super) fn ready(&self) {
        self.tell(&[NotifyState::Ready]);
    }

    /// The configuration is being read again; [`Service::ready`] ends it.
    pub(super) fn reloading(&self) {
        if let Ok(now) = NotifyState::monotonic_usec_now() {
            self.tell(&[NotifyState::Reloading, now]);
        }
    }

    /// The end has begun.
    pub(super) fn stopping(&self) {
        self.tell(&[NotifyState::Stopping]);
    }

    /// One line for `systemctl status`.
    pub(super) fn status(&self, line: &str) {
        self.tell(&[NotifyState::Status(line)]);
    }

    /// Probing is alive and will say so again within this time.
    pub(super) fn alive_for(&self, time: Duration) {
        self.alive_until.set(Instant::now() + time);
    }

    /// Answers the watchdog for as long as probing keeps its word.
    pub(super) async fn answer_watchdog(&self) {
        let Some(interval) = self.watchdog else { return std::future::pending().await };
        let mut ticks = tokio::time::interval(interval / ANSWERS);
        loop {
            ticks.tick().await;
            if Instant::now() <= self.alive_until.get() {
                self.tell(&[NotifyState::Watchdog]);
            } else {
                debug!("probing is overdue: the watchdog is not answered");
            }
        }
    }

    fn tell(&self, states: &[NotifyState<'_>]) {
        if self.listens
            && let Err(error) = sd_notify::notify(states)
        {
            debug!("failed to tell the service manager: {error}");
        }
    }
}
