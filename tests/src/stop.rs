//! Threads that live until their owner is dropped, most of them in a namespace.
//!
//! A thread inside a namespace keeps the namespace alive, so every helper ends before its namespace goes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use anyhow::{Context as _, Result};

/// How often a helper looks whether it should end.
pub const POLL: std::time::Duration = std::time::Duration::from_millis(20);

/// Seen by a helper thread.
#[derive(Clone, Debug, Default)]
pub struct StopFlag(Arc<AtomicBool>);

impl StopFlag {
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A running helper: dropping it ends the thread and waits for it.
#[derive(Debug)]
pub struct Helper {
    flag: StopFlag,
    thread: Option<JoinHandle<()>>,
}

impl Helper {
    /// Starts one in the network of the caller. `prepare` runs first (sockets bound, interfaces opened) and its failure is
    /// returned from here; then `serve` runs until the helper is dropped.
    pub fn start<P>(
        name: &str,
        prepare: impl FnOnce() -> Result<P> + Send + 'static,
        serve: impl FnOnce(P, &StopFlag) + Send + 'static,
    ) -> Result<Self> {
        let flag = StopFlag::default();
        let seen = flag.clone();
        let (ready, is_ready) = mpsc::channel();
        let thread = thread::Builder::new().name(name.to_owned()).spawn(move || match prepare() {
            Ok(prepared) => {
                let _ = ready.send(Ok(()));
                serve(prepared, &seen);
            }
            Err(error) => {
                let _ = ready.send(Err(error));
            }
        })?;
        let helper = Self { flag, thread: Some(thread) };
        is_ready.recv().with_context(|| format!("the helper {name} died at its start"))??;
        Ok(helper)
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        self.flag.0.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    #[test]
    fn what_fails_at_its_start_is_told_and_serves_nobody() {
        let failed = Helper::start("a", || -> Result<()> { bail!("no room") }, |(), _| panic!("it serves"));
        assert_eq!(failed.map(drop).expect_err("it failed").to_string(), "no room");
    }

    #[test]
    fn it_serves_until_it_is_dropped() {
        let (told, ends) = mpsc::channel();
        let helper = Helper::start(
            "a",
            || Ok(7),
            move |prepared, flag| {
                while !flag.is_set() {
                    thread::sleep(POLL);
                }
                let _ = told.send(prepared);
            },
        )
        .expect("it starts");
        assert!(ends.try_recv().is_err());
        drop(helper);
        assert_eq!(ends.try_recv(), Ok(7));
    }
}
