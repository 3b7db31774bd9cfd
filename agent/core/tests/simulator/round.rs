//! Rounds as the agent makes them, and the hearings that the machine is given of them.

use std::time::Duration;

use sortie_core::hearing::{Control, Greeting, Hearing, Symptom, Tally, Testimony};
use sortie_core::observation::EngineKind;
use sortie_core::outcome::Outcome;
use sortie_core::schedule::SENTINEL_WINDOW;
use sortie_core::target::Operator;

use crate::probe::{self, Patience};
use crate::world::{Side, World};

/// Attempts of the jury and its window (design §4).
const JURY: Patience = Patience { attempts: &[0.0, 1.0, 3.0], window: 7.0 };
/// Subject and control leave within this many seconds, in random order.
const SPREAD: f64 = 0.1;

/// What one operator showed, before it is put into words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Voice {
    operator: usize,
    /// What was heard on the port under test; `None` where nothing came back.
    greeting: Option<Greeting>,
    control: bool,
}

/// A round that was made.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    /// When it began and when its last answer or its window ended.
    pub(crate) start: f64,
    pub(crate) end: f64,
    /// SYNs and conversations.
    pub(crate) syns: u32,
    pub(crate) sessions: u32,
    voices: Vec<Voice>,
    globals: (usize, usize),
    subject_tally: Tally,
    control_tally: Tally,
}

impl Heard {
    fn new(start: f64) -> Self {
        Self {
            start,
            end: start,
            syns: 0,
            sessions: 0,
            voices: Vec::new(),
            globals: (0, 0),
            subject_tally: Tally::default(),
            control_tally: Tally::default(),
        }
    }

    /// Nothing but genuine answers on the port under test.
    pub(crate) fn all_answered(&self) -> bool {
        self.voices.iter().all(|v| matches!(v.greeting, Some(Greeting::NotHeard | Greeting::Valid)))
    }

    /// Nothing but silence beside controls that answered.
    pub(crate) fn all_silent(&self) -> bool {
        self.voices.iter().all(|v| v.greeting.is_none() && v.control)
    }

    /// As the machine hears it.
    pub(crate) fn hearing(&self, names: &[Operator]) -> Hearing {
        let testimonies = self.voices.iter().map(|voice| {
            let symptom = voice.greeting.map_or(Symptom::Silent, Symptom::Answered);
            let control = if voice.control { Control::SameHost } else { Control::Failed };
            Testimony::new(names[voice.operator].clone(), symptom, control)
        });
        Hearing {
            globals: self.globals,
            global_symptoms: vec![Outcome::Timeout; self.globals.1 - self.globals.0],
            subject_tally: self.subject_tally,
            control_tally: self.control_tally,
            ..Hearing::new(Duration::from_secs_f64(self.start), EngineKind::Raw, testimonies.collect())
        }
    }

    fn ask(&mut self, world: &mut World, operator: usize, patience: Patience) -> Option<f64> {
        let leaves = |world: &mut World| world.rng.f64() * SPREAD;
        let (subject_at, control_at) = (self.start + leaves(world), self.start + leaves(world));
        let subject = probe::handshake(world, operator, Side::Subject, subject_at, patience);
        let control = probe::handshake(world, operator, Side::Control, control_at, patience);
        self.syns += subject.tally.sent + control.tally.sent;
        self.subject_tally += subject.tally;
        self.control_tally += control.tally;
        self.end = self.end.max(subject.end).max(control.end);
        let greeting = subject.answered.map(|_| Greeting::NotHeard);
        self.voices.push(Voice { operator, greeting, control: control.answered.is_some() });
        subject.answered
    }

    fn converse(&mut self, world: &mut World, answered: f64) {
        let Some(voice) = self.voices.last_mut() else { return };
        let (greeting, end) = probe::conversation(world, voice.operator, answered);
        voice.greeting = Some(greeting);
        self.sessions += 1;
        self.end = self.end.max(end);
    }
}

/// One SYN to one operator and one to its control.
pub(crate) fn sentinel(world: &mut World, operator: usize, start: f64) -> Heard {
    let patience = Patience { attempts: &[0.0], window: SENTINEL_WINDOW.as_secs_f64() };
    let mut heard = Heard::new(start);
    heard.ask(world, operator, patience);
    heard
}

/// Everybody, with conversations and the global controls.
pub(crate) fn jury(world: &mut World, start: f64) -> Heard {
    let mut heard = Heard::new(start);
    for operator in 0..world.operators() {
        if let Some(answered) = heard.ask(world, operator, JURY) {
            heard.converse(world, answered);
        }
    }
    for global in world.operators()..world.destinations() {
        let at = start + world.rng.f64() * SPREAD;
        let probed = probe::handshake(world, global, Side::Control, at, JURY);
        heard.syns += probed.tally.sent;
        heard.end = heard.end.max(probed.end);
        heard.globals.0 += usize::from(probed.answered.is_some());
        heard.globals.1 += 1;
    }
    heard
}
