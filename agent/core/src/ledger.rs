//! The evidence ledger: log10 odds that the port is blocked, over independent operators.
//!
//! Let n be the consecutive rounds in which an operator showed a symptom *and its control answered in the same
//! round*. The weight of the operator is the likelihood ratio of a two-component mixture: with probability q it is
//! itself persistently in that state, otherwise the symptom is transient loss with probability p₀ a round.
//!
//! ```text
//! symptom:  w(n) = log10[ (1−ε)ⁿ / ( q + (1−q)·p₀ⁿ ) ]  →  +0.96, +1.69, +1.95, … never above −log10 q = +2
//! answer:   w    = log10 ε                              =  −2, and n begins again
//! E = prior + Σ w
//! ```
//!
//! The cap says that no operator's silence can be more evidence than its own chance of being dead; that is why two
//! dead destinations never convict a platform. A round in which the control failed adds nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::target::Operator;

/// Prior chance that an operator is itself persistently in the state that looks like a block.
pub const Q: f64 = 0.01;
/// Chance a round that transient loss looks like the symptom.
pub const P0: f64 = 0.1;
/// Chance a round that a blocked port lets one answer through.
pub const EPSILON: f64 = 0.01;
/// Rounds beyond which a streak adds nothing (the cap is reached long before).
pub const LONGEST_STREAK: u32 = 10;
/// A streak halves for every interval of this length without a round: the machine slept.
const GAP_HALF_LIFE: Duration = Duration::from_secs(5 * 60);

/// Evidence at which a block is raised: posterior at least 0.999.
pub const RAISE: f64 = 3.0;
/// Evidence at which a block is cleared.
pub const CLEAR: f64 = -2.0;
/// Rounds of the same symptom that an operator needs before it counts towards the quorum.
pub const MIN_STREAK: u32 = 2;

/// What is believed before the first round of an episode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prior {
    /// Start-up: about half of the machines on large clouds are blocked by default.
    Unknown,
    /// A settled open port: change is rare.
    Open,
    /// A settled block: change is rare.
    Blocked,
}

impl Prior {
    /// log10 odds of a block.
    pub fn bans(self) -> f64 {
        match self {
            Self::Unknown => 0.0,
            Self::Open => -3.0,
            Self::Blocked => 3.0,
        }
    }
}

/// How a block could show at an operator. Silence, resets and refusals are separate hypotheses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Silence.
    Drop,
    /// RST.
    Reset,
    /// ICMP.
    Icmp,
}

/// What one operator says in one round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// The symptom, with a valid control.
    Symptom(Mode),
    /// A genuine answer.
    Answer,
    /// Nothing that counts.
    Nothing,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    mode: Option<Mode>,
    streak: u32,
    answered_last: bool,
    heard: Duration,
}

/// The book of one port and family.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    entries: BTreeMap<Operator, Entry>,
}

impl Ledger {
    /// Enters what an operator said in the round at `at`.
    pub fn record(&mut self, operator: &Operator, mark: Mark, at: Duration) {
        // Looked up before it is inserted: a settled agent records the same operators for years.
        let entry = match self.entries.get_mut(operator) {
            Some(entry) => entry,
            None => self.entries.entry(operator.clone()).or_insert(Entry {
                mode: None,
                streak: 0,
                answered_last: false,
                heard: at,
            }),
        };
        let gaps = (at.saturating_sub(entry.heard).as_secs() / GAP_HALF_LIFE.as_secs()).min(31);
        entry.streak >>= gaps;
        match mark {
            Mark::Symptom(mode) if entry.mode == Some(mode) => {
                entry.streak = (entry.streak + 1).min(LONGEST_STREAK);
                entry.answered_last = false;
            }
            Mark::Symptom(mode) => {
                (entry.mode, entry.streak, entry.answered_last) = (Some(mode), 1, false);
            }
            Mark::Answer => (entry.mode, entry.streak, entry.answered_last) = (None, 0, true),
            Mark::Nothing => return,
        }
        entry.heard = at;
    }

    /// The operator's contribution under the hypothesis that the port is blocked in `mode`.
    pub fn weight(&self, operator: &Operator, mode: Mode) -> f64 {
        self.entries.get(operator).map_or(0.0, |entry| weigh(*entry, mode))
    }

    /// Consecutive rounds in which the operator showed `mode`.
    pub fn streak(&self, operator: &Operator, mode: Mode) -> u32 {
        self.entries.get(operator).filter(|entry| entry.mode == Some(mode)).map_or(0, |entry| entry.streak)
    }

    /// Operators that showed `mode` for at least [`MIN_STREAK`] rounds.
    pub fn quorum(&self, mode: Mode) -> usize {
        self.entries.values().filter(|entry| entry.mode == Some(mode) && entry.streak >= MIN_STREAK).count()
    }

    /// Σ w under the hypothesis `mode`, without prior.
    pub fn sum(&self, mode: Mode) -> f64 {
        self.entries.values().map(|entry| weigh(*entry, mode)).sum()
    }
}

fn weigh(entry: Entry, mode: Mode) -> f64 {
    if entry.answered_last {
        return EPSILON.log10();
    }
    if entry.mode != Some(mode) || entry.streak == 0 {
        return 0.0;
    }
    symptom_weight(entry.streak)
}

/// The weight of `streak` consecutive rounds of a symptom.
pub fn symptom_weight(streak: u32) -> f64 {
    // Powers of a small integer: `powi` takes i32, and the streak is at most LONGEST_STREAK.
    let n = i32::try_from(streak.min(LONGEST_STREAK)).unwrap_or(0);
    ((1.0 - EPSILON).powi(n) / (Q + (1.0 - Q) * P0.powi(n))).log10()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operator(name: &str) -> Operator {
        Operator::new(name).expect("valid")
    }

    fn second(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn weights_rise_to_the_cap_and_never_pass_it() {
        let weights: Vec<f64> = (1..=12).map(symptom_weight).collect();
        for (n, expected) in [(0, 0.96), (1, 1.69), (2, 1.95)] {
            assert!((weights[n] - expected).abs() < 0.01, "{weights:?}");
        }
        assert!(weights.iter().all(|w| *w <= -Q.log10()), "{weights:?}");
    }

    #[test]
    fn an_answer_ends_the_streak_and_weighs_against() {
        let mut ledger = Ledger::default();
        let google = operator("google");
        ledger.record(&google, Mark::Symptom(Mode::Drop), second(0));
        ledger.record(&google, Mark::Symptom(Mode::Drop), second(10));
        assert_eq!(ledger.streak(&google, Mode::Drop), 2);
        ledger.record(&google, Mark::Answer, second(20));
        assert_eq!(ledger.streak(&google, Mode::Drop), 0);
        assert!((ledger.sum(Mode::Drop) + 2.0).abs() < 1e-9);
    }

    #[test]
    fn a_failed_control_changes_nothing() {
        let mut ledger = Ledger::default();
        let google = operator("google");
        ledger.record(&google, Mark::Symptom(Mode::Drop), second(0));
        ledger.record(&google, Mark::Nothing, second(10));
        assert_eq!(ledger.streak(&google, Mode::Drop), 1);
    }

    #[test]
    fn another_symptom_is_another_hypothesis() {
        let mut ledger = Ledger::default();
        let google = operator("google");
        ledger.record(&google, Mark::Symptom(Mode::Drop), second(0));
        ledger.record(&google, Mark::Symptom(Mode::Reset), second(10));
        assert_eq!((ledger.streak(&google, Mode::Drop), ledger.streak(&google, Mode::Reset)), (0, 1));
        assert!(ledger.sum(Mode::Drop).abs() < 1e-9);
    }

    #[test]
    fn a_sleeping_machine_forgets() {
        let mut ledger = Ledger::default();
        let google = operator("google");
        for round in 0..8 {
            ledger.record(&google, Mark::Symptom(Mode::Drop), second(round * 10));
        }
        ledger.record(&google, Mark::Symptom(Mode::Drop), second(70 + 700));
        assert_eq!(ledger.streak(&google, Mode::Drop), 3);
    }
}
