//! What the thread of a fleet and those who watch it share.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::play::Shown;

/// What is on show is counted as often as this, in real time.
const COUNTED_EVERY: Duration = Duration::from_millis(200);

#[derive(Debug, Default)]
pub(super) struct Desk {
    state: Mutex<Progress>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Progress {
    now: Duration,
    shown: Shown,
    counted: Option<Instant>,
    failure: Option<String>,
    is_told: bool,
    is_over: bool,
}

impl Desk {
    /// Everything before this moment has been done.
    pub(super) fn reached(&self, now: Duration, shown: impl FnOnce() -> Shown) {
        let mut progress = self.lock();
        progress.now = progress.now.max(now);
        if progress.counted.is_none_or(|counted| counted.elapsed() >= COUNTED_EVERY) {
            progress.shown = shown();
            progress.counted = Some(Instant::now());
        }
        self.changed.notify_all();
    }

    /// The story is told: nothing happens any more, but that what was made is delivered.
    pub(super) fn conclude(&self) {
        self.lock().is_told = true;
    }

    pub(super) fn is_told(&self) -> bool {
        self.lock().is_told
    }

    /// The fleet has ended, by itself or with an error.
    pub(super) fn over(&self, result: Result<()>) {
        let mut progress = self.lock();
        progress.failure = result.err().map(|error| format!("{error:#}"));
        progress.is_over = true;
        self.changed.notify_all();
    }

    pub(super) fn now(&self) -> Duration {
        self.lock().now
    }

    pub(super) fn shown(&self) -> Shown {
        self.lock().shown.clone()
    }

    /// Waits until it is so; `patience` is real time.
    pub(super) fn wait(
        &self,
        what: &str,
        patience: Duration,
        enough: impl Fn(Duration, &Shown) -> bool,
    ) -> Result<()> {
        let deadline = Instant::now() + patience;
        let mut progress = self.lock();
        while !enough(progress.now, &progress.shown) {
            if progress.is_over {
                bail!("the fleet ended: {}", progress.failure.as_deref().unwrap_or("it was told to"));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                bail!(
                    "waited {patience:?} in vain for {what}; the fleet is at {:?}: {:?}",
                    progress.now,
                    progress.shown
                );
            }
            progress = self.changed.wait_timeout(progress, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
