//! Sentinel and jury: who is asked in a round, and what the machines of all ports and families make of it.
//!
//! ```text
//!   sentinel: one operator and its control, one SYN ──▶ glance      (settled states)
//!   jury:     every operator, confirm rounds          ──▶ walk ──▶ hear
//! ```
//!
//! `check` is one sitting of the jury; `run` keeps a sentinel and calls the jury. Both are this module, so a verdict
//! is reached in one way.

use std::time::{Duration, SystemTime};

use sortie_core::hearing::Hearing;
use sortie_core::localise::{self, Extent, Pair};
use sortie_core::observation::{Observation, Round};
use sortie_core::schedule::{Pace, Rotation, SENTINEL_WINDOW};
use sortie_core::target::{Family, Host, Port, Roster, Target};
use sortie_core::verdict::machine::{Change, Machine};
use sortie_core::walk::Walk;
use sortie_net::{Event, PeerLimit, Prober, Resolved, RoundPlan};
use tokio::time::Instant;

/// A change of state of one port and family.
#[derive(Clone, Debug)]
pub struct PortChange {
    /// The port.
    pub port: Port,
    /// The IP family.
    pub family: Family,
    /// From what to what.
    pub change: Change,
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
    began: Instant,
    began_at: SystemTime,
}

impl Jury {
    /// A jury that has heard nothing.
    pub fn new(prober: Prober, roster: Roster, families: &[Family], pace: Pace) -> Self {
        let ports = roster.ports();
        let pairs = ports.iter().flat_map(|port| families.iter().map(move |family| (*port, *family)));
        let pairs = pairs.filter(|(port, family)| reaches(&roster, *port, *family));
        let machines = pairs.map(|(port, family)| Machine::new(port, family, pace)).collect();
        Self {
            prober,
            roster,
            pace,
            machines,
            latest: Vec::new(),
            rounds: Vec::new(),
            walks: Vec::new(),
            began: Instant::now(),
            began_at: SystemTime::now(),
        }
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

    /// Wall-clock time of an offset from the start.
    pub fn wall(&self, offset: Duration) -> SystemTime {
        self.began_at + offset
    }

    /// Whether the jury is needed.
    pub fn is_doubting(&self) -> bool {
        self.machines.iter().any(Machine::is_doubting)
    }

    /// Calls the whole jury for these machines, whatever the sentinels say.
    pub fn call(&mut self, which: impl Fn(&Machine) -> bool) {
        self.machines.iter_mut().filter(|machine| which(machine)).for_each(Machine::doubt);
    }

    /// Sits until nobody doubts any more, and tells every change.
    pub async fn sit(&mut self, tell: &dyn Fn(Stage)) -> Vec<PortChange> {
        self.rounds.clear();
        self.walks.clear();
        tell(Stage::Resolving);
        let resolved = self.prober.resolve(&self.roster).await;
        let mut changes = Vec::new();
        let mut number = 1;
        while self.is_doubting() {
            let next = Instant::now() + self.pace.confirm_spacing;
            changes.extend(self.round(&resolved, number, tell).await);
            if !self.is_doubting() {
                break;
            }
            tell(Stage::Pausing(next.saturating_duration_since(Instant::now())));
            tokio::time::sleep_until(next).await;
            number += 1;
        }
        changes
    }

    async fn round(&mut self, resolved: &Resolved, number: u32, tell: &dyn Fn(Stage)) -> Vec<PortChange> {
        let doubted: Vec<Port> =
            self.machines.iter().filter(|m| m.is_doubting()).map(Machine::port).collect();
        let plan = RoundPlan {
            targets: self.targets(|port| doubted.contains(&port)),
            globals: true,
            attempts: None,
            window: None,
            sessions: true,
            peers: None,
            started: self.began.elapsed(),
        };
        let round = self.prober.round(resolved, &plan, &|event| tell(Stage::Round(number, event))).await;
        // One walk precedes every conviction.
        if number == 1 {
            self.walk(&round, tell).await;
        }
        let engine = self.prober.engine();
        let at = self.began.elapsed();
        let mut changes = Vec::new();
        for machine in self.machines.iter_mut().filter(|m| m.is_doubting()) {
            let (port, family) = (machine.port(), machine.family());
            match Hearing::of(&round, engine, port, family) {
                Some(hearing) => {
                    let change = machine.hear(hearing, at);
                    changes.extend(change.map(|change| PortChange { port, family, change }));
                }
                None => machine.excuse(),
            }
        }
        // What is still in doubt is walked once more: a hop that was silent gets another chance.
        if number == 2 && self.is_doubting() {
            self.walk(&round, tell).await;
        }
        self.remember(&round);
        self.rounds.push(round);
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
    pub async fn glance(&mut self, rotation: Rotation, number: u64) {
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
        let Ok(asked) = Roster::new(asked, self.roster.globals().to_vec()) else { return };
        let plan = RoundPlan {
            targets: (0..asked.targets().len()).collect(),
            globals: asked.targets().iter().any(|target| target.control().is_none()),
            attempts: Some(vec![Duration::ZERO]),
            window: Some(SENTINEL_WINDOW),
            sessions: false,
            peers: Some(PeerLimit { most: 1, turn: usize::try_from(number).unwrap_or(0) }),
            started: self.began.elapsed(),
        };
        let resolved = self.prober.resolve(&asked).await;
        let round = self.prober.round(&resolved, &plan, &|_| ()).await;
        let engine = self.prober.engine();
        for machine in &mut self.machines {
            if let Some(hearing) = Hearing::of(&round, engine, machine.port(), machine.family()) {
                machine.glance(&hearing);
            }
        }
        self.remember(&round);
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

/// Whether anything on this port could have an address in this family: a literal has but one.
fn reaches(roster: &Roster, port: Port, family: Family) -> bool {
    roster.targets().iter().filter(|target| target.address().port == port).any(|target| {
        match &target.address().host {
            Host::Literal(ip) => Family::of(*ip) == family,
            Host::Name(_) | Host::Mx(_) => true,
        }
    })
}
