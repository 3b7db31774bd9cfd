//! Sentinel and jury: who is asked in a round, and what the machines of all ports and families make of it.
//!
//! ```text
//!   sentinel: one operator and its control, one SYN ──▶ glance      (settled states)
//!   jury:     every operator, confirm rounds          ──▶ walk ──▶ hear
//! ```
//!
//! `check` is one sitting of the jury; `run` keeps a sentinel and calls the jury. Both are this module, so a verdict
//! is reached in one way.

mod asked;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use sortie_core::hearing::Hearing;
use sortie_core::localise::{self, Extent, Pair};
use sortie_core::observation::{Observation, Round};
use sortie_core::schedule::{Pace, Rotation, SENTINEL_WINDOW};
use sortie_core::target::{Family, Port, Roster, Target};
use sortie_core::verdict::machine::Machine;
use sortie_core::verdict::{Finding, State};
use sortie_core::walk::Walk;
use sortie_net::{Event, PeerLimit, Prober, Resolved, RoundPlan};
use tokio::time::Instant;

use self::asked::{is_asked, pairs};
use crate::clock::Reading;

/// A first verdict of one port and family, or another state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortChange {
    /// The port.
    pub port: Port,
    /// The IP family.
    pub family: Family,
    /// The state that was on show; `None` before the first verdict.
    pub previous: Option<State>,
}

/// What is told while a round runs.
#[derive(Clone, Copy, Debug)]
pub enum Stage {
    /// Names are looked up.
    Resolving,
    /// A round of the jury, counted from one.
    Round(u32, Event),
    /// TTL-limited SYNs are under way.
    Walking,
    /// Until the next confirm round.
    Pausing(Duration),
    /// The machine was suspended for this long during the round, which is therefore repeated.
    Suspended(Duration),
}

/// Everything that one agent knows about its ports.
#[derive(Debug)]
pub struct Jury {
    prober: Prober,
    roster: Roster,
    pace: Pace,
    machines: Vec<Machine>,
    latest: Vec<Observation>,
    rounds: Vec<Round>,
    walks: Vec<Walk>,
    began: Reading,
    since: BTreeMap<(Port, Family), SystemTime>,
}

/// The whole jury, called together.
#[derive(Debug)]
pub struct Sitting {
    resolved: Resolved,
    number: u32,
}

/// The machine was suspended for this long during a round: packets were lost that say nothing about the network, so
/// the round counts for nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suspended(pub Duration);

impl Jury {
    /// A jury that has heard nothing.
    pub fn new(prober: Prober, roster: Roster, families: &[Family], pace: Pace) -> Self {
        let machines =
            pairs(&roster, families).map(|(port, family)| Machine::new(port, family, pace)).collect();
        Self {
            prober,
            roster,
            pace,
            machines,
            latest: Vec::new(),
            rounds: Vec::new(),
            walks: Vec::new(),
            began: Reading::now(),
            since: BTreeMap::new(),
        }
    }

    /// Goes on from what another life of the agent had on show, and says whether this port and family is asked at all.
    pub fn resume(&mut self, (port, family): (Port, Family), finding: Finding, since: SystemTime) -> bool {
        let mut machines = self.machines.iter_mut();
        let Some(machine) = machines.find(|machine| (machine.port(), machine.family()) == (port, family))
        else {
            return false;
        };
        *machine = Machine::resumed(port, family, self.pace, finding);
        self.since.insert((port, family), since);
        true
    }

    /// Goes on from what `former` had on show, and believes nothing else of it.
    pub fn take_over(&mut self, former: &Self) {
        for machine in &former.machines {
            if let (Some(shown), Some(since)) = (machine.shown(), former.since(machine)) {
                self.resume((machine.port(), machine.family()), shown.clone(), since);
            }
        }
    }

    /// Goes on with another engine and other destinations. What is on show stays until the jury, which is called, finds
    /// something else; ports and families that are gone are forgotten.
    pub fn reconfigure(&mut self, prober: Prober, roster: Roster, families: &[Family]) {
        let known = std::mem::take(&mut self.machines);
        let machine = |(port, family)| {
            let kept = known.iter().find(|m| (m.port(), m.family()) == (port, family)).cloned();
            kept.unwrap_or_else(|| Machine::new(port, family, self.pace))
        };
        self.machines = pairs(&roster, families).map(machine).collect();
        self.since.retain(|key, _| self.machines.iter().any(|m| (m.port(), m.family()) == *key));
        self.latest
            .retain(|observation| is_asked(&roster, observation) && families.contains(&observation.family));
        (self.prober, self.roster) = (prober, roster);
        self.call(|_| true);
    }

    /// The state machines, by port and family.
    pub fn machines(&self) -> &[Machine] {
        &self.machines
    }

    /// The engine and its limits.
    pub fn prober(&self) -> &Prober {
        &self.prober
    }

    /// The latest observation of every destination.
    pub fn latest(&self) -> &[Observation] {
        &self.latest
    }

    /// The rounds of the current sitting, for `--explain`.
    pub fn rounds(&self) -> &[Round] {
        &self.rounds
    }

    /// The walks of the current sitting, for `--explain`.
    pub fn walks(&self) -> &[Walk] {
        &self.walks
    }

    /// When the state on show was decided, by the wall clock of that moment.
    pub fn since(&self, machine: &Machine) -> Option<SystemTime> {
        self.since.get(&(machine.port(), machine.family())).copied()
    }

    /// Wall-clock time of an offset from the start, as the clock is set now.
    pub fn wall(&self, offset: Duration) -> SystemTime {
        let now = Reading::now();
        now.wall_time() - (now.boot.saturating_sub(self.began.boot)).saturating_sub(offset)
    }

    /// Whether the jury is needed.
    pub fn is_doubting(&self) -> bool {
        self.machines.iter().any(Machine::is_doubting)
    }

    /// Calls the whole jury for these machines, whatever the sentinels say.
    pub fn call(&mut self, which: impl Fn(&Machine) -> bool) {
        self.machines.iter_mut().filter(|machine| which(machine)).for_each(Machine::doubt);
    }

    /// Heeds where the control plane sends traffic first, and calls the jury where that could make a difference.
    pub fn heed(&mut self, detour: Option<&str>) {
        self.machines
            .iter_mut()
            .filter_map(|machine| machine.heed(detour).then_some(machine))
            .for_each(Machine::doubt);
    }

    /// The same where no sitting follows: what was heard is judged with it.
    pub fn reconsider(&mut self, detour: Option<&str>) {
        for machine in &mut self.machines {
            if machine.heed(detour) {
                machine.reconsider();
            }
        }
    }

    /// Sits until nobody doubts any more.
    pub async fn sit(&mut self, tell: &dyn Fn(Stage)) {
        let mut sitting = self.convene(tell).await;
        while self.is_doubting() {
            let next = Instant::now() + self.pace.confirm_spacing;
            if let Err(Suspended(asleep)) = self.round(&mut sitting, tell).await {
                tell(Stage::Suspended(asleep));
            } else if self.is_doubting() {
                tell(Stage::Pausing(next.saturating_duration_since(Instant::now())));
                tokio::time::sleep_until(next).await;
            }
        }
    }

    /// Begins a sitting: names are looked up once for all of its rounds.
    pub async fn convene(&mut self, tell: &dyn Fn(Stage)) -> Sitting {
        self.rounds.clear();
        self.walks.clear();
        tell(Stage::Resolving);
        Sitting { resolved: self.prober.resolve(&self.roster).await, number: 1 }
    }

    /// One round of a sitting, for everybody who is in doubt, and what it changed.
    pub async fn round(
        &mut self,
        sitting: &mut Sitting,
        tell: &dyn Fn(Stage),
    ) -> Result<Vec<PortChange>, Suspended> {
        let before = Reading::now();
        let round = self.ask(sitting, tell).await;
        if let Some(asleep) = Reading::now().suspended_since(&before) {
            return Err(Suspended(asleep));
        }
        let changes = self.hear(&round);
        // What is still in doubt is walked once more: a hop that was silent gets another chance.
        if sitting.number == 2 && self.is_doubting() {
            self.walk(&round, tell).await;
        }
        self.rounds.push(round);
        sitting.number += 1;
        Ok(changes)
    }

    /// Asks everybody who is in doubt, and makes the first round's walks.
    async fn ask(&mut self, sitting: &Sitting, tell: &dyn Fn(Stage)) -> Round {
        let Sitting { resolved, number } = sitting;
        let doubted: Vec<Port> =
            self.machines.iter().filter(|m| m.is_doubting()).map(Machine::port).collect();
        let plan = RoundPlan {
            targets: self.targets(|port| doubted.contains(&port)),
            globals: true,
            attempts: None,
            window: None,
            sessions: true,
            peers: None,
            started: self.elapsed(),
        };
        let round = self.prober.round(resolved, &plan, &|event| tell(Stage::Round(*number, event))).await;
        // One walk precedes every conviction.
        if *number == 1 {
            self.walk(&round, tell).await;
        }
        round
    }

    fn hear(&mut self, round: &Round) -> Vec<PortChange> {
        let engine = self.prober.engine();
        let (at, wall) = (self.elapsed(), SystemTime::now());
        let mut changes = Vec::new();
        for machine in self.machines.iter_mut().filter(|m| m.is_doubting()) {
            let (port, family) = (machine.port(), machine.family());
            let Some(hearing) = Hearing::of(round, engine, port, family) else {
                machine.excuse();
                continue;
            };
            let state = |machine: &Machine| machine.shown().map(|shown| shown.state);
            let previous = state(machine);
            machine.hear(hearing, at);
            if state(machine) != previous {
                self.since.insert((port, family), wall);
                changes.push(PortChange { port, family, previous });
            }
        }
        self.remember(round);
        changes
    }

    /// Walks what the round calls for, everything of one extent side by side.
    async fn walk(&mut self, round: &Round, tell: &dyn Fn(Stage)) {
        let engine = self.prober.engine();
        let mut wanted: Vec<(Extent, Vec<Pair>)> = Vec::new();
        for machine in self.machines.iter().filter(|m| m.is_doubting()) {
            let (port, family) = (machine.port(), machine.family());
            let Some(hearing) = Hearing::of(round, engine, port, family) else { continue };
            let Some(extent) = localise::extent(round, &hearing, port, family) else { continue };
            let pairs = localise::pairs(round, port, family);
            match wanted.iter_mut().find(|(known, _)| *known == extent) {
                Some((_, list)) => list.extend(pairs),
                None => wanted.push((extent, pairs)),
            }
        }
        if !wanted.is_empty() {
            tell(Stage::Walking);
        }
        let walks =
            wanted.iter().map(|(extent, pairs)| self.prober.walk(pairs, extent.ttls.clone(), extent.repeats));
        let walks: Vec<Walk> = futures_util::future::join_all(walks).await.into_iter().flatten().collect();
        for machine in self.machines.iter_mut().filter(|m| m.is_doubting()) {
            let (port, family) = (machine.port(), machine.family());
            machine.add_walks(walks.iter().filter(|walk| walk.is_of(port, family)).cloned());
        }
        self.walks.extend(walks);
    }

    /// One round of the sentinels: one operator a port.
    pub async fn glance(&mut self, rotation: Rotation, number: u64) -> Result<Round, Suspended> {
        let watched: Vec<_> = self
            .roster
            .ports()
            .into_iter()
            .filter_map(|port| {
                let operators = self.roster.operators(port);
                let watch = rotation.sentinel(number, operators.len())?;
                Some((port, operators[watch].clone()))
            })
            .collect();
        let on_watch = |target: &&Target| {
            watched.iter().any(|(port, o)| *port == target.address().port && o == target.operator())
        };
        let asked = self.roster.targets().iter().filter(on_watch).cloned().collect();
        // A subset of a valid roster is valid, and it is never empty: every port has an operator.
        let asked =
            Roster::new(asked, self.roster.globals().to_vec()).unwrap_or_else(|_| self.roster.clone());
        let plan = RoundPlan {
            targets: (0..asked.targets().len()).collect(),
            globals: asked.targets().iter().any(|target| target.control().is_none()),
            attempts: Some(vec![Duration::ZERO]),
            window: Some(SENTINEL_WINDOW),
            sessions: false,
            peers: Some(PeerLimit { most: 1, turn: usize::try_from(number).unwrap_or(0) }),
            started: self.elapsed(),
        };
        let before = Reading::now();
        let resolved = self.prober.resolve(&asked).await;
        let round = self.prober.round(&resolved, &plan, &|_| ()).await;
        if let Some(asleep) = Reading::now().suspended_since(&before) {
            return Err(Suspended(asleep));
        }
        let engine = self.prober.engine();
        for machine in &mut self.machines {
            if let Some(hearing) = Hearing::of(&round, engine, machine.port(), machine.family()) {
                machine.glance(&hearing);
            }
        }
        self.remember(&round);
        Ok(round)
    }

    /// Since the start, sleep included.
    fn elapsed(&self) -> Duration {
        Reading::now().boot.saturating_sub(self.began.boot)
    }

    fn targets(&self, wanted: impl Fn(Port) -> bool) -> Vec<usize> {
        let targets = self.roster.targets().iter().enumerate();
        targets.filter(|(_, target)| wanted(target.address().port)).map(|(index, _)| index).collect()
    }

    /// Keeps the latest observation of every destination.
    fn remember(&mut self, round: &Round) {
        let alike = |a: &Observation, b: &Observation| {
            (&a.operator, a.role, &a.address, a.family) == (&b.operator, b.role, &b.address, b.family)
        };
        // By name, not by address: names with ever new addresses must not make the list grow.
        self.latest.retain(|known| !round.observations.iter().any(|new| alike(known, new)));
        self.latest.extend(round.observations.iter().cloned());
    }
}
