//! The agent's loop in virtual time: a sentinel on schedule, the jury when it is surprised or when it is due.
//!
//! The world is simulated SYN by SYN in every round. Most rounds only repeat what the machine knows, and telling it
//! so takes far longer than simulating them: [`Ear::Thrifty`] keeps such rounds back, and tells the machine the
//! latest of them before it tells it anything else. A test proves that both ears hear the same story.

use std::time::Duration;

use sortie_core::schedule::{self, Pace, Rotation};
use sortie_core::target::{Family, Operator, Port};
use sortie_core::verdict::State;
use sortie_core::verdict::machine::Machine;

use crate::round::{self, Heard};
use crate::world::World;

/// The agent's interval.
const INTERVAL: Duration = Duration::from_secs(60);
/// How often the greetings of an open port are heard.
const GREETINGS: Duration = Duration::from_secs(15 * 60);

/// What the machine is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ear {
    /// Every round.
    Patient,
    /// The rounds that can change something, and the latest of the others before them.
    Thrifty,
}

/// Something that was put on show.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Shown {
    /// When, in seconds.
    pub(crate) at: f64,
    /// What.
    pub(crate) state: State,
    /// Whether the world allowed it at any moment of the episode.
    pub(crate) right: bool,
}

/// What was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Sent {
    /// SYNs to subjects and controls.
    pub(crate) syns: u64,
    /// Conversations.
    pub(crate) sessions: u64,
}

/// One agent in its world.
#[derive(Debug)]
pub(crate) struct Agent {
    /// The world.
    pub(crate) world: World,
    /// The machine under test.
    pub(crate) machine: Machine,
    /// Everything that was ever on show.
    pub(crate) story: Vec<Shown>,
    /// Everything that was ever sent.
    pub(crate) sent: Sent,
    ear: Ear,
    walks: bool,
    names: Vec<Operator>,
    rotation: Rotation,
    number: u64,
    now: f64,
    sat: f64,
    kept_jury: Option<Heard>,
    kept_glances: Vec<Option<Heard>>,
}

impl Agent {
    /// An agent that has not yet asked anybody. Without `walks`, nobody is ever walked to.
    pub(crate) fn new(world: World, ear: Ear, walks: bool, seed: u64) -> Self {
        let name = |index| Operator::new(&format!("operator-{index}")).expect("a valid name");
        let names: Vec<_> = (0..world.operators()).map(name).collect();
        let kept_glances = vec![None; names.len()];
        Self {
            world,
            machine: Machine::new(Port::SMTP, Family::Ipv4, Pace::DEFAULT),
            story: Vec::new(),
            sent: Sent::default(),
            ear,
            walks,
            names,
            rotation: Rotation::of(&format!("host-{seed}")),
            number: 0,
            now: 0.0,
            sat: 0.0,
            kept_jury: None,
            kept_glances,
        }
    }

    /// The state on show.
    pub(crate) fn state(&self) -> Option<State> {
        self.machine.shown().map(|shown| shown.state)
    }

    /// Operators that are alive now.
    pub(crate) fn living(&mut self) -> usize {
        self.world.living(self.now)
    }

    /// Runs until `until`, or until `enough` says so after a sitting.
    pub(crate) fn run(&mut self, until: f64, enough: impl Fn(&Self) -> bool) {
        if self.machine.shown().is_none() {
            self.sit(None);
        }
        while self.now < until && !enough(self) {
            self.watch();
        }
    }

    /// Tells the machine what was kept back.
    pub(crate) fn catch_up(&mut self) {
        if let Some(jury) = self.kept_jury.take() {
            self.machine.doubt();
            self.tell_jury(&jury);
        }
        let mut glances: Vec<Heard> = self.kept_glances.iter_mut().filter_map(Option::take).collect();
        glances.sort_by(|a, b| a.start.total_cmp(&b.start));
        for glance in glances {
            self.machine.glance(&glance.hearing(&self.names));
        }
    }

    fn watch(&mut self) {
        let pause = schedule::jittered(INTERVAL, self.world.rng.f64()).as_secs_f64();
        self.now = self.world.awake(self.now + pause);
        let operator = self.rotation.sentinel(self.number, self.names.len()).unwrap_or_default();
        self.number += 1;
        self.world.begin(operator, self.now);
        let heard = round::sentinel(&mut self.world, operator, self.now);
        self.account(&heard);
        let fits = match self.state() {
            Some(State::Open) => heard.all_answered(),
            Some(State::PlatformBlocked) => heard.all_silent(),
            _ => false,
        };
        if self.ear == Ear::Thrifty && fits {
            if self.state() == Some(State::Open) {
                self.kept_glances[operator] = Some(heard);
            }
        } else {
            self.catch_up();
            self.machine.glance(&heard.hearing(&self.names));
        }
        let since = Duration::from_secs_f64(self.now - self.sat);
        let due = self
            .state()
            .is_some_and(|state| since >= schedule::jury_interval(state, GREETINGS, Pace::DEFAULT));
        if due || self.machine.is_doubting() {
            self.sit(Some(operator));
        }
    }

    /// Sits until nobody doubts any more.
    fn sit(&mut self, watch: Option<usize>) {
        let began = self.now;
        self.sat = began;
        self.world.widen(watch, began);
        loop {
            let start = self.now;
            let heard = round::jury(&mut self.world, start);
            self.account(&heard);
            let surprised = self.machine.is_doubting();
            if self.ear == Ear::Thrifty
                && !surprised
                && self.state() == Some(State::Open)
                && heard.all_answered()
            {
                self.kept_glances.fill(None);
                self.kept_jury = Some(heard);
                return;
            }
            if !surprised {
                self.catch_up();
                self.machine.doubt();
            }
            self.show(&heard, began);
            if !self.machine.is_doubting() {
                return;
            }
            self.now = self.world.awake(self.now.max(start + Pace::DEFAULT.confirm_spacing.as_secs_f64()));
        }
    }

    fn show(&mut self, heard: &Heard, began: f64) {
        let before = self.state();
        self.tell_jury(heard);
        if let Some(state) = self.state().filter(|state| before != Some(*state)) {
            let right = self.world.allows(state, began, self.now);
            self.story.push(Shown { at: self.now, state, right });
        }
    }

    fn tell_jury(&mut self, heard: &Heard) {
        if self.walks && self.machine.rounds() == 0 {
            self.machine.add_walks([]);
        }
        self.machine.hear(heard.hearing(&self.names), Duration::from_secs_f64(heard.end));
    }

    fn account(&mut self, heard: &Heard) {
        self.sent.syns += u64::from(heard.syns);
        self.sent.sessions += u64::from(heard.sessions);
        self.now = heard.end;
    }
}
