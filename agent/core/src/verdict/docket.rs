//! What the rounds of one episode said about one port and family.
//!
//! An episode begins at start-up, or when a settled state is doubted, and ends when a state is settled again. The
//! ledger outlives episodes, because streaks do; walks and tallies do not.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::hearing::{Greeting, Hearing, Symptom, Tally};
use crate::ledger::{Ledger, Mark, Mode, Prior};
use crate::observation::Icmp;
use crate::schedule::Pace;
use crate::target::{Family, Operator, Port};
use crate::walk::Walk;

/// What is remembered of an operator within an episode.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Memory {
    pub(super) last_answer: Option<Duration>,
    pub(super) fell_silent: bool,
    pub(super) rounds_failed: u32,
    pub(super) refusal: Option<Icmp>,
}

/// The book of one episode.
#[derive(Clone, Debug)]
pub struct Docket {
    pub(super) port: Port,
    pub(super) family: Family,
    pub(super) pace: Pace,
    pub(super) prior: Prior,
    /// The next hop, where the control plane says that traffic does not go straight to the internet.
    pub(super) detour: Option<String>,
    pub(super) ledger: Ledger,
    pub(super) last: Option<Hearing>,
    pub(super) rounds: u32,
    pub(super) memory: BTreeMap<Operator, Memory>,
    pub(super) subject_tally: Tally,
    pub(super) control_tally: Tally,
    pub(super) walks: BTreeMap<Operator, Walk>,
    pub(super) walked: bool,
    pub(super) undelivered: u64,
    pub(super) late: usize,
}

impl Docket {
    /// An empty book with the prior of a start.
    pub fn new(port: Port, family: Family, pace: Pace) -> Self {
        Self {
            port,
            family,
            pace,
            prior: Prior::Unknown,
            detour: None,
            ledger: Ledger::default(),
            last: None,
            rounds: 0,
            memory: BTreeMap::new(),
            subject_tally: Tally::default(),
            control_tally: Tally::default(),
            walks: BTreeMap::new(),
            walked: false,
            undelivered: 0,
            late: 0,
        }
    }

    /// Begins an episode: streaks stay, everything that was only said in the last episode goes.
    pub fn begin(&mut self, prior: Prior) {
        self.prior = prior;
        self.rounds = 0;
        self.subject_tally = Tally::default();
        self.control_tally = Tally::default();
        self.walks.clear();
        self.walked = false;
        self.undelivered = 0;
        self.late = 0;
        for memory in self.memory.values_mut() {
            (memory.fell_silent, memory.rounds_failed, memory.refusal) = (false, 0, None);
        }
    }

    /// The port under test.
    pub fn port(&self) -> Port {
        self.port
    }

    /// The IP family.
    pub fn family(&self) -> Family {
        self.family
    }

    /// Jury rounds heard in this episode.
    pub fn rounds(&self) -> u32 {
        self.rounds
    }

    /// Enters the walks of this episode; none is an answer too, it says that there was nothing to walk.
    pub fn add_walks(&mut self, walks: impl IntoIterator<Item = Walk>) {
        for walk in walks {
            match self.walks.get_mut(&walk.operator) {
                Some(known) if known.subject == walk.subject => known.steps.extend(walk.steps),
                _ => drop(self.walks.insert(walk.operator.clone(), walk)),
            }
        }
        self.walked = true;
    }

    /// Enters a round of the whole jury.
    pub fn hear(&mut self, mut hearing: Hearing) {
        self.recall(&mut hearing);
        self.enter(&hearing);
        self.rounds += 1;
        self.subject_tally += hearing.subject_tally;
        self.control_tally += hearing.control_tally;
        self.late = self.late.max(hearing.late);
        self.undelivered += hearing.host.undelivered.unwrap_or(0);
        self.last = Some(hearing);
    }

    /// Enters the round of a sentinel: its answers are remembered, its silence only calls the jury.
    pub fn glance(&mut self, hearing: &Hearing) {
        for testimony in hearing.testimonies.iter().filter(|t| t.is_answered()) {
            self.memory.entry(testimony.operator.clone()).or_default().last_answer = Some(hearing.at);
            self.ledger.record(&testimony.operator, Mark::Answer, hearing.at);
        }
    }

    /// Routers limit the rate of their ICMP (RFC 1812 §4.3.2.8): an operator that was refused earlier in the episode
    /// and is silent now is still refused.
    fn recall(&mut self, hearing: &mut Hearing) {
        for testimony in &mut hearing.testimonies {
            let memory = self.memory.entry(testimony.operator.clone()).or_default();
            match (&testimony.symptom, memory.refusal) {
                (Symptom::Icmp(icmp), _) => memory.refusal = Some(*icmp),
                (Symptom::Silent, Some(icmp)) => testimony.symptom = Symptom::Icmp(icmp),
                (Symptom::Silent, None) => {}
                _ => memory.refusal = None,
            }
        }
    }

    fn enter(&mut self, hearing: &Hearing) {
        let degraded = hearing.is_degraded();
        for testimony in &hearing.testimonies {
            let lost = testimony.symptom == Symptom::Answered(Greeting::Lost);
            let mark = match testimony.symptom {
                Symptom::Answered(_) => Mark::Answer,
                _ if degraded || !testimony.control.is_valid() => Mark::Nothing,
                Symptom::Silent => Mark::Symptom(Mode::Drop),
                Symptom::Reset => Mark::Symptom(Mode::Reset),
                Symptom::Icmp(_) => Mark::Symptom(Mode::Icmp),
                _ => Mark::Nothing,
            };
            self.ledger.record(&testimony.operator, mark, hearing.at);
            let memory = self.memory.entry(testimony.operator.clone()).or_default();
            let recent = self.pace.answer_memory;
            let recently = memory.last_answer.is_some_and(|at| hearing.at.saturating_sub(at) <= recent);
            memory.fell_silent = lost || (recently && mark == Mark::Symptom(Mode::Drop));
            if testimony.is_genuine() {
                memory.rounds_failed = 0;
            } else if !lost && (testimony.is_answered() || testimony.is_failing()) {
                memory.rounds_failed += 1;
            }
            if mark == Mark::Answer {
                memory.last_answer = Some(hearing.at);
            }
        }
    }
}
