//! Sentinels on schedule, the jury when they are surprised, and everything put on the board after each round.
//!
//! Rounds never overlap: there is one loop, and the next round is planned when the last one is over. A new
//! configuration is taken between two rounds, never within a sitting.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use sortie_core::alert::{Alarm, Turn, TypeStanding};
use sortie_core::exemption::Exemption;
use sortie_core::history::Sample;
use sortie_core::observation::Round;
use sortie_core::relay::Usability;
use sortie_core::report::{Cloud, Relay, Report};
use sortie_core::schedule::{self, Pace, Rotation};
use sortie_core::target::{Family, Port};
use sortie_core::verdict::machine::Machine;
use sortie_net::{OpenError, Prober};
use sortie_telemetry::{Event, Facts, PortFacts, RelayFacts, Skip, StoreState, Telemetry};
use tokio::sync::watch;
use tokio::time::Instant;
use tracing::{debug, info, warn};

use super::log;
use super::memory::{Entry, Memory};
use super::notices::{self, Notices};
use super::orders::{Orders, Wake};
use super::relays::Heard;
use super::reload;
use super::service::Service;
use super::telling::{Telling, state_change};
use crate::board::{AgentFacts, Board};
use crate::clock::Reading;
use crate::config::Config;
use crate::jury::{Jury, PortChange, Suspended};
use crate::known::{Known, KnownMachine, Recalled};
use crate::relays::asked;
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
    conclusive: BTreeMap<(Port, Family), SystemTime>,
    alarms: BTreeMap<(Port, Family), Alarm>,
    exemptions: BTreeMap<(Port, Family), Exemption>,
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
            conclusive: BTreeMap::new(),
            alarms: BTreeMap::new(),
            exemptions: BTreeMap::new(),
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
                self.conclusive.extend(conclusive.map(|at| ((port, family), at)));
                self.alarms.insert((port, family), alarm);
                self.exemptions.insert((port, family), exemption);
            } else {
                entry.forget((port, family));
                self.telling().turned(&mut entry, &verdict, Turn { cleared: alarm.raised(), raised: None });
            }
        }
        let (config_hash, engine) = (&self.config.hash, self.jury.prober().engine());
        let start = Event::AgentStart { config_hash, engine, resumed: !self.alarms.is_empty() };
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

    /// Heeds what the cloud has told meanwhile: onto the disk first, then into everything that is shown.
    async fn heed_cloud(&mut self) {
        let mut entry = Entry::new();
        if self.learn(&mut entry) {
            self.memory.keep(entry).await;
        }
    }

    /// Heeds how the relays stand by now: what is raised about them is on the disk before it is shown.
    async fn heed_relays(&mut self) {
        let heard = self.relays.borrow_and_update().clone();
        let spoken = if heard.round == self.heard.round { &[][..] } else { &heard.relays };
        let configured = asked(&self.config);
        let required: Vec<_> = configured.iter().filter(|r| r.required).map(|r| r.name.as_str()).collect();
        let before = self.machine.relays.clone();
        let mut entry = Entry::new();
        for news in self.machine.hear(&required, spoken) {
            log::relay(&news);
            self.telling().relay_turned(&mut entry, &news);
        }
        if self.machine.relays != before {
            entry.machine(&self.machine);
            self.memory.keep(entry).await;
        }
        self.heard = heard;
    }

    /// Takes what is known of the cloud by now, and says whether something is to be kept.
    fn learn(&mut self, entry: &mut Entry) -> bool {
        let told = self.told.borrow_and_update().clone();
        let cloud = cloud::known_by_now(&self.config, told, self.machine.cloud.as_ref());
        let news = self.machine.learn(&self.config, cloud, SystemTime::now());
        if let Some(change) = &news.change {
            log::subscription(change);
            self.telling().subscription_changed(entry, change);
        }
        self.telling().subscription_turned(entry, news.turn, news.change.as_ref());
        if news.is_other {
            self.jury.heed(self.machine.cloud.as_ref().and_then(Cloud::detour).as_deref());
            entry.machine(&self.machine);
        }
        news.is_other
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

    /// What a round saw and changed: onto the disk as one, then into the history, the metrics and the log.
    async fn take(&mut self, round: &Round, changes: &[PortChange]) {
        let now = SystemTime::now();
        let began = self.jury.wall(round.started);
        self.measured = Some(began);
        let moment = began.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let samples: Vec<_> = round.observations.iter().map(Sample::of).collect();
        let mut entry = Entry::new();
        entry.samples(&samples, moment);
        let mut told = Vec::new();
        for machine in self.jury.machines() {
            let (port, family) = (machine.port(), machine.family());
            let cloud = self.machine.cloud.as_ref();
            let verdict = assemble::verdict(&self.jury, &self.config, cloud, machine, now);
            let (Some(finding), Some(verdict)) = (machine.shown(), verdict) else { continue };
            if !machine.is_doubting() && finding.state.is_conclusive() {
                self.conclusive.insert((port, family), now);
            }
            let since = self.jury.since(machine).unwrap_or(now);
            let circumstances = assemble::circumstances(&self.config, cloud, port);
            let exemption = self.exemptions.entry((port, family)).or_default();
            let alarm = self.alarms.entry((port, family)).or_default();
            let mut grounds = circumstances.grounds(port, *exemption);
            if self.machine.alarm.raised().is_some() {
                grounds.subscription = TypeStanding::Changed;
            }
            let turn = alarm.turn(finding.state, grounds);
            let may_be_exempted = port == Port::SMTP && circumstances.is_exemptible();
            let news = exemption.turn(finding.state, may_be_exempted);
            let (alarm, exemption) = (*alarm, *exemption);
            let conclusive = self.conclusive.get(&(port, family)).copied();
            entry.remember(Known {
                port,
                family,
                finding: finding.clone(),
                since,
                conclusive,
                alarm,
                exemption,
            });
            let change = changes.iter().find(|change| (change.port, change.family) == (port, family));
            if let Some(PortChange { previous, .. }) = change {
                let change = state_change(&verdict, finding, *previous, since);
                entry.change(&change);
                self.telling().changed(&mut entry, &verdict, *previous, &change.uid, since);
                told.push((change, verdict.clone()));
            }
            self.telling().turned(&mut entry, &verdict, turn);
            if let Some(news) = news {
                log::exemption(news, &verdict);
                self.telling().exemption(&mut entry, &verdict, news);
            }
        }
        self.memory.keep(entry).await;
        round.observations.iter().for_each(|observation| self.telemetry.observed(observation));
        self.board.history(|history| history.record(samples, moment));
        for (change, verdict) in told {
            if change.previous.is_some() {
                self.telemetry.changed(change.port, change.family);
            }
            log::verdict(change.previous, &verdict);
            self.board.history(|history| history.change(change));
        }
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

    /// Puts the state of things on the board, for every face at once.
    async fn show(&mut self, pause: Option<Duration>) {
        let reading = Reading::now();
        if let Some(step) = reading.stepped_since(&self.clock) {
            log::clock_step(step);
            self.tell(&Event::AgentClockStep { seconds: step.seconds() }).await;
        }
        self.clock = reading;
        self.notices.of_disk(&self.memory.condition());
        self.notices.of_receiver(&self.config.otlp, &self.telemetry);
        self.heed_cloud().await;
        self.heed_relays().await;
        let now = reading.wall_time();
        let report = assemble::report(&self.jury, &self.config, self.machine.cloud.as_ref(), now);
        let report = Report { relays: self.heard.relays.clone(), ..report };
        self.telemetry.show(self.facts());
        self.service.status(&log::status(&report));
        let agent = AgentFacts {
            version: env!("CARGO_PKG_VERSION"),
            started: self.started,
            measured: self.measured,
            next_round: pause.map(|pause| now + pause),
            interval: self.config.agent.interval,
            demonstration: self.config.pace != Pace::DEFAULT,
            config: self.config.path.clone(),
            config_hash: self.config.hash.clone(),
        };
        self.board.show(report, agent, self.notices.list());
    }

    /// Takes the configuration as it is on disk now; where it is broken, the last good one stays and everybody is told.
    async fn take_configuration(&mut self) {
        self.service.reloading();
        match reload::read(self.args) {
            Ok((config, prober)) => {
                let state_dir = &self.config.agent.state_dir;
                if config.agent.state_dir != *state_dir {
                    warn!("agent.state_dir stays {} until the next start", state_dir.display());
                }
                let previous = self.config.hash.clone();
                self.reconfigure(config, prober).await;
                let hash = self.config.hash.clone();
                self.tell(&Event::AgentConfigChange { hash: &hash, previous: &previous, accepted: true })
                    .await;
                self.notices.clear(notices::CONFIG_REJECTED);
                self.settings.send_replace(Arc::new(self.config.clone()));
                info!("the configuration was read again");
                log::start(&self.config, &self.jury);
            }
            Err(why) => {
                let file =
                    self.config.path.as_ref().map_or_else(String::new, |path| format!(" {}", path.display()));
                warn!("the configuration{file} is refused, the last good one stays in use:\n{why}");
                let text = format!("The configuration was refused; the last good one stays in use.\n{why}");
                self.notices.raise(notices::CONFIG_REJECTED, text);
                let hash = &self.config.hash;
                self.tell(&Event::AgentConfigChange { hash, previous: hash, accepted: false }).await;
            }
        }
        self.service.ready();
    }

    async fn reconfigure(&mut self, config: Config, prober: Prober) {
        let place = |machine: &Machine| (machine.port(), machine.family());
        let now = SystemTime::now();
        let cloud = self.machine.cloud.as_ref();
        let verdict = |machine| assemble::verdict(&self.jury, &self.config, cloud, machine, now);
        let before: Vec<_> = self.jury.machines().iter().map(|m| (place(m), verdict(m))).collect();
        self.jury.reconfigure(prober, config.roster.clone(), &config.probe.families);
        self.config = config;
        let mut entry = Entry::new();
        for (gone, verdict) in before {
            if !self.jury.machines().iter().any(|machine| place(machine) == gone) {
                self.conclusive.remove(&gone);
                self.exemptions.remove(&gone);
                entry.forget(gone);
                let cleared = self.alarms.remove(&gone).and_then(Alarm::raised);
                if let Some(verdict) = verdict {
                    self.telling().turned(&mut entry, &verdict, Turn { cleared, raised: None });
                }
            }
        }
        self.memory.keep(entry).await;
    }

    fn facts(&self) -> Facts {
        let is_kept = !self.notices.has(notices::NOT_KEPT);
        let cloud = self.machine.cloud.as_ref();
        let port = |machine: &Machine| {
            let (port, family) = (machine.port(), machine.family());
            Some(PortFacts {
                port,
                family,
                state: machine.shown()?.state,
                expected: assemble::circumstances(&self.config, cloud, port).expected,
                conclusive: self.conclusive.get(&(port, family)).copied(),
            })
        };
        let relay = |relay: &Relay| {
            let result = Usability::ALL.into_iter().find(|known| known.code() == relay.result)?;
            Some(RelayFacts { name: relay.name.clone(), result })
        };
        Facts {
            ports: self.jury.machines().iter().filter_map(port).collect(),
            relays: self.heard.relays.iter().filter_map(relay).collect(),
            engine: self.jury.prober().engine(),
            config_hash: self.config.hash.clone(),
            config_rejected: self.notices.has(notices::CONFIG_REJECTED),
            host_type: cloud.and_then(|cloud| cloud.size.clone()),
            subscription: cloud
                .and_then(|cloud| cloud.subscription.as_ref())
                .and(self.machine.subscription.clone()),
            store: if is_kept { StoreState::Kept } else { StoreState::Memory },
            booted: self.clock.booted(),
        }
    }
}

fn due(machine: &Machine, since: Duration, greetings: Duration) -> bool {
    let interval = |state| schedule::jury_interval(state, greetings, machine.pace());
    machine.shown().is_some_and(|shown| since >= interval(shown.state))
}
