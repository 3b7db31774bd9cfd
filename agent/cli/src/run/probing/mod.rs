//! Sentinels on schedule, the jury when they are surprised, and everything put on the board after each round.
//!
//! Rounds never overlap: there is one loop, and the next round is planned when the last one is over. A new
//! configuration is taken between two rounds, never within a sitting.

mod configuration;
mod heeding;
mod showing;
mod taking;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use sortie_core::alert::Turn;
use sortie_core::report::Cloud;
use sortie_core::schedule::{self, Rotation};
use sortie_core::target::{Family, Port};
use sortie_core::verdict::machine::Machine;
use sortie_net::OpenError;
use sortie_telemetry::{Event, Skip, Telemetry};
use tokio::sync::watch;
use tokio::time::Instant;
use tracing::{debug, info};

use self::taking::Standing;
use super::log;
use super::memory::{Entry, Memory};
use super::notices::Notices;
use super::orders::{Orders, Wake};
use super::relays::Heard;
use super::service::Service;
use super::telling::Telling;
use crate::board::Board;
use crate::clock::Reading;
use crate::config::Config;
use crate::jury::{Jury, Suspended};
use crate::known::{Known, KnownMachine, Recalled};
use crate::{args, assemble, cloud, engine, host};

/// Longer than any round, its walks and slow names included: beyond it something hangs.
const ROUND_MOST: Duration = Duration::from_secs(120);

/// Everything that probing owns.
pub(super) struct Probing<'a> {
    config: Config,
    jury: Jury,
    board: Arc<Board>,
    telemetry: Arc<Telemetry>,
    service: &'a Service,
    settings: watch::Sender<Arc<Config>>,
    args: &'a args::Run,
    notices: Notices,
    memory: Memory,
    /// What the cloud has told in this life.
    told: watch::Receiver<Option<Cloud>>,
    /// What is known of the cloud by now, and what is raised about it.
    machine: KnownMachine,
    /// How the relays stand by now.
    relays: watch::Receiver<Heard>,
    /// The same as it is on show.
    heard: Heard,
    /// Whether this life has begun where the last one ended.
    has_begun: bool,
    started: SystemTime,
    measured: Option<SystemTime>,
    standings: BTreeMap<(Port, Family), Standing>,
    clock: Reading,
}

impl<'a> Probing<'a> {
    /// Opens the engine. Nothing is asked before [`Probing::go`].
    pub(super) fn open(
        config: Config,
        faces: (Arc<Board>, Arc<Telemetry>),
        service: &'a Service,
        settings: watch::Sender<Arc<Config>>,
        args: &'a args::Run,
        known: (Memory, watch::Receiver<Option<Cloud>>, watch::Receiver<Heard>),
    ) -> Result<Self, OpenError> {
        let jury = engine::jury(&config, config.roster.clone())?;
        log::start(&config, &jury);
        let ((board, telemetry), (memory, told, relays)) = (faces, known);
        Ok(Self {
            config,
            jury,
            board,
            telemetry,
            service,
            settings,
            args,
            notices: Notices::default(),
            memory,
            told,
            machine: KnownMachine::default(),
            relays,
            heard: Heard::default(),
            has_begun: false,
            started: SystemTime::now(),
            measured: None,
            standings: BTreeMap::new(),
            clock: Reading::now(),
        })
    }

    /// Goes on from what the last life of this agent had on show.
    async fn begin(&mut self) {
        if std::mem::replace(&mut self.has_begun, true) {
            return;
        }
        let Recalled { ports, machine, history } = self.memory.recall().await;
        self.board.history(|remembered| *remembered = history);
        let mut entry = Entry::new();
        let cloud = cloud::remembered(&self.config, machine.cloud.clone());
        self.machine = KnownMachine { cloud, ..machine };
        self.learn(&mut entry);
        for Known { port, family, finding, since, conclusive, alarm, exemption } in ports {
            let cloud = self.machine.cloud.as_ref();
            let verdict = assemble::composed(&self.config, cloud, (port, family), &finding, since);
            let state = finding.state;
            if self.jury.resume((port, family), finding, since) {
                log::recalled(port, family, state, since);
                self.standings.insert((port, family), Standing { conclusive, alarm, exemption });
            } else {
                entry.forget((port, family));
                self.telling().turned(&mut entry, &verdict, Turn { cleared: alarm.raised(), raised: None });
            }
        }
        let (config_hash, engine) = (&self.config.hash, self.jury.prober().engine());
        let start = Event::AgentStart { config_hash, engine, resumed: !self.standings.is_empty() };
        self.telling().tell(&mut entry, &start);
        self.memory.keep(entry).await;
    }

    /// The last words of this life.
    pub(super) async fn end(&self, reason: &str) {
        self.tell(&Event::AgentStop { reason }).await;
    }

    /// Forgets what was heard, which may be half of a thought, and opens the engine again. What is on show stays.
    pub(super) fn begin_anew(&mut self) -> Result<(), OpenError> {
        let former =
            std::mem::replace(&mut self.jury, engine::jury(&self.config, self.config.roster.clone())?);
        self.jury.take_over(&former);
        Ok(())
    }

    /// Probes until it is told to stop.
    pub(super) async fn go(&mut self, mut orders: Orders) {
        self.begin().await;
        let rotation = Rotation::of(&host::identity(&self.config));
        let mut sat = Instant::now();
        if self.sit(&mut orders).await == Wake::Stop {
            return;
        }
        let mut number = 0;
        loop {
            let pause = schedule::jittered(self.config.agent.interval, fastrand::f64());
            self.service.alive_for(pause + ROUND_MOST);
            match self.pause(Instant::now() + pause, &mut orders).await {
                Wake::Stop => return,
                Wake::Reload => self.take_configuration().await,
                Wake::Due => {
                    self.glance(rotation, number).await;
                    number += 1;
                }
            }
            let (since, greetings) = (sat.elapsed(), self.config.probe.greeting_interval);
            self.jury.call(|machine| due(machine, since, greetings));
            if self.jury.is_doubting() {
                sat = Instant::now();
                if self.sit(&mut orders).await == Wake::Stop {
                    return;
                }
            }
        }
    }

    /// What is known stays on show, and what the cloud and the relays tell meanwhile is added at once.
    async fn pause(&mut self, due: Instant, orders: &mut Orders) -> Wake {
        loop {
            self.show(Some(due.saturating_duration_since(Instant::now()))).await;
            tokio::select! {
                biased;
                wake = orders.pause_until(due) => return wake,
                Ok(()) = self.told.changed() => {}
                Ok(()) = self.relays.changed() => {}
            }
        }
    }

    async fn glance(&mut self, rotation: Rotation, number: u64) {
        self.service.alive_for(ROUND_MOST);
        match self.jury.glance(rotation, number).await {
            Ok(round) => {
                self.take(&round, &[]).await;
                let settled = !self.jury.is_doubting();
                debug!("round {number}: {}", if settled { "as before" } else { "every operator is asked" });
            }
            Err(asleep) => self.slept(asleep),
        }
    }

    /// The whole jury, until nobody doubts any more. A stop waits for the round, not for the verdict.
    async fn sit(&mut self, orders: &mut Orders) -> Wake {
        self.show(None).await;
        let mut sitting = self.jury.convene(&|_| ()).await;
        while self.jury.is_doubting() {
            self.service.alive_for(ROUND_MOST);
            let next = Instant::now() + self.config.pace.confirm_spacing;
            match self.jury.round(&mut sitting, &|_| ()).await {
                Ok(changes) => {
                    if let Some(round) = self.jury.rounds().last().cloned() {
                        self.take(&round, &changes).await;
                    }
                    self.show(None).await;
                }
                Err(asleep) => self.slept(asleep),
            }
            if self.jury.is_doubting() && orders.pause_within_a_sitting(next).await == Wake::Stop {
                return Wake::Stop;
            }
        }
        Wake::Due
    }

    fn slept(&self, Suspended(asleep): Suspended) {
        self.telemetry.skipped(Skip::Suspended);
        let asleep = humantime::format_duration(Duration::from_secs(asleep.as_secs().max(1)));
        info!("this machine was suspended for {asleep} during a round: the round counts for nothing");
    }

    fn telling(&self) -> Telling<'_> {
        Telling::new(&self.telemetry, &self.config)
    }

    /// Something that happened to the agent itself.
    async fn tell(&self, event: &Event<'_>) {
        let mut entry = Entry::new();
        self.telling().tell(&mut entry, event);
        self.memory.keep(entry).await;
    }
}

fn due(machine: &Machine, since: Duration, greetings: Duration) -> bool {
    let interval = |state| schedule::jury_interval(state, greetings, machine.pace());
    machine.shown().is_some_and(|shown| since >= interval(shown.state))
}
