//! What the rounds of one episode said about one port and family.
//!
//! An episode begins at start-up, or when a settled state is doubted, and ends when a state is settled again. The
//! ledger outlives episodes, because streaks do; walks and tallies do not.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::{Finding, rules};
use crate::distance::TOLERANCE;
use crate::hearing::{Greeting, Hearing, Symptom, Tally, Testimony};
use crate::ledger::{Ledger, MIN_STREAK, Mark, Mode, Prior};
use crate::observation::Icmp;
use crate::target::{Family, Operator, Port};
use crate::walk::{Reach, Walk};

/// An answer on the port under test counts against a silent drop for this long: a throttle lets a few SYNs pass
/// and is silent for the rest of its window, and nobody is convicted in the middle of one.
pub const ANSWER_MEMORY: Duration = Duration::from_secs(60);

/// Silent SYNs of a control at TTLs that reach whoever answers the subject, before they count as its distance.
const SILENCES: usize = 3;
/// Loss on the controls up to which silence can be told from loss.
pub const CALM: f64 = 0.1;

/// What is remembered of an operator within an episode.
#[derive(Clone, Copy, Debug, Default)]
struct Memory {
    last_answer: Option<Duration>,
    fell_silent: bool,
    rounds_failed: u32,
    refusal: Option<Icmp>,
}

/// The book of one episode.
#[derive(Clone, Debug)]
pub struct Docket {
    port: Port,
    family: Family,
    prior: Prior,
    ledger: Ledger,
    last: Option<Hearing>,
    rounds: u32,
    memory: BTreeMap<Operator, Memory>,
    subject_tally: Tally,
    control_tally: Tally,
    walks: BTreeMap<Operator, Walk>,
    walked: bool,
    undelivered: u64,
    late: usize,
}

impl Docket {
    /// An empty book with the prior of a start.
    pub fn new(port: Port, family: Family) -> Self {
        Self {
            port,
            family,
            prior: Prior::Unknown,
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

    /// What everything heard so far amounts to.
    pub fn find(&self) -> Option<Finding> {
        self.view().map(|view| rules::decide(&view))
    }

    fn view(&self) -> Option<View<'_>> {
        self.last.as_ref().map(|hearing| View::new(self, hearing))
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

    /// As [`View::is_torn`].
    pub fn is_torn(&self) -> bool {
        self.view().is_some_and(|view| view.is_torn())
    }

    fn enter(&mut self, hearing: &Hearing) {
        let (answered, asked) = hearing.controls();
        // Fewer than half of the controls: the network is in trouble, and trouble is not evidence.
        let degraded = 2 * answered < asked;
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
            let recently =
                memory.last_answer.is_some_and(|at| hearing.at.saturating_sub(at) <= ANSWER_MEMORY);
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

/// A docket as the rules look at it: the last round with every witness sorted.
pub struct View<'a> {
    docket: &'a Docket,
    /// The last round.
    pub hearing: &'a Hearing,
    /// Real servers answered these.
    pub good: Vec<&'a Testimony>,
    /// These fail while their controls answer, or are answered by something that is no mail server.
    pub bad: Vec<&'a Testimony>,
    /// These say nothing: no address, no control, nothing left of this machine's own resources.
    pub void: Vec<&'a Testimony>,
}

impl<'a> View<'a> {
    fn new(docket: &'a Docket, hearing: &'a Hearing) -> Self {
        let mut view = Self { docket, hearing, good: Vec::new(), bad: Vec::new(), void: Vec::new() };
        let mut shared_seen = BTreeSet::new();
        for testimony in &hearing.testimonies {
            // Several names that lead to one address are one witness.
            let dependent = hearing.shared_names.contains(&testimony.operator)
                && testimony.peer.is_some_and(|peer| !shared_seen.insert(peer));
            if dependent || testimony.symptom == Symptom::Answered(Greeting::Lost) {
                view.void.push(testimony);
            } else if testimony.is_genuine() {
                view.good.push(testimony);
            } else if testimony.is_answered() || (testimony.is_failing() && !view.control_is_near(testimony))
            {
                view.bad.push(testimony);
            } else {
                view.void.push(testimony);
            }
        }
        view
    }

    /// Jury rounds in this episode.
    pub fn rounds(&self) -> u32 {
        self.docket.rounds
    }

    /// The port under test.
    pub fn port(&self) -> Port {
        self.docket.port
    }

    /// Whether the localisation that precedes a conviction was made.
    pub fn walked(&self) -> bool {
        self.docket.walked
    }

    /// Operators that were measured at all.
    pub fn operators(&self) -> usize {
        let dependent = self.hearing.shared_names.len();
        let measured = self.hearing.measured().count();
        // A group of names with one address counts once; how many groups there are matters less than that they
        // are not independent.
        if dependent == 0 { measured } else { measured - dependent + 1 }
    }

    /// Failing operators whose symptom satisfies `wanted`.
    pub fn failing(&self, wanted: impl Fn(&Symptom) -> bool) -> Vec<&'a Testimony> {
        self.bad.iter().copied().filter(|t| wanted(&t.symptom)).collect()
    }

    /// Evidence for a block in `mode` from the operators that may speak: prior and weights, in bans.
    pub fn sum(&self, mode: Mode) -> f64 {
        let speaking = self.good.iter().chain(&self.bad);
        self.docket.prior.bans() + speaking.map(|t| self.weight(t, mode)).sum::<f64>()
    }

    /// Belief before this episode.
    pub fn prior(&self) -> Prior {
        self.docket.prior
    }

    /// One operator's weight.
    pub fn weight(&self, testimony: &Testimony, mode: Mode) -> f64 {
        self.docket.ledger.weight(&testimony.operator, mode)
    }

    /// Consecutive rounds of one operator's symptom.
    pub fn streak(&self, testimony: &Testimony, mode: Mode) -> u32 {
        self.docket.ledger.streak(&testimony.operator, mode)
    }

    /// Failing operators that showed `mode` in at least two consecutive rounds.
    pub fn quorum(&self, mode: Mode) -> usize {
        self.bad.iter().filter(|t| self.streak(t, mode) >= MIN_STREAK).count()
    }

    /// Failing operators that failed in the round before as well: transient loss rarely hits one twice.
    pub fn lasting(&self) -> usize {
        let failed = |t: &&&Testimony| {
            self.docket.memory.get(&t.operator).is_some_and(|memory| memory.rounds_failed >= MIN_STREAK)
        };
        self.bad.iter().filter(failed).count()
    }

    /// Operators that answered within the memory and are silent now, their controls answering.
    pub fn fell_silent(&self) -> usize {
        self.docket.memory.values().filter(|memory| memory.fell_silent).count()
    }

    /// Whether anybody answered on the port under test within [`ANSWER_MEMORY`].
    pub fn answered_recently(&self) -> bool {
        let at = self.hearing.at;
        let recent =
            |memory: &Memory| memory.last_answer.is_some_and(|then| at.saturating_sub(then) <= ANSWER_MEMORY);
        self.docket.memory.values().any(recent)
    }

    /// A settled state is at stake and nobody answers any more. That is a throttle or a block, and only time tells.
    pub fn fell_quiet(&self) -> bool {
        self.docket.prior != Prior::Unknown && !self.hearing.testimonies.iter().any(Testimony::is_answered)
    }

    /// The time is not over: the next answer tells a throttle, the end of [`ANSWER_MEMORY`] a block.
    pub fn is_torn(&self) -> bool {
        self.fell_quiet() && self.answered_recently()
    }

    /// Attempts of this episode on the port under test and on the controls.
    pub fn tallies(&self) -> (Tally, Tally) {
        (self.docket.subject_tally, self.docket.control_tally)
    }

    /// Packets that arrived at this machine during the episode and were delivered to nobody.
    pub fn undelivered(&self) -> u64 {
        self.docket.undelivered
    }

    /// Operators whose answer came after the window of its round.
    pub fn late(&self) -> usize {
        self.docket.late
    }

    /// The walk of an operator, where one was made.
    pub fn walk(&self, testimony: &Testimony) -> Option<&'a Walk> {
        self.docket.walks.get(&testimony.operator)
    }

    /// All walks of the episode.
    pub fn walks(&self) -> impl Iterator<Item = &'a Walk> {
        self.docket.walks.values()
    }

    /// Something near answered the control in everybody's name: a handshake at TTL 1 with a host that is not in a
    /// network of this machine's own proves nothing about the way to it.
    pub fn control_is_near(&self, testimony: &Testimony) -> bool {
        !testimony.on_link
            && self.walk(testimony).is_some_and(|walk| {
                walk.steps.iter().any(|step| step.ttl == 1 && step.control.contains(&Reach::SynAck))
            })
    }

    /// Where whoever answers the subject with `wanted` stands, compared with the destination.
    pub fn placed(&self, testimony: &Testimony, wanted: fn(&Reach) -> bool) -> Placed {
        if testimony.on_link {
            return Placed::AtDestination;
        }
        let Some(walk) = self.walk(testimony) else { return Placed::Unknown };
        let Some(drawn) = walk.subject_draws(wanted) else { return Placed::Unknown };
        // No mail server of another organisation stands at the first hop.
        if drawn == 1 {
            return Placed::Before(1);
        }
        // Distances to two hosts of one operator may differ; only a clear margin places a device before both.
        let margin = if walk.same_host() { 1 } else { TOLERANCE };
        let control = walk.control_distance();
        if control.is_some_and(|control| control <= drawn) {
            return Placed::AtDestination;
        }
        // Seen to die at this TTL or a greater one: the control is farther away, whatever was lost.
        if walk.control_reach().is_some_and(|reach| reach + 1 >= drawn + margin) {
            return Placed::Before(drawn);
        }
        // Hops that hide: silence at this TTL counts where it was repeated and nothing else is lost.
        let silent = walk.steps.iter().filter(|step| (drawn..control.unwrap_or(u8::MAX)).contains(&step.ttl));
        let silences: usize = silent.map(|step| step.control.len()).sum();
        let farther = control.map_or(testimony.control.is_valid(), |control| drawn + margin <= control);
        if farther && silences >= SILENCES && self.docket.control_tally.loss() <= CALM {
            Placed::Before(drawn)
        } else {
            Placed::Unknown
        }
    }
}

/// Where a device stands that answers in a destination's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placed {
    /// Before the destination; the smallest TTL that reaches it.
    Before(u8),
    /// Not nearer than the destination itself.
    AtDestination,
    /// The walk does not say.
    Unknown,
}
