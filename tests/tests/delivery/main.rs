//! Delivery, proven against a real collector and a real Prometheus with the very configurations that we ship.
//!
//! * [`gateway`]: what an answer of the gateway is worth, whoever sends.
//! * [`guards`]: what it does not let pass, and whom it names for it.
//! * [`tokens`]: whom it hears where it asks for a token.
//! * [`variants`]: other settings and other backends.
//! * [`kills`]: that it outlives whoever gave it.
//! * [`agent`]: what an agent exports, through good and bad days.
//! * [`instruments`]: that the receiver which misbehaves does so, and that what it writes down is what was sent.
//!
//! Needs root, as the laboratory does, and what `tests/backends` builds.

mod agent;
mod gateway;
mod guards;
mod history;
mod instruments;
mod kills;
mod tokens;
mod variants;
mod world;

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use e2e::agent::Stage;
use e2e::backend::{Backend, Gateway};
use e2e::netns;
use libtest_mimic::{Arguments, Failed, Trial};

/// A Prometheus and a collector for each, which wait more than they work.
const THREADS: usize = 8;

/// How often each of those who can be killed is killed, where `SORTIE_KILLS` says nothing else.
const KILLS: u32 = 20;

/// What a trial does with the backends.
type Job = fn(&mut Backend<'_>) -> Result<()>;

/// A trial with another gateway.
type Case = (fn() -> Gateway, &'static str, Job);

/// A trial that builds its own.
type Alone = fn(&Stage) -> Result<()>;

fn main() -> Result<ExitCode> {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(THREADS);
    let stage = Arc::new(Stage::prepare()?);
    let mut trials = Vec::new();
    let jobs = [gateway::JOBS, kills::JOBS, instruments::BEFORE_A_BACKEND].concat();
    let as_shipped = jobs.into_iter().map(|(acknowledgement, name, job)| {
        let gateway = Gateway { acknowledgement, ..Gateway::default() };
        (gateway, name, job)
    });
    let otherwise = [guards::CASES, variants::CASES].concat();
    let otherwise = otherwise.into_iter().map(|(gateway, name, job)| (gateway(), name, job));
    for (gateway, name, job) in as_shipped.chain(otherwise) {
        let stage = Arc::clone(&stage);
        trials.push(Trial::test(name, move || {
            run(&stage, &gateway, job).map_err(|error| Failed::from(format!("{error:#}")))
        }));
    }
    for (name, job) in [gateway::ALONE, tokens::ALONE, variants::ALONE, instruments::ALONE].concat() {
        let stage = Arc::clone(&stage);
        trials
            .push(Trial::test(name, move || job(&stage).map_err(|error| Failed::from(format!("{error:#}")))));
    }
    for (name, way, config, job) in agent::cases() {
        let stage = Arc::clone(&stage);
        trials.push(Trial::test(name, move || {
            world::run(&stage, way, config, job).map_err(|error| Failed::from(format!("{error:#}")))
        }));
    }
    Ok(libtest_mimic::run(&arguments, trials).exit_code())
}

fn run(stage: &Stage, gateway: &Gateway, job: Job) -> Result<()> {
    let namespace = netns::alone("backend")?;
    let desk = stage.desk()?;
    let mut backend = Backend::start_with(gateway, &namespace, &desk.state_dir())?;
    job(&mut backend).map_err(|error| anyhow::anyhow!("{error:#}\n{}", backend.said()))
}

fn kills_wanted() -> Result<u32> {
    match std::env::var("SORTIE_KILLS") {
        Ok(text) => text.parse().with_context(|| format!("SORTIE_KILLS is `{text}` and not a number")),
        Err(_) => Ok(KILLS),
    }
}
