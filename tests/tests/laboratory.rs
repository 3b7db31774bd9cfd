//! Runs every scenario with every engine and prints the matrix.
//!
//! `cargo test -p e2e --test laboratory -- NAME` runs the scenarios whose name holds NAME.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use anyhow::Result;
use e2e::agent::Stage;
use e2e::judge::Cell;
use e2e::scenario::{self, Engine, Scenario};
use e2e::{matrix, trial};
use libtest_mimic::{Arguments, Conclusion, Failed, Trial};

/// Runs wait nearly all the time, so there are many more of them than cores.
const THREADS: usize = 16;

fn main() -> Result<ExitCode> {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(THREADS);
    let scenarios = scenario::load_all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios"))?;
    let conclusion = if arguments.list {
        libtest_mimic::run(&arguments, trials(scenarios, |_, _| Ok(())))
    } else {
        experiment(&arguments, scenarios)?
    };
    Ok(conclusion.exit_code())
}

fn experiment(arguments: &Arguments, scenarios: Vec<Scenario>) -> Result<Conclusion> {
    let stage = Arc::new(Stage::prepare()?);
    let cells: Arc<Mutex<Vec<Cell>>> = Arc::default();
    let started = Instant::now();
    let conclusion = {
        let (stage, cells) = (stage.clone(), cells.clone());
        let run = move |scenario: &Scenario, engine| trial::run(scenario, engine, &stage, &cells);
        libtest_mimic::run(arguments, trials(scenarios, run))
    };
    drop(stage);
    let cells = cells.lock().unwrap_or_else(PoisonError::into_inner);
    let mut out = std::io::stdout().lock();
    write!(out, "{}laboratory: {:.0} s\n\n", matrix::render(&cells), started.elapsed().as_secs_f32())?;
    Ok(conclusion)
}

fn trials<R>(scenarios: Vec<Scenario>, run: R) -> Vec<Trial>
where
    R: Fn(&Scenario, Engine) -> Result<(), String> + Clone + Send + 'static,
{
    let mut trials = Vec::new();
    for scenario in scenarios {
        for engine in scenario.run.engines.clone() {
            let (scenario, run) = (scenario.clone(), run.clone());
            let name = format!("{}::{}", scenario.name, engine.name());
            trials.push(Trial::test(name, move || run(&scenario, engine).map_err(Failed::from)));
        }
    }
    trials
}
