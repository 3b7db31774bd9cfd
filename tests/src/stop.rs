//! Threads that live in a namespace until their owner is dropped.
//!
//! A thread inside a namespace keeps the namespace alive, so every helper ends before its namespace goes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

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
    pub fn new(flag: StopFlag, thread: JoinHandle<()>) -> Self {
        Self { flag, thread: Some(thread) }
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
