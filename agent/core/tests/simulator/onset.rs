//! A block that begins at a random moment and is lifted at another: how long until each is on show.

use fastrand::Rng;
use sortie_core::verdict::State;

use crate::agent::{Agent, Ear};
use crate::delays::Delays;
use crate::shards;
use crate::world::{Climate, World};

/// The agent has been running for at least this long: twenty minutes, in seconds.
const SETTLED: f64 = 1_200.0;
/// The moment is uniform over this many seconds: two intervals of the greetings, so that it meets every phase.
const PHASE: f64 = 1_800.0;
/// What has not been noticed after this many seconds is missed.
const PATIENCE: f64 = 1_800.0;
/// Operators that must be left for a promise. Three are never enough against the prior of an open port: each may
/// itself be dead with q = 0.01, and 3 × 2 − 3 stays below +3.
const ENOUGH_LEFT: usize = 4;

/// What became of one block.
#[derive(Clone, Debug)]
struct Onset {
    /// From its beginning until it was on show; `None` where it was missed.
    noticed: Option<f64>,
    /// From its lift until the port was shown open again; `None` where that was missed.
    lifted: Option<f64>,
    /// Whether anything else was shown in between.
    detour: bool,
    /// Operators that were alive whenever it mattered.
    left: usize,
}

fn live(climate: Climate, walks: bool, seed: u64) -> Onset {
    let mut rng = Rng::with_seed(!seed);
    let begins = SETTLED + PHASE * rng.f64();
    let ends = begins + PATIENCE + PHASE * rng.f64();
    let mut agent = Agent::new(World::new(climate, begins..ends, seed), Ear::Thrifty, walks, seed);
    let mut left = climate.operators;
    let mut run = |agent: &mut Agent, until: f64, enough: &dyn Fn(&Agent) -> bool| {
        agent.run(until, enough);
        left = left.min(agent.living());
    };
    run(&mut agent, begins, &|_| false);
    run(&mut agent, begins + PATIENCE, &|agent| agent.state() == Some(State::PlatformBlocked));
    run(&mut agent, ends, &|_| false);
    run(&mut agent, ends + PATIENCE, &|agent| agent.state() == Some(State::Open));

    let first = |state, from: f64| {
        agent.story.iter().find(|shown| shown.state == state && shown.at >= from).map(|shown| shown.at - from)
    };
    let changes = agent.story.iter().filter(|shown| shown.at >= begins).map(|shown| shown.state);
    Onset {
        noticed: first(State::PlatformBlocked, begins).filter(|delay| *delay <= PATIENCE),
        lifted: first(State::Open, ends),
        detour: changes.ne([State::PlatformBlocked, State::Open]),
        left,
    }
}

/// What became of many blocks.
#[derive(Clone, Debug)]
pub(crate) struct Onsets {
    /// Blocks while enough operators were left.
    pub(crate) count: usize,
    /// Blocks while too few were left, which nothing is promised about.
    pub(crate) too_few_left: usize,
    /// Onsets that were never shown, and lifts.
    pub(crate) missed: (usize, usize),
    /// Blocks with anything but one change for the onset and one for the lift.
    pub(crate) detours: usize,
    /// Seconds from onset to show.
    pub(crate) noticed: Delays,
    /// Seconds from lift to show.
    pub(crate) lifted: Delays,
}

impl Onsets {
    /// Lives through `count` blocks. Without `walks`, nobody is ever walked to.
    pub(crate) fn live(climate: Climate, walks: bool, count: u64) -> Self {
        let all = shards::by_seed(count, |seed| live(climate, walks, seed));
        let kept: Vec<_> = all.iter().filter(|onset| onset.left >= ENOUGH_LEFT).collect();
        let missed = |delay: fn(&Onset) -> Option<f64>| kept.iter().filter(|o| delay(o).is_none()).count();
        Self {
            count: kept.len(),
            too_few_left: all.len() - kept.len(),
            missed: (missed(|o| o.noticed), missed(|o| o.lifted)),
            detours: kept.iter().filter(|onset| onset.detour).count(),
            noticed: Delays::of(kept.iter().filter_map(|onset| onset.noticed)),
            lifted: Delays::of(kept.iter().filter_map(|onset| onset.lifted)),
        }
    }
}
