//! What Sortie asks Azure, what it makes of the answers, and what it never does.
//!
//! * [`identity`]: where the machine stands, as the metadata service tells it.
//! * [`hostile`]: a metadata service that fails, or is somebody else.
//! * [`privacy`]: who is not asked.
//!
//! Needs root, as the laboratory does.

mod hostile;
mod identity;
mod lab;
mod privacy;

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Result;
use e2e::agent::Stage;
use libtest_mimic::{Arguments, Failed, Trial};

/// A network for each, in which everybody waits more than they work.
const THREADS: usize = 12;

fn main() -> Result<ExitCode> {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(THREADS);
    let stage = Arc::new(Stage::prepare()?);
    let cases = [identity::CASES, hostile::CASES, privacy::CASES].concat();
    let trials = cases.into_iter().map(|(name, job)| {
        let stage = Arc::clone(&stage);
        Trial::test(name, move || job(&stage).map_err(|error| Failed::from(format!("{error:#}"))))
    });
    Ok(libtest_mimic::run(&arguments, trials.collect()).exit_code())
}
