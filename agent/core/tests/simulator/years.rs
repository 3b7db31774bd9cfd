//! Long lives: what is shown that is not so, for every state, and what a minute costs.

use sortie_core::verdict::State;

use crate::agent::{Agent, Ear, Sent};
use crate::shards;
use crate::world::{Climate, World};

/// Seconds of a year of 365 days.
pub(crate) const YEAR: f64 = 365.0 * 86_400.0;

/// What is counted over many machines; by state, in the order of [`State::ALL`].
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Years {
    /// Machines, each with a start of its own.
    pub(crate) machines: u64,
    /// For how long each was watched, in seconds.
    pub(crate) span: f64,
    /// Times that the state was put on show and was wrong.
    pub(crate) wrong: [u32; State::ALL.len()],
    /// Seconds for which something wrong was on show.
    pub(crate) wrong_for: f64,
    sent: Sent,
}

impl Years {
    /// Lives `span` seconds with every one of `machines`, the platform blocking all the time or never.
    pub(crate) fn live(climate: Climate, blocked: bool, span: f64, machines: u64) -> Self {
        let lives = shards::by_seed(machines, |seed| live(climate, blocked, span, seed));
        lives.into_iter().fold(Self { span, ..Self::default() }, Self::with)
    }

    /// How often `state` was wrongly shown.
    pub(crate) fn wrongly(&self, state: State) -> u32 {
        State::ALL.iter().zip(self.wrong).find(|(known, _)| **known == state).map_or(0, |(_, count)| count)
    }

    /// SYNs and conversations a minute.
    pub(crate) fn a_minute(&self) -> (f64, f64) {
        let minutes = self.machines as f64 * self.span / 60.0;
        (self.sent.syns as f64 / minutes, self.sent.sessions as f64 / minutes)
    }

    fn with(mut self, other: Self) -> Self {
        self.machines += other.machines;
        self.wrong_for += other.wrong_for;
        self.sent.syns += other.sent.syns;
        self.sent.sessions += other.sent.sessions;
        self.wrong.iter_mut().zip(other.wrong).for_each(|(count, more)| *count += more);
        self
    }
}

fn live(climate: Climate, blocked: bool, span: f64, seed: u64) -> Years {
    let block = if blocked { -1.0..f64::INFINITY } else { f64::INFINITY..f64::INFINITY };
    let mut agent = Agent::new(World::new(climate, block, seed), Ear::Thrifty, true, seed);
    agent.run(span, |_| false);
    let mut years = Years { machines: 1, span, sent: agent.sent, ..Years::default() };
    let ends = agent.story.iter().skip(1).map(|shown| shown.at).chain([span]);
    for (shown, end) in agent.story.iter().zip(ends).filter(|(shown, _)| !shown.right) {
        let index = State::ALL.iter().position(|state| *state == shown.state).unwrap_or_default();
        years.wrong[index] += 1;
        years.wrong_for += (end - shown.at).max(0.0);
    }
    years
}
