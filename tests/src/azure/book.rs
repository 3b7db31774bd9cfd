//! What the services share: what is true, how questions are met, who holds which token, and what was asked.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Result, bail};

use super::cloud::Cloud;
use super::reply::Mood;
use super::request::{Asked, Question};
use super::tokens::Tokens;

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) cloud: Cloud,
    pub(super) moods: BTreeMap<Question, Mood>,
    pub(super) tokens: Tokens,
    /// When the metadata service was asked last, but for tokens.
    pub(super) latest: VecDeque<SystemTime>,
    /// When it was asked for tokens last.
    pub(super) latest_tokens: VecDeque<SystemTime>,
    /// Polls that were made of each operation.
    pub(super) operations: Vec<u32>,
    pub(super) asked: Vec<Asked>,
}

impl State {
    pub(super) fn mood(&self, question: Option<Question>) -> Mood {
        question.and_then(|question| self.moods.get(&question)).copied().unwrap_or_default()
    }
}

/// The state, for the services and for the trial.
#[derive(Debug, Default)]
pub(super) struct Book {
    state: Mutex<State>,
    changed: Condvar,
}

impl Book {
    pub(super) fn new(cloud: Cloud) -> Self {
        Self { state: Mutex::new(State { cloud, ..State::default() }), changed: Condvar::new() }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers a request under the lock, and writes it down.
    pub(super) fn handle<T>(&self, answer: impl FnOnce(&mut State) -> (Asked, T)) -> T {
        let mut state = self.lock();
        let (asked, reply) = answer(&mut state);
        state.asked.push(asked);
        self.changed.notify_all();
        reply
    }

    /// Waits until what was asked is as it should be, and returns it.
    pub(super) fn wait(
        &self,
        what: &str,
        patience: Duration,
        enough: impl Fn(&[Asked]) -> bool,
    ) -> Result<Vec<Asked>> {
        let deadline = Instant::now() + patience;
        let mut state = self.lock();
        while !enough(&state.asked) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let came: Vec<_> = state.asked.iter().map(ToString::to_string).collect();
                bail!("waited {patience:?} in vain for {what}; what was asked:\n  {}", came.join("\n  "));
            }
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        Ok(state.asked.clone())
    }
}
