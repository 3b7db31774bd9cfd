//! One agent of a fleet: the real state machines and the real instruments, in a world that is made up.
//!
//! ```text
//!   script ─▶ world ─▶ round ─▶ Machine ─▶ events ─┐
//!     │                  └────▶ Telemetry ─▶ export ┴─▶ spool ─▶ Shipper ─▶ gateway
//!     └─▶ what Azure tells ─▶ expectation, alerts
//! ```
//!
//! Time is an argument everywhere. The order of things within a round is that of `sortie run`.

mod outward;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::Result;
use fastrand::Rng;
use sortie_core::hearing::Hearing;
use sortie_core::localise;
use sortie_core::observation::{EngineKind, Round};
use sortie_core::schedule::{self, Pace, Rotation};
use sortie_core::target::{Family, Port};
use sortie_core::verdict::State;
use sortie_core::verdict::machine::Machine;
use sortie_telemetry::{Bounds, Event, Telemetry};

use super::clock::Clock;
use super::cloud::CloudFacts;
use super::population::Vm;
use super::script::Script;
use super::spool::{Limits, MemorySpool};
use super::telling::{PortChange, Standing, Telling};
use super::world::{Plan, Weather, World};

/// The name of the configuration that all of them have.
const CONFIG_HASH: &str = "5e1f0c2a";

/// What all agents share.
pub(super) struct Common {
    pub(super) script: Script,
    pub(super) world: World,
    pub(super) clock: Clock,
    pub(super) records: Arc<super::records::Records>,
}

/// An agent, in all its lives.
pub(super) struct Agent {
    pub(super) vm: usize,
    machines: Vec<Machine>,
    standings: Vec<Standing>,
    pub(super) telemetry: Arc<Telemetry>,
    pub(super) spool: Arc<MemorySpool>,
    cloud: CloudFacts,
    rotation: Rotation,
    rng: Rng,
    /// Sentinels so far.
    number: u64,
    /// Rounds of any kind so far.
    turns: usize,
    /// When the jury sat last.
    sat: Duration,
    /// When this life began.
    began: Duration,
}

/// What an agent does next, and when.
#[derive(Debug)]
pub(super) enum Act {
    /// A sentinel looks.
    Glance,
    /// The jury asks, for the so-manieth time in this sitting.
    Sit(u32),
    /// Something came back, or did not, for a sentinel or for the jury in this round of its sitting.
    Hear(Option<u32>, Box<Round>),
    /// Metrics are exported.
    Export,
    /// Azure is asked.
    Poll,
}

impl Agent {
    /// An agent in its first life, and what it does first.
    pub(super) fn new(common: &Common, vm: &Vm) -> Result<Self> {
        let settings = &common.script.scenario.agent;
        let pace = if settings.hurried { Pace::DEMONSTRATION } else { Pace::DEFAULT };
        let machine = |(port, family)| Machine::new(port, family, pace);
        let machines: Vec<_> = pairs(&settings.ports, common.script.families(vm)).map(machine).collect();
        let limits = Limits { age: settings.max_age, bytes: settings.max_bytes };
        let mut agent = Self {
            vm: vm.number,
            standings: machines.iter().map(|_| Standing::default()).collect(),
            machines,
            telemetry: telemetry(common, vm)?,
            spool: Arc::new(MemorySpool::new(vm.number, limits, Arc::clone(&common.records))),
            cloud: CloudFacts::new(&common.script, vm),
            rotation: Rotation::of(&vm.host_id),
            rng: Rng::with_seed(vm.draw("agent").to_bits()),
            number: 0,
            turns: 0,
            sat: Duration::ZERO,
            began: Duration::ZERO,
        };
        agent.cloud.poll(&common.script, vm, Duration::ZERO);
        Ok(agent)
    }

    /// Another life begins: what is on show stays, what was counted is gone.
    pub(super) fn begin_again(&mut self, common: &Common, at: Duration) -> Result<()> {
        let vm = &common.script.population.vms[self.vm];
        self.telemetry = telemetry(common, vm)?;
        for (machine, _) in self.machines.iter_mut().zip(&self.standings) {
            let (port, family, pace) = (machine.port(), machine.family(), machine.pace());
            *machine = match machine.shown() {
                Some(finding) => Machine::resumed(port, family, pace, finding.clone()),
                None => Machine::new(port, family, pace),
            };
        }
        self.began = at;
        Ok(())
    }

    /// The first words of a life, and what is done first in it.
    pub(super) fn begin(&mut self, common: &Common, at: Duration) -> Vec<(Duration, Act)> {
        let settings = &common.script.scenario.agent;
        let vm = &common.script.population.vms[self.vm];
        self.began = at;
        let resumed = self.machines.iter().any(|machine| machine.shown().is_some());
        let start = Event::AgentStart { config_hash: CONFIG_HASH, engine: EngineKind::Raw, resumed };
        self.telling(common, at).tell(&start);
        let first_export = at + settings.export.mul_f64(vm.draw("phase"));
        // A fleet does not start within one moment.
        let first_round = at + settings.interval.mul_f64(vm.draw("start") / 4.0);
        let mut acts = vec![(first_round, Act::Sit(1)), (first_export, Act::Export)];
        if self.cloud.is_asked() {
            acts.push((at + settings.interval.mul_f64(vm.draw("poll")), Act::Poll));
        }
        acts
    }

    /// Does something, and says what it does next because of it.
    pub(super) fn act(&mut self, common: &Common, at: Duration, act: Act) -> Result<Vec<(Duration, Act)>> {
        let settings = &common.script.scenario.agent;
        Ok(match act {
            Act::Glance => vec![self.glance(common, at)],
            Act::Sit(number) => {
                if number == 1 {
                    self.sat = at;
                    self.machines
                        .iter_mut()
                        .filter(|machine| machine.shown().is_none())
                        .for_each(Machine::doubt);
                }
                vec![self.ask(common, at, number)]
            }
            Act::Hear(None, round) => vec![self.hear_glance(common, at, &round)],
            Act::Hear(Some(number), round) => vec![self.hear(common, at, number, &round)],
            Act::Export => {
                self.export(common, at)?;
                vec![(at + settings.export, Act::Export)]
            }
            Act::Poll => {
                self.poll(common, at);
                vec![(at + settings.arm_interval, Act::Poll)]
            }
        })
    }

    /// What is on show, by port and family.
    pub(super) fn shown(&self) -> impl Iterator<Item = (Port, Family, State)> {
        self.machines
            .iter()
            .filter_map(|machine| Some((machine.port(), machine.family(), machine.shown()?.state)))
    }

    /// The last words of a life.
    pub(super) fn end(&mut self, common: &Common, at: Duration) -> Result<()> {
        self.telling(common, at).tell(&Event::AgentStop { reason: "SIGTERM" });
        self.export(common, at)
    }

    fn glance(&mut self, common: &Common, at: Duration) -> (Duration, Act) {
        let mut targets = Vec::new();
        for port in common.world.roster.ports() {
            let operators = common.world.roster.operators(port);
            if let Some(watch) = self.rotation.sentinel(self.number, operators.len()) {
                targets.extend(common.world.targets(port, Some(operators[watch])));
            }
        }
        self.number += 1;
        let round = self.round(common, at, &targets, false);
        (at + longest(&round), Act::Hear(None, Box::new(round)))
    }

    fn ask(&mut self, common: &Common, at: Duration, number: u32) -> (Duration, Act) {
        let doubted =
            |port| self.machines.iter().any(|machine| machine.port() == port && machine.is_doubting());
        let ports: Vec<Port> =
            common.world.roster.ports().into_iter().filter(|port| doubted(*port)).collect();
        let targets: Vec<usize> = ports.iter().flat_map(|port| common.world.targets(*port, None)).collect();
        let round = self.round(common, at, &targets, true);
        (at + longest(&round), Act::Hear(Some(number), Box::new(round)))
    }

    fn hear_glance(&mut self, common: &Common, at: Duration, round: &Round) -> (Duration, Act) {
        for machine in &mut self.machines {
            if let Some(hearing) = Hearing::of(round, EngineKind::Raw, machine.port(), machine.family()) {
                machine.glance(&hearing);
            }
        }
        self.take(common, at, round, &[]);
        let settings = &common.script.scenario.agent;
        let since = at.saturating_sub(self.sat);
        for machine in &mut self.machines {
            let due = machine.shown().is_some_and(|shown| {
                since >= schedule::jury_interval(shown.state, settings.greeting_interval, machine.pace())
            });
            if due {
                machine.doubt();
            }
        }
        self.next(common, at)
    }

    /// The next round that is made where nothing else is under way.
    fn next(&mut self, common: &Common, at: Duration) -> (Duration, Act) {
        if self.machines.iter().any(Machine::is_doubting) {
            return (at, Act::Sit(1));
        }
        let interval = common.script.scenario.agent.interval;
        (at + schedule::jittered(interval, self.rng.f64()), Act::Glance)
    }

    fn hear(&mut self, common: &Common, at: Duration, number: u32, round: &Round) -> (Duration, Act) {
        if number == 1 {
            self.walk(common, round);
        }
        let mut changes = Vec::new();
        for (index, machine) in self.machines.iter_mut().enumerate().filter(|(_, m)| m.is_doubting()) {
            let Some(hearing) = Hearing::of(round, EngineKind::Raw, machine.port(), machine.family()) else {
                machine.excuse();
                continue;
            };
            let state = |machine: &Machine| machine.shown().map(|shown| shown.state);
            let previous = state(machine);
            machine.hear(hearing, at);
            if state(machine) != previous {
                changes.push(PortChange { machine: index, previous });
            }
        }
        if number == 2 && self.machines.iter().any(Machine::is_doubting) {
            self.walk(common, round);
        }
        self.take(common, at, round, &changes);
        if self.machines.iter().any(Machine::is_doubting) {
            let spacing = self.machines[0].pace().confirm_spacing;
            return (at.max(round.started + spacing), Act::Sit(number + 1));
        }
        self.next(common, at)
    }

    fn walk(&mut self, common: &Common, round: &Round) {
        let vm = &common.script.population.vms[self.vm];
        let at = round.started;
        let dead: Vec<&str> = common.script.dead(at).collect();
        let fault = |port, family| common.script.fault(vm, port, family, at);
        let weather = Weather { fault: &fault, dead: &dead, turn: self.turns };
        for machine in self.machines.iter_mut().filter(|machine| machine.is_doubting()) {
            let (port, family) = (machine.port(), machine.family());
            let Some(hearing) = Hearing::of(round, EngineKind::Raw, port, family) else { continue };
            let Some(extent) = localise::extent(round, &hearing, port, family) else { continue };
            machine.add_walks(common.world.walk(&localise::pairs(round, port, family), &extent, &weather));
        }
    }

    fn round(&mut self, common: &Common, at: Duration, targets: &[usize], is_jury: bool) -> Round {
        let vm = &common.script.population.vms[self.vm];
        let dead: Vec<&str> = common.script.dead(at).collect();
        let fault = |port, family| common.script.fault(vm, port, family, at);
        self.turns += 1;
        let weather = Weather { fault: &fault, dead: &dead, turn: self.turns };
        let families = common.script.families(vm);
        common.world.round(&Plan { targets, families, is_jury, started: at }, &weather, &mut self.rng)
    }

    /// What a round saw and changed: events, then metrics.
    fn take(&mut self, common: &Common, at: Duration, round: &Round, changes: &[PortChange]) {
        let vm = &common.script.population.vms[self.vm];
        let now = wall(common, vm, at);
        for (index, machine) in self.machines.iter().enumerate() {
            let Some(shown) = machine.shown() else { continue };
            let standing = &mut self.standings[index];
            if !machine.is_doubting() && shown.state.is_conclusive() {
                standing.conclusive = Some(now);
            }
            let change = changes.iter().find(|change| change.machine == index);
            let telling =
                Telling { telemetry: &self.telemetry, spool: &self.spool, host: &vm.host_id, at, now };
            telling.judged(machine, standing, &self.cloud, change);
        }
        round.observations.iter().for_each(|observation| self.telemetry.observed(observation));
        for change in changes.iter().filter(|change| change.previous.is_some()) {
            let machine = &self.machines[change.machine];
            self.telemetry.changed(machine.port(), machine.family());
        }
        self.show(common, at);
    }

    fn poll(&mut self, common: &Common, at: Duration) {
        let vm = &common.script.population.vms[self.vm];
        let expected_before = self.cloud.expected(Port::SMTP);
        let change = self.cloud.poll(&common.script, vm, at);
        let expected = (expected_before, self.cloud.expected(Port::SMTP));
        let telling = Telling {
            telemetry: &self.telemetry,
            spool: &self.spool,
            host: &vm.host_id,
            at,
            now: wall(common, vm, at),
        };
        telling.asked(&mut self.cloud, change.as_ref(), expected);
        self.show(common, at);
    }

    fn telling<'a>(&'a self, common: &'a Common, at: Duration) -> Telling<'a> {
        let vm = &common.script.population.vms[self.vm];
        Telling {
            telemetry: &self.telemetry,
            spool: &self.spool,
            host: &vm.host_id,
            at,
            now: wall(common, vm, at),
        }
    }
}

/// As the clock of a machine has it.
fn wall(common: &Common, vm: &Vm, at: Duration) -> SystemTime {
    let off = common.script.clock_off(vm, at);
    let apart = Duration::from_secs(off.unsigned_abs());
    let right = common.clock.wall(at);
    if off < 0 { right - apart } else { right + apart }
}

fn telemetry(common: &Common, vm: &Vm) -> Result<Arc<Telemetry>> {
    let identity = common.script.population.identity(vm);
    Ok(Arc::new(Telemetry::new(&identity, &Bounds::of(&common.world.roster))?))
}

fn longest(round: &Round) -> Duration {
    round.observations.iter().map(|observation| observation.took).max().unwrap_or_default()
}

fn pairs(ports: &[Port], families: &[Family]) -> impl Iterator<Item = (Port, Family)> {
    ports.iter().flat_map(move |port| families.iter().map(move |family| (*port, *family)))
}

#[cfg(test)]
mod tests;
