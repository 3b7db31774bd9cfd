//! Everything that stands behind a fleet, as we ship it: gateway, Prometheus with every rule, Alertmanager with every
//! route, and those who are told.
//!
//! Stories are told in their own time and played in a hurry: a minute of a story, of an agent's intervals, of rules and
//! of routes is two seconds, so that everything keeps its proportion. `FLEET_HURRY=1` takes them at their word.

use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, anyhow};
use e2e::agent::Stage;
use e2e::backend::{Backend, Collector, Gateway, Overlay, VICTORIA, Victoria, Watch};
use e2e::fleet::{Fleet, Pace, Scenario, Settings};
use e2e::netns::{self, Namespace};
use e2e::otlp::Protocol;

use crate::desk::{Desk, PATIENCE};

pub(crate) const MINUTE: Duration = Duration::from_secs(60);
/// Of rules, as Prometheus has it where nobody says anything else.
const EVALUATION: Duration = MINUTE;
/// Where `FLEET_HURRY` says nothing else.
const HURRY: u32 = 30;
/// Of each port: one more than it takes to convict anybody, and less to do for the one thread that a fleet is.
const OPERATORS: usize = 4;
const POLL: Duration = Duration::from_millis(250);

/// `VictoriaMetrics` is told as `collector-config/variants/victoria-metrics.env` has it, and Prometheus as well.
const BOTH: Overlay = Overlay::Text(
    "exporters:\n  otlp_http/victoria: {endpoint: 'http://127.0.0.1:8428/opentelemetry'}\n\
     service:\n  pipelines:\n    metrics: {exporters: [otlp_http/metrics, otlp_http/victoria]}\n    \
     metrics/refused: {exporters: [otlp_http/refused, otlp_http/victoria]}\n  telemetry:\n    metrics:\n      readers:\n      \
     - periodic: {interval: 1000, exporter: {otlp: {protocol: http/protobuf, endpoint: 'http://127.0.0.1:9090/api/v1/otlp/v1/metrics'}}}\n      \
     - periodic: {interval: 1000, exporter: {otlp: {protocol: http/protobuf, endpoint: 'http://127.0.0.1:8428/opentelemetry/v1/metrics'}}}\n",
);

/// What a trial does.
pub(crate) type Job = fn(&mut World<'_>) -> Result<()>;

pub(crate) struct World<'a> {
    pub(crate) backend: Backend<'a>,
    pub(crate) desk: Desk<'a>,
    /// Where somebody asked for it.
    pub(crate) victoria: Option<Victoria<'a>>,
    namespace: &'a Namespace,
    hurry: u32,
}

/// Builds it and does the job.
pub(crate) fn run(stage: &Stage, job: Job) -> Result<()> {
    build(stage, false, job)
}

/// As [`run`], with a `VictoriaMetrics` that is told the same by the same gateway, and by Prometheus what its rules record.
pub(crate) fn run_beside_victoria(stage: &Stage, job: Job) -> Result<()> {
    build(stage, true, job)
}

fn build(stage: &Stage, is_beside_victoria: bool, job: Job) -> Result<()> {
    let namespace = netns::alone("fleet")?;
    let folder: PathBuf = stage.desk()?.state_dir();
    let victoria = if is_beside_victoria { Some(Victoria::start(&namespace, &folder)?) } else { None };
    let mut gateway = Gateway::default();
    gateway.overlays.extend(victoria.as_ref().map(|_| BOTH));
    let hurry = number("FLEET_HURRY")?.unwrap_or(HURRY);
    let desk = Desk::start(&namespace, &folder, hurry)?;
    let watch = Watch { every: EVALUATION / hurry, hurry, tells: victoria.as_ref().map(|_| VICTORIA) };
    let backend = Backend::start_watched_with(&watch, &gateway, &namespace, &folder)?;
    let mut world = World { backend, desk, victoria, namespace: &namespace, hurry };
    job(&mut world).map_err(|error| anyhow!("{error:#}\n{}", world.backend.said()))
}

impl World<'_> {
    /// A fleet that lives this story from now on.
    pub(crate) fn plays(&self, story: &str) -> Result<Fleet> {
        let scenario = scenario(story)?.hurried(self.hurry);
        Fleet::start(self.namespace, scenario, &settings(Pace::real()))
    }

    /// A fleet that lives this story so fast that it ends now, at its own intervals.
    pub(crate) fn catches_up(&self, story: &str, speed: f64) -> Result<Fleet> {
        let scenario = scenario(story)?;
        let pace = Pace::ending_now(scenario.length, speed);
        Fleet::start(self.namespace, scenario, &settings(pace))
    }

    /// Waits until the story is at this minute.
    pub(crate) fn reach(&self, fleet: &Fleet, minute: u32) -> Result<()> {
        fleet.reach(minute * MINUTE / self.hurry)
    }

    /// How often rules were evaluated after one moment and until another.
    pub(crate) fn evaluations(&self, from: SystemTime, to: SystemTime) -> Result<usize> {
        let [from, to] = [from, to].map(|at| at.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis());
        let recorded = self.backend.prometheus.points("cloud_account:sortie_agents:count")?;
        let moments = recorded.moments();
        Ok(moments.into_iter().map(u128::from).filter(|at| from < *at && *at <= to).count())
    }

    /// Minutes of a story as they really are.
    pub(crate) fn minutes(&self, minutes: u32) -> Duration {
        minutes * MINUTE / self.hurry
    }
}

/// Tries until it succeeds. What fails for long enough has failed.
pub(crate) fn in_the_end<T>(mut attempt: impl FnMut() -> Result<T>) -> Result<T> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match attempt() {
            Err(_) if Instant::now() < deadline => thread::sleep(POLL),
            outcome => return outcome,
        }
    }
}

fn settings(pace: Pace) -> Settings {
    Settings::to(format!("http://{}", Collector::address(Protocol::Http)), pace)
}

fn scenario(story: &str) -> Result<Scenario> {
    let mut scenario = Scenario::load(story)?;
    scenario.agent.operators = OPERATORS;
    Ok(match number("FLEET_AGENTS")? {
        Some(agents) => scenario.scaled_to(agents),
        None => scenario,
    })
}

fn number<T: std::str::FromStr<Err = std::num::ParseIntError>>(variable: &str) -> Result<Option<T>> {
    let Ok(text) = std::env::var(variable) else { return Ok(None) };
    Ok(Some(text.parse().with_context(|| format!("{variable} is `{text}` and not a number"))?))
}
