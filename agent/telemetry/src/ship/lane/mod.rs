//! What one lane sends next, and what becomes of an export when an attempt has ended.
//!
//! ```text
//!              newest not yet delivered                       nothing newer than what was live
//!   ┌────────────────────────────────────┐          ┌──────────────────────────────────────────────┐
//!   ▼                                    │          ▼                                              │
//!  live: the newest, alone, unmarked ──▶ settled ─▶ replay: all older ones, marked, oldest first ──▶ settled
//!   │  ▲                                            │  ▲     │  ▲
//!   ▼  │ backoff, or as long as the receiver asked  ▼  │     ▼  │ refused: halves, each in its own request
//!  failed                                          failed    several
//! ```
//!
//! The newest goes first because it says how things are; what is older goes apart from it because one sample that is
//! too old costs the whole request at many receivers. Only an export that was refused *alone* is given up.
//!
//! Nothing here reads a clock, draws a random number or knows a socket: `now` is the time since the shipper began,
//! `random` is uniform in 0..1.

mod pace;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;

use std::time::Duration;

pub(super) use self::pace::Pace;

/// What a lane does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Sends the newest export, which has this number, alone and unmarked.
    Live(u64),
    /// Sends the oldest exports of those with numbers below `before`, marked.
    Replay {
        /// Exclusive.
        before: u64,
    },
    /// Sends nothing before this moment; ask again then, and when something was added.
    Wait(Duration),
    /// Has nothing to send.
    Idle,
}

/// A request that was sent.
#[derive(Clone, Copy, Debug)]
pub(super) enum Sent<'a> {
    /// As [`Next::Live`].
    Live(u64),
    /// Of [`Next::Replay`], the exports that were in it: ascending, one at least.
    Replay(&'a [u64]),
}

/// How it ended, as far as this lane is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The receiver has the exports, or has said what it thinks of them for good.
    Taken,
    /// The receiver refused the request as a whole, for good.
    Refused,
    /// The same request may be taken another time.
    Failed,
}

/// What becomes of the exports of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// They are delivered.
    Settled,
    /// The one export is given up.
    Rejected,
    /// They stay in the lane.
    Kept,
}

/// One lane.
#[derive(Debug)]
pub(super) struct Lane {
    pace: Pace,
    /// The latest export that was live and is settled. All that is in the lane up to it is backlog.
    delivered: Option<u64>,
    /// Attempts since one was taken that failed, or refused a single export.
    setbacks: u32,
    /// Nothing is sent before.
    held_until: Duration,
    /// No backlog is sent before.
    replay_at: Duration,
    /// Delivery was interrupted, here or before this life began: what waits now waits in the whole fleet.
    is_resuming: bool,
    /// The last numbers of the parts that a refused request was split into, the one that is next at the end. Halving
    /// makes them two for each power of two in a request.
    parts: Vec<u64>,
}

impl Lane {
    pub(super) fn new(pace: Pace) -> Self {
        Self {
            pace,
            delivered: None,
            setbacks: 0,
            held_until: Duration::ZERO,
            replay_at: Duration::ZERO,
            is_resuming: true,
            parts: Vec::new(),
        }
    }

    /// What to do where `newest` is the number of the lane's latest export.
    pub(super) fn next(&mut self, newest: Option<u64>, now: Duration, random: f64) -> Next {
        let Some(newest) = newest else {
            self.is_resuming = false;
            self.parts.clear();
            return Next::Idle;
        };
        if now < self.held_until {
            return Next::Wait(self.held_until);
        }
        let Some(delivered) = self.delivered.filter(|delivered| newest <= *delivered) else {
            return Next::Live(newest);
        };
        if std::mem::take(&mut self.is_resuming) {
            self.replay_at = self.replay_at.max(now + self.pace.spread(random));
        }
        if now < self.replay_at {
            return Next::Wait(self.replay_at);
        }
        Next::Replay { before: self.parts.last().unwrap_or(&delivered) + 1 }
    }

    /// There was no export below the number that [`Next::Replay`] named: the queue has let go of them.
    pub(super) fn found_none(&mut self, now: Duration) {
        if self.parts.pop().is_none() {
            self.replay_at = now + self.pace.between_replays();
        }
    }

    /// A request has ended. `hold` is how long the receiver asked to be left alone.
    pub(super) fn ended(
        &mut self,
        sent: Sent<'_>,
        outcome: Outcome,
        hold: Option<Duration>,
        now: Duration,
        random: f64,
    ) -> Fate {
        let fate = match (sent, outcome) {
            (_, Outcome::Taken) => Fate::Settled,
            (_, Outcome::Failed) | (Sent::Replay([_, _, ..]), Outcome::Refused) => Fate::Kept,
            (Sent::Live(_) | Sent::Replay(_), Outcome::Refused) => Fate::Rejected,
        };
        match sent {
            Sent::Live(number) if fate == Fate::Kept => {
                self.is_resuming = true;
                debug_assert!(self.delivered.is_none_or(|delivered| delivered < number));
            }
            Sent::Live(number) => self.delivered = Some(number),
            Sent::Replay(numbers) => {
                self.replay_at = now + self.pace.between_replays();
                match outcome {
                    Outcome::Failed => {}
                    Outcome::Refused if fate == Fate::Kept => self.split(numbers),
                    _ => self.leave_parts(numbers),
                }
            }
        }
        self.hold(fate, outcome, hold, now, random);
        fate
    }

    fn hold(&mut self, fate: Fate, outcome: Outcome, hold: Option<Duration>, now: Duration, random: f64) {
        let is_setback = outcome == Outcome::Failed || fate == Fate::Rejected;
        let wait = match (outcome, hold) {
            (Outcome::Taken, _) => {
                self.setbacks = 0;
                return;
            }
            (_, Some(asked)) => self.pace.patience(asked, random),
            // Where each single export is refused, it is hardly the exports: a token that has expired must not burn a
            // day of backlog in a minute.
            (_, None) if is_setback => self.pace.backoff(self.setbacks, random),
            // A part of it may be taken at once.
            (_, None) => return,
        };
        self.setbacks += u32::from(is_setback);
        self.held_until = now + wait;
    }

    fn split(&mut self, numbers: &[u64]) {
        let (older, newer) = numbers.split_at(numbers.len() / 2);
        for part in [newer, older] {
            let last = part.last().copied();
            if self.parts.last() != last.as_ref() {
                self.parts.extend(last);
            }
        }
    }

    fn leave_parts(&mut self, settled: &[u64]) {
        let last = settled.last().copied();
        while self.parts.last().is_some_and(|part| Some(*part) <= last) {
            self.parts.pop();
        }
    }
}
