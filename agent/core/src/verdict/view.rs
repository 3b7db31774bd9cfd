//! A docket as the rules look at it: the last round with every witness sorted, and what the walks place.

use std::collections::BTreeSet;

use super::docket::{Docket, Memory};
use crate::distance::TOLERANCE;
use crate::hearing::{Control, Greeting, Hearing, Symptom, Tally, Testimony};
use crate::ledger::{MIN_STREAK, Mode, Prior};
use crate::target::Port;
use crate::walk::{Reach, Walk};

/// Silent SYNs of a control at TTLs that reach whoever answers the subject, before they count as its distance.
const SILENCES: usize = 3;
/// Hops at which no mail operator's servers stand, whatever the distance of somebody else's control.
const SERVERLESS_HOPS: u8 = 2;
/// Loss on the controls up to which silence can be told from loss.
pub const CALM: f64 = 0.1;

/// A docket as the rules look at it: the last round with every witness sorted.
pub struct View<'a> {
    docket: &'a Docket,
    /// The last round.
    pub hearing: &'a Hearing,
    /// Real servers answered these.
    pub good: Vec<&'a Testimony>,
    /// These fail while their controls answer, or are answered by something that is no mail server.
    pub bad: Vec<&'a Testimony>,
    /// These say nothing: no address, no control, nothing left of this machine's own resources, or a round in which
    /// most controls failed.
    pub void: Vec<&'a Testimony>,
}

impl<'a> View<'a> {
    /// The last round of a docket; `None` before there was one.
    pub fn of(docket: &'a Docket) -> Option<Self> {
        docket.last.as_ref().map(|hearing| Self::new(docket, hearing))
    }

    fn new(docket: &'a Docket, hearing: &'a Hearing) -> Self {
        let mut view = Self { docket, hearing, good: Vec::new(), bad: Vec::new(), void: Vec::new() };
        let mut shared_seen = BTreeSet::new();
        let degraded = hearing.is_degraded();
        for testimony in &hearing.testimonies {
            // Several names that lead to one address are one witness.
            let dependent = hearing.shared_names.contains(&testimony.operator)
                && testimony.peer.is_some_and(|peer| !shared_seen.insert(peer));
            if dependent || testimony.symptom == Symptom::Answered(Greeting::Lost) {
                view.void.push(testimony);
            } else if testimony.is_genuine() {
                view.good.push(testimony);
            } else if testimony.is_answered()
                || (testimony.is_failing() && !degraded && !view.control_is_near(testimony))
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

    /// Where traffic goes first, where it does not go straight to the internet.
    pub fn detour(&self) -> Option<&str> {
        self.docket.detour.as_deref()
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

    /// Whether anybody answered on the port under test within the pace's memory.
    pub fn answered_recently(&self) -> bool {
        let at = self.hearing.at;
        let most = self.docket.pace.answer_memory;
        let recent = |memory: &Memory| memory.last_answer.is_some_and(|then| at.saturating_sub(then) <= most);
        self.docket.memory.values().any(recent)
    }

    /// A settled state is at stake and nobody answers any more. That is a throttle or a block, and only time tells.
    pub fn fell_quiet(&self) -> bool {
        self.docket.prior != Prior::Unknown && !self.hearing.testimonies.iter().any(Testimony::is_answered)
    }

    /// The time is not over: the next answer tells a throttle, the end of the memory a block.
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
        // Beside somebody else's control, far means nothing: this destination may simply be nearer.
        if testimony.control == Control::Global && drawn > SERVERLESS_HOPS {
            return Placed::Unknown;
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
