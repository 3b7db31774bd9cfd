//! The simulated world: what becomes of one SYN, and what the right verdict would be.

use std::ops::Range;

use fastrand::Rng;
use sortie_core::verdict::State;

use crate::alternation::{Alternation, Span};
use crate::weather::Weather;

/// One day in seconds.
const DAY: f64 = 86_400.0;
/// A destination lives for thirty days and is then dead for an hour.
const LIFE: Span = Span::Exponential(30.0 * DAY);
const DEATH: Span = Span::Exponential(3_600.0);
/// A frozen machine neither sends nor receives.
const FREEZE: Span = Span::Uniform(5.0, 60.0);
/// Global controls.
const GLOBALS: usize = 2;
/// Round trips, from near to the other side of the earth, in seconds.
const ROUND_TRIP: (f64, f64) = (0.005, 0.250);

/// What dies with a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dies {
    /// The host: subject and control are silent.
    Host,
    /// The mail service: the control goes on answering.
    MailPort,
}

/// The laws of a world.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Climate {
    /// Operators with a subject and a control each.
    pub(crate) operators: usize,
    /// Average loss each way.
    pub(crate) loss: f64,
    /// What a death takes away.
    pub(crate) dies: Dies,
    /// Whether the first operator is dead from the start.
    pub(crate) one_dead: bool,
    /// Mean days between two freezes of the machine.
    pub(crate) days_between_freezes: f64,
}

impl Climate {
    /// Five operators, hosts that die, a freeze a week.
    pub(crate) fn with_loss(loss: f64) -> Self {
        Self { operators: 5, loss, dies: Dies::Host, one_dead: false, days_between_freezes: 7.0 }
    }
}

/// Which port of a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// The port under test.
    Subject,
    /// The control on the same host.
    Control,
}

#[derive(Clone, Debug)]
struct Destination {
    deaths: Alternation,
    round_trip: f64,
}

/// The world of one machine.
#[derive(Clone, Debug)]
pub(crate) struct World {
    /// Chance itself.
    pub(crate) rng: Rng,
    climate: Climate,
    weather: Weather,
    destinations: Vec<Destination>,
    freezes: Alternation,
    block: Range<f64>,
}

impl World {
    /// A world in which the platform blocks the port during `block`.
    pub(crate) fn new(climate: Climate, block: Range<f64>, seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let count = climate.operators + GLOBALS;
        let weather = Weather::new(climate.loss, count, &mut rng);
        let destinations = (0..count).map(|index| {
            let mut deaths = Alternation::quiet_at(0.0, LIFE, DEATH, &mut rng);
            if climate.one_dead && index == 0 {
                deaths = Alternation::quiet_at(-1.0, Span::Uniform(1.0, 1.0), Span::Endless, &mut rng);
            }
            Destination { deaths, round_trip: Span::Uniform(ROUND_TRIP.0, ROUND_TRIP.1).draw(&mut rng) }
        });
        let destinations = destinations.collect();
        let between = Span::Exponential(climate.days_between_freezes * DAY);
        let freezes = Alternation::quiet_at(0.0, between, FREEZE, &mut rng);
        Self { rng, climate, weather, destinations, freezes, block }
    }

    /// Operators under test; the destinations after them are the global controls.
    pub(crate) fn operators(&self) -> usize {
        self.climate.operators
    }

    /// Operators and global controls.
    pub(crate) fn destinations(&self) -> usize {
        self.destinations.len()
    }

    /// A sitting begins with one destination; what is older than it is forgotten.
    pub(crate) fn begin(&mut self, destination: usize, at: f64) {
        self.freezes.forget(at);
        self.destinations.iter_mut().for_each(|destination| destination.deaths.forget(at));
        self.weather.renew(destination, at, &mut self.rng);
    }

    /// All destinations are asked, `but` that with which the sitting began.
    pub(crate) fn widen(&mut self, but: Option<usize>, at: f64) {
        self.weather.renew_others(but, at, &mut self.rng);
    }

    /// The first moment from `at` on at which this machine runs.
    pub(crate) fn awake(&mut self, at: f64) -> f64 {
        self.freezes.busy_until(at, &mut self.rng).unwrap_or(at)
    }

    /// Sends a packet and says when the answer to it arrives, if one does.
    pub(crate) fn exchange(&mut self, destination: usize, side: Side, at: f64) -> Option<f64> {
        let round_trip = self.destinations[destination].round_trip;
        let (turned, arrives) = (at + round_trip / 2.0, at + round_trip);
        let lost = side == Side::Subject && self.block.contains(&at)
            || self.weather.loses_there(destination, at, &mut self.rng)
            || self.is_dead(destination, side, turned)
            || self.weather.loses_back(destination, turned, &mut self.rng)
            || self.freezes.is_busy(arrives, &mut self.rng);
        (!lost).then_some(arrives)
    }

    /// Whether `state` is right, or was at a moment since `from`.
    pub(crate) fn allows(&mut self, state: State, from: f64, at: f64) -> bool {
        let blocked = self.block.start < at && from < self.block.end;
        let free = from < self.block.start || self.block.end <= at;
        match state {
            State::PlatformBlocked => blocked,
            State::Open => free,
            State::Partial => free && self.mail_ports_down(from).max(self.mail_ports_down(at)) >= 2,
            _ => false,
        }
    }

    /// Operators of whom neither port is dead.
    pub(crate) fn living(&mut self, at: f64) -> usize {
        (0..self.climate.operators).filter(|index| !self.is_dead(*index, Side::Subject, at)).count()
    }

    fn mail_ports_down(&mut self, at: f64) -> usize {
        match self.climate.dies {
            Dies::Host => 0,
            Dies::MailPort => {
                (0..self.climate.operators).filter(|index| self.is_dead(*index, Side::Subject, at)).count()
            }
        }
    }

    fn is_dead(&mut self, destination: usize, side: Side, at: f64) -> bool {
        let spared = self.climate.dies == Dies::MailPort && side == Side::Control;
        !spared && self.destinations[destination].deaths.is_busy(at, &mut self.rng)
    }
}
