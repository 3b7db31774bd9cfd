//! `sortie demo` from outside: every scene is judged as what it is, and nothing is left behind, whoever dies first.
//!
//! Nothing here knows how the demonstration is built: it sees the command line, the report, and what the kernel shows
//! of processes and namespaces.

mod demo;
mod leaving;
mod refusals;
mod scenes;
mod story;

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Result, ensure};
use e2e::agent::{self, Stage};
use libtest_mimic::{Arguments, Failed, Trial};

/// Demonstrations wait nearly all the time, so there are more of them than cores.
const THREADS: usize = 8;

/// What a trial does with the staged binary.
type Job = fn(&Stage) -> Result<()>;

fn main() -> Result<ExitCode> {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(THREADS);
    // Root may look at every process and become anybody else; the demonstration itself needs less.
    ensure!(
        nix::unistd::geteuid().is_root(),
        "these tests look for what is left behind, and need root for it"
    );
    agent::sweep()?;
    let stage = Arc::new(Stage::set()?);
    let mut trials = scenes::trials(&stage);
    let jobs = [leaving::JOBS, refusals::JOBS, story::JOBS].concat();
    trials.extend(jobs.into_iter().map(|(name, job)| trial(name.to_owned(), &stage, job)));
    let conclusion = libtest_mimic::run(&arguments, trials);
    Ok(conclusion.exit_code())
}

fn trial(name: String, stage: &Arc<Stage>, job: impl FnOnce(&Stage) -> Result<()> + Send + 'static) -> Trial {
    let stage = Arc::clone(stage);
    Trial::test(name, move || job(&stage).map_err(|error| Failed::from(format!("{error:#}"))))
}
