//! The one loop of a fleet: whatever is due next, agent by agent, in the order of virtual time.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use sortie_core::target::{Family, Port};
use sortie_core::verdict::State;
use sortie_telemetry::{Proxy, ShipSettings, Shipper};
use tokio::task::AbortHandle;

use super::agent::{Act, Agent, Common};
use super::clock::Clock;
use super::desk::Desk;
use super::settings::Settings;
use super::spool::MemorySpool;
use crate::stop::{POLL, StopFlag};

/// What is done between two looks at what shippers have to do.
const ACTS_AT_ONCE: usize = 8;

/// A fleet in motion.
pub(super) struct Play {
    common: Common,
    cast: Vec<Role>,
    /// One for each connection; agents share them.
    shippers: Vec<Shipper<MemorySpool>>,
    due: BinaryHeap<Reverse<Due>>,
    number: u64,
}

/// An agent on the stage, or behind it.
struct Role {
    agent: Agent,
    /// Counts lives: what was planned in an earlier one is void.
    life: u32,
    ships: Option<AbortHandle>,
}

/// Something that is due. What is due at one moment is done in the order in which it was planned.
struct Due {
    at: Duration,
    number: u64,
    agent: usize,
    what: Step,
}

enum Step {
    /// Of this life.
    Act(u32, Act),
    Begin,
    End,
}

impl Play {
    /// Prepares everybody, and does nothing yet.
    pub(super) fn new(common: Common, settings: &Settings) -> Result<Self> {
        let agents = common.script.population.vms.iter().map(|vm| Agent::new(&common, vm));
        let cast: Vec<Role> =
            agents.map(|agent| Ok(Role { agent: agent?, life: 0, ships: None })).collect::<Result<_>>()?;
        // All waits of a shipper follow from its interval: so virtual time is real time to it.
        let interval = common.script.scenario.agent.export.div_f64(common.clock.speed());
        let ship = ShipSettings { proxy: Proxy::Off, ..ShipSettings::to(&settings.endpoint, interval) };
        let shippers = cast
            .iter()
            .take(settings.connections.max(1))
            .map(|role| {
                let (spool, telemetry) = (Arc::clone(&role.agent.spool), Arc::clone(&role.agent.telemetry));
                Ok(Shipper::new(&ship, spool, telemetry)?)
            })
            .collect::<Result<_>>()?;
        let mut play = Self { common, cast, shippers, due: BinaryHeap::new(), number: 0 };
        for agent in 0..play.cast.len() {
            let vm = &play.common.script.population.vms[agent];
            if play.common.script.life(vm, Duration::ZERO).is_some() {
                play.plan(Duration::ZERO, agent, Step::Begin);
            } else if let Some(at) = play.common.script.next_life(vm, Duration::ZERO) {
                play.plan(at, agent, Step::Begin);
            }
        }
        Ok(play)
    }

    /// The story begins now.
    pub(super) fn restart(&mut self, clock: Clock) {
        self.common.clock = clock;
    }

    /// Plays until it is told to stop.
    pub(super) async fn go(mut self, desk: &Desk, flag: &StopFlag) -> Result<()> {
        while !flag.is_set() {
            let now = self.common.clock.now();
            let is_told = desk.is_told();
            let mut acts = 0;
            while !is_told
                && let Some(Reverse(due)) = self.due.peek()
                && due.at <= now
                && acts < ACTS_AT_ONCE
            {
                if let Some(Reverse(due)) = self.due.pop() {
                    self.step(due)?;
                    acts += 1;
                }
            }
            let next = match self.due.peek() {
                Some(Reverse(due)) if !is_told => due.at,
                _ => now + POLL,
            };
            desk.reached(now.min(next), || Shown { is_told, ..self.shown() });
            if acts == ACTS_AT_ONCE {
                tokio::task::yield_now().await;
            } else {
                tokio::time::sleep(self.common.clock.until(next).min(POLL)).await;
            }
        }
        Ok(())
    }

    fn step(&mut self, due: Due) -> Result<()> {
        let Due { at, agent, what, .. } = due;
        let role = &mut self.cast[agent];
        match what {
            Step::Begin => {
                if role.life > 0 {
                    role.agent.begin_again(&self.common, at)?;
                }
                role.life += 1;
                let shipper = &self.shippers[agent % self.shippers.len()];
                let mut shipper =
                    shipper.beside(Arc::clone(&role.agent.spool), Arc::clone(&role.agent.telemetry));
                role.ships = Some(tokio::spawn(async move { shipper.run().await }).abort_handle());
                let life = role.life;
                for (at, act) in role.agent.begin(&self.common, at) {
                    self.plan(at, agent, Step::Act(life, act));
                }
                self.plan_end(agent, at);
            }
            Step::Act(life, act) if life == role.life && role.ships.is_some() => {
                for (at, act) in role.agent.act(&self.common, at, act)? {
                    self.plan(at, agent, Step::Act(life, act));
                }
            }
            Step::Act(..) => {}
            Step::End => {
                role.agent.end(&self.common, at)?;
                if let Some(ships) = role.ships.take() {
                    ships.abort();
                }
                let vm = &self.common.script.population.vms[agent];
                if let Some(next) = self.common.script.next_life(vm, at) {
                    self.plan(next, agent, Step::Begin);
                }
            }
        }
        Ok(())
    }

    /// A life ends when the script says so, or when the next one begins.
    fn plan_end(&mut self, agent: usize, at: Duration) {
        let vm = &self.common.script.population.vms[agent];
        if let Some(end) = self.common.script.end_of_life(vm, at) {
            self.plan(end, agent, Step::End);
        }
    }

    fn plan(&mut self, at: Duration, agent: usize, what: Step) {
        self.number += 1;
        self.due.push(Reverse(Due { at, number: self.number, agent, what }));
    }

    /// What agents that run have on show, and how many of them there are.
    fn shown(&self) -> Shown {
        let mut shown = Shown::default();
        let subscriptions = &self.common.script.scenario.subscription;
        for role in self.cast.iter().filter(|role| role.ships.is_some()) {
            let vm = &self.common.script.population.vms[role.agent.vm];
            for (port, family, state) in role.agent.shown() {
                let key = (subscriptions[vm.subscription].name.clone(), port, family, state);
                *shown.counts.entry(key).or_default() += 1;
            }
        }
        shown.waiting = self.cast.iter().map(|role| role.agent.spool.waiting()).sum();
        shown
    }
}

/// What is on show, counted.
#[derive(Clone, Debug, Default)]
pub(super) struct Shown {
    /// Nothing was made since, and nothing will be.
    pub(super) is_told: bool,
    pub(super) counts: BTreeMap<(String, Port, Family, State), usize>,
    pub(super) waiting: usize,
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Due {}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}
