//! What a fleet tells people: the rules, routes and gateway that we ship, in a real collector, Prometheus and
//! Alertmanager.
//!
//! * [`chain`]: that a rule which fires reaches somebody.
//! * [`causes`]: one cause, one notification.
//! * [`losses`]: nothing is lost on the way.
//! * [`boards`]: dashboards say what is true.
//! * [`routes`]: who is told what, and what is told by telling something else.
//!
//! Needs root, as the laboratory does, and what `tests/backends` builds and installs.

mod boards;
mod catalog;
mod causes;
mod chain;
mod desk;
mod losses;
mod routes;
mod timing;
mod told;
mod world;

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Result;
use e2e::agent::Stage;
use libtest_mimic::{Arguments, Failed, Trial};

/// Two hundred agents in a hurry, and the programs behind them, take up to a core.
const THREADS: usize = 2;

fn main() -> Result<ExitCode> {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(THREADS);
    let stage = Arc::new(Stage::prepare_empty()?);
    let mut trials = Vec::new();
    for (name, job) in routes::JOBS {
        let stage = Arc::clone(&stage);
        trials.push(trial("routes", name, move || routes::run(&stage, *job)));
    }
    for (name, job) in boards::BESIDE_VICTORIA {
        let stage = Arc::clone(&stage);
        trials.push(trial("boards", name, move || world::run_beside_victoria(&stage, *job)));
    }
    for (kind, jobs) in
        [("chain", chain::JOBS), ("causes", causes::JOBS), ("losses", losses::JOBS), ("boards", boards::JOBS)]
    {
        for (name, job) in jobs {
            let stage = Arc::clone(&stage);
            trials.push(trial(kind, name, move || world::run(&stage, *job)));
        }
    }
    Ok(libtest_mimic::run(&arguments, trials).exit_code())
}

fn trial(kind: &str, name: &str, job: impl FnOnce() -> Result<()> + Send + 'static) -> Trial {
    Trial::test(format!("{kind}::{name}"), move || job().map_err(|error| Failed::from(format!("{error:#}"))))
}
