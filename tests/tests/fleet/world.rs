//! Everything that stands behind a fleet, as we ship it: gateway, Prometheus with every rule, Alertmanager with every
//! route, and those who are told.

use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use e2e::agent::Stage;
use e2e::backend::{Backend, Watch};
use e2e::netns;

use crate::desk::Desk;

/// Of rules, as Prometheus has it where nobody says anything else.
const EVALUATION: Duration = Duration::from_secs(60);
/// A minute of rules and routes is two seconds, where `FLEET_HURRY` says nothing else.
const HURRY: u32 = 30;

/// What a trial does.
pub(crate) type Job = fn(&mut World<'_>) -> Result<()>;

pub(crate) struct World<'a> {
    pub(crate) backend: Backend<'a>,
    pub(crate) desk: Desk<'a>,
}

/// Builds it and does the job.
pub(crate) fn run(stage: &Stage, job: Job) -> Result<()> {
    let namespace = netns::alone("fleet")?;
    let folder = stage.desk()?.state_dir();
    let hurry = hurry()?;
    let desk = Desk::start(&namespace, &folder, hurry)?;
    let watch = Watch { every: EVALUATION / hurry, hurry };
    let backend = Backend::start_watched(&watch, &namespace, &folder)?;
    let mut world = World { backend, desk };
    job(&mut world).map_err(|error| anyhow!("{error:#}\n{}", world.backend.said()))
}

fn hurry() -> Result<u32> {
    match std::env::var("FLEET_HURRY") {
        Ok(text) => text.parse().with_context(|| format!("FLEET_HURRY is `{text}` and not a number")),
        Err(_) => Ok(HURRY),
    }
}
