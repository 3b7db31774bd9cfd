//! The one door to this crate.

use std::cell::Cell;
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use sortie_core::localise::Pair;
use sortie_core::observation::{EngineKind, HostFacts, Round, Session};
use sortie_core::target::{Port, Roster};
use sortie_core::walk::Walk;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::assignment::{Assignment, Job, Probed};
use crate::engine::{Engine, Trace};
use crate::host::Counters;
use crate::names::{self, Resolved};
use crate::own::OwnAddresses;
use crate::patience::Patience;
use crate::plan::{Event, RoundPlan};
use crate::progress::{Progress, Stage};
use crate::session;
use crate::settings::{OpenError, Settings, check_schedule};
use crate::side_by_side;
use crate::walk;

/// The probes of a round start in random order within this time: with a fixed order, a pause of the machine would
/// hit the same targets every time.
const SPREAD: Duration = Duration::from_millis(100);

/// Starts fall together in so many moments of that time: every single one would wake the machine by itself.
const MOMENTS: u32 = 10;

/// Where TLS begins with the first byte (RFC 8314 §3): the server waits for the client, so there is no greeting.
const IMPLICIT_TLS: u16 = 465;

/// When a session is tried although no handshake was completed: raw packets slip past policy rules that a program's
/// `connect()` obeys, so only a `connect()` shows them.
const SESSION_ANYWAY: Duration = Duration::from_secs(1);

/// How long such a session may outlive its probe.
const SESSION_GRACE: Duration = Duration::from_millis(300);

/// Owns an engine and asks the network with it.
///
/// It belongs to one thread: use it from a current-thread runtime.
#[derive(Debug)]
pub struct Prober {
    settings: Settings,
    engine: Engine,
}

impl Prober {
    /// Opens the engine that the settings ask for. Has to be called inside the runtime that it will be used from.
    pub fn open(settings: Settings) -> Result<Self, OpenError> {
        settings.check()?;
        let engine = Engine::open(&settings)?;
        Ok(Self { settings, engine })
    }

    /// Which engine probes.
    pub fn engine(&self) -> EngineKind {
        self.engine.kind()
    }

    /// What this engine on this machine cannot see, in short sentences without a full stop.
    pub fn limits(&self) -> Vec<String> {
        self.engine.limits()
    }

    /// Answers beyond those that are kept of each SYN: a flood, counted and not stored (raw only).
    pub fn surplus_answers(&self) -> u64 {
        self.engine.surplus_answers()
    }

    /// Asks for every name of the roster.
    pub async fn resolve(&self, roster: &Roster) -> Resolved {
        names::resolve(&self.settings.names, &self.settings.families, roster).await
    }

    /// Probes everything in the plan side by side.
    ///
    /// A plan whose own schedule cannot be kept is carried out with that of the settings.
    pub async fn round(&self, resolved: &Resolved, plan: &RoundPlan, tell: &dyn Fn(Event)) -> Round {
        let own = OwnAddresses::now();
        let counters = Counters::now();
        let assignment = Assignment::new(resolved, plan);
        let of = assignment.jobs.len();
        tell(Event::Started { probes: of });
        let done = Cell::new(0);
        let probes = side_by_side::all(assignment.jobs.iter().map(async |job| {
            let probe = self.probe(*job, plan, &own).await;
            done.set(done.get() + 1);
            let established = probe.established;
            tell(Event::Settled { peer: job.ip, port: job.port, established, done: done.get(), of });
            probe
        }));
        let probes = self.engine.while_listening(&own, probes).await;
        // Counters explain silence; where there was none, nobody asks for them.
        let established = probes.iter().all(|probe| probe.established);
        let collect = |probe: Probe| Probed {
            attempts: self.engine.attempts(probe.trace),
            session: probe.session,
            took: probe.took,
        };
        let learned: Vec<Probed> = probes.into_iter().map(collect).collect();
        Round {
            started: plan.started,
            observations: assignment.observations(&learned, &own, self.settings.source.as_ref()),
            late: self.engine.take_late(),
            host: if established { HostFacts::default() } else { counters.until_now() },
        }
    }

    /// Walks subjects and controls over the first hops, side by side: one repeat takes about a second.
    pub async fn walk(&self, pairs: &[Pair], ttls: RangeInclusive<u8>, repeats: u8) -> Vec<Walk> {
        let own = OwnAddresses::now();
        let walks = walk::walk(pairs, ttls, repeats, |to, ttl| self.engine.cast(to, ttl, walk::WAIT, &own));
        self.engine.while_listening(&own, walks).await
    }

    async fn probe(&self, job: Job, plan: &RoundPlan, own: &OwnAddresses) -> Probe {
        sleep(SPREAD / MOMENTS * fastrand::u32(0..MOMENTS)).await;
        let started = Instant::now();
        let (progress, stage) = Progress::new();
        let patience = self.patience(plan, started);
        let handshakes = async {
            let trace = self.engine.probe((job.ip, job.port), patience, own, &progress).await;
            progress.over();
            (trace, started.elapsed())
        };
        let wanted = plan.sessions && job.subject && greets_first(job.port);
        let session = async { if wanted { self.session(job, stage.clone()).await } else { None } };
        let ((trace, took), session) = tokio::join!(handshakes, session);
        Probe { trace, session, took, established: *stage.borrow() == Stage::Established }
    }

    fn patience(&self, plan: &RoundPlan, start: Instant) -> Patience {
        let attempts = plan.attempts.as_ref().unwrap_or(&self.settings.attempts);
        let window = plan.window.unwrap_or(self.settings.window);
        if check_schedule(attempts, window).is_ok() {
            Patience::new(start, attempts, window)
        } else {
            Patience::new(start, &self.settings.attempts, self.settings.window)
        }
    }

    /// Asks for the greeting once the probe has completed a handshake; with raw packets also without one.
    async fn session(&self, job: Job, mut stage: watch::Receiver<Stage>) -> Option<Session> {
        let settled = stage.wait_for(|stage| *stage != Stage::Waiting);
        let established = match self.engine.kind() {
            EngineKind::Connect => *settled.await.ok()? == Stage::Established,
            EngineKind::Raw => timeout(SESSION_ANYWAY, settled)
                .await
                .is_ok_and(|stage| stage.is_ok_and(|s| *s == Stage::Established)),
        };
        if !established && self.engine.kind() == EngineKind::Connect {
            return None;
        }
        let given_up = async {
            if stage.wait_for(|stage| *stage == Stage::Over).await.is_err() {
                std::future::pending::<()>().await;
            }
            sleep(SESSION_GRACE).await;
        };
        let source = self.settings.source.as_ref();
        Some(session::hold((job.ip, job.port), source, self.settings.session_deadline, given_up).await)
    }
}

/// A probe that is over.
#[derive(Debug)]
struct Probe {
    trace: Trace,
    session: Option<Session>,
    took: Duration,
    established: bool,
}

fn greets_first(port: Port) -> bool {
    port.number() != IMPLICIT_TLS
}
