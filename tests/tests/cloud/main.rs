//! What Sortie asks Azure, what it makes of the answers, and what it never does.
//!
//! * [`identity`]: where the machine stands, as the metadata service tells it.
//! * [`hostile`]: a metadata service that fails, or is somebody else.
//! * [`resource_manager`], [`outage`]: what Resource Manager says, and what is left when it says nothing.
//! * [`subscription`], [`exemption`]: stories of an agent that runs while Azure changes its mind.
//! * [`verify`]: `sortie verify`, with every reason that it tells apart.
//! * [`privacy`]: who is not asked, and what is not told.
//!
//! Needs root, as the laboratory does.

mod exemption;
mod hostile;
mod identity;
mod lab;
mod outage;
mod privacy;
mod resource_manager;
mod subscription;
mod verify;

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Result;
use e2e::agent::Stage;
use libtest_mimic::{Arguments, Failed, Trial};

/// A network for each, in which everybody waits more than they work.
const THREADS: usize = 24;

fn main() -> Result<ExitCode> {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(THREADS);
    let stage = Arc::new(Stage::prepare()?);
    let groups = [
        // What takes longest begins first.
        ("subscription", subscription::CASES),
        ("exemption", exemption::CASES),
        ("verify", verify::CASES),
        ("identity", identity::CASES),
        ("hostile", hostile::CASES),
        ("resource_manager", resource_manager::CASES),
        ("outage", outage::CASES),
        ("privacy", privacy::CASES),
    ];
    let mut trials = Vec::new();
    for (group, cases) in groups {
        for &(name, job) in cases {
            let stage = Arc::clone(&stage);
            let trial = Trial::test(format!("{group}::{name}"), move || {
                job(&stage).map_err(|error| Failed::from(format!("{error:#}")))
            });
            trials.push(trial);
        }
    }
    Ok(libtest_mimic::run(&arguments, trials).exit_code())
}
