//! The one door to this crate.

use std::cell::Cell;
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use sortie_core::observation::{EngineKind, Round, Session};
use sortie_core::target::{Port, Roster};
use sortie_core::walk::Walk;
use tokio::sync::watch;
use tokio::time::sleep;

use crate::assignment::{Assignment, Job, Probed};
use crate::connect::{self, ConnectEngine};
use crate::host::Counters;
use crate::names::{self, Resolved};
use crate::own::OwnAddresses;
use crate::patience::Patience;
use crate::plan::{Event, RoundPlan, WalkPair};
use crate::progress::{Progress, Stage};
use crate::session;
use crate::settings::{Choice, OpenError, Settings, check_schedule};
use crate::walk;

/// The probes of a round start in random order within this time: with a fixed order, a pause of the machine would
/// hit the same targets every time.
const SPREAD: Duration = Duration::from_millis(100);

/// Where TLS begins with the first byte (RFC 8314 §3): the server waits for the client, so there is no greeting.
const IMPLICIT_TLS: u16 = 465;

/// Owns an engine and asks the network with it.
///
/// It belongs to one thread: use it from a current-thread runtime.
#[derive(Debug)]
pub struct Prober {
    settings: Settings,
    engine: ConnectEngine,
}

impl Prober {
    /// Opens the engine that the settings ask for.
    pub fn open(settings: Settings) -> Result<Self, OpenError> {
        settings.check()?;
        if settings.engine == Choice::Raw {
            return Err(OpenError::Raw("not possible here".to_owned()));
        }
        let engine = ConnectEngine::new(settings.source.clone());
        Ok(Self { settings, engine })
    }

    /// Which engine probes.
    pub fn engine(&self) -> EngineKind {
        EngineKind::Connect
    }

    /// What this engine on this machine cannot see, in short sentences without a full stop.
    pub fn limits(&self) -> Vec<String> {
        connect::LIMITS.map(str::to_owned).to_vec()
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
        let probed = join_all(assignment.jobs.iter().map(async |job| {
            let probed = self.probe(*job, plan, &own).await;
            done.set(done.get() + 1);
            let established = probed.is_established();
            tell(Event::Settled { peer: job.ip, port: job.port, established, done: done.get(), of });
            probed
        }));
        let probed = probed.await;
        Round {
            started: plan.started,
            observations: assignment.observations(&probed, &own),
            host: counters.until_now(),
        }
    }

    /// Walks subjects and controls over the first hops; see [`crate::walk`] for its timing.
    pub async fn walk(&self, pairs: &[WalkPair], ttls: RangeInclusive<u8>, repeats: u8) -> Vec<Walk> {
        let own = OwnAddresses::now();
        walk::walk(pairs, ttls, repeats, |to, ttl| self.engine.cast(to, ttl, walk::WAIT, &own)).await
    }

    async fn probe(&self, job: Job, plan: &RoundPlan, own: &OwnAddresses) -> Probed {
        sleep(SPREAD.mul_f64(fastrand::f64())).await;
        let started = Instant::now();
        let (progress, stage) = Progress::new();
        let patience = self.patience(plan, started);
        let attempts = async {
            let attempts = self.engine.probe((job.ip, job.port), patience, own, &progress).await;
            progress.over();
            (attempts, started.elapsed())
        };
        let session = async {
            if plan.sessions && job.subject && greets_first(job.port) {
                self.session(job, stage).await
            } else {
                None
            }
        };
        let ((attempts, took), session) = tokio::join!(attempts, session);
        Probed { attempts, session, took }
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

    /// Asks for the greeting once the probe has completed a handshake.
    async fn session(&self, job: Job, mut stage: watch::Receiver<Stage>) -> Option<Session> {
        let settled = *stage.wait_for(|stage| *stage != Stage::Waiting).await.ok()?;
        if settled == Stage::Over {
            return None;
        }
        let source = self.settings.source.as_ref();
        let given_up = std::future::pending();
        Some(session::hold((job.ip, job.port), source, self.settings.session_deadline, given_up).await)
    }
}

fn greets_first(port: Port) -> bool {
    port.number() != IMPLICIT_TLS
}
