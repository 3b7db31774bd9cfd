//! Our dashboards as an operator sees them: rendered by the components of Perses in a real browser, from what a real
//! Prometheus has of a fleet in which everything happens to somebody (`tests/fleet/pictures.toml`).
//!
//! * [`boards`]: that every panel shows something.
//! * [`broken`]: that a panel which does not is found.
//!
//! Needs root, as the laboratory does, what `tests/backends` builds, `node`, Chromium, and once
//! `npm ci --prefix tests/browser` and `npm ci --prefix tests/perses`. Where `SORTIE_PICTURES` names a folder, the
//! pictures of the documentation are taken.

mod boards;
mod broken;
mod recorded;

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Result;
use e2e::agent::Stage;
use e2e::browser;
use libtest_mimic::{Arguments, Failed, Trial};

/// What a trial does.
type Job = fn(&Stage) -> Result<()>;

const JOBS: &[(&str, Job)] = &[
    ("every_panel_of_every_board_shows_something", boards::look),
    ("a_panel_that_shows_nothing_is_named", broken::look),
];

fn main() -> Result<ExitCode> {
    let arguments = Arguments::from_args();
    if !arguments.list {
        browser::pack()?;
    }
    let stage = Arc::new(Stage::prepare_empty()?);
    let trials = JOBS.iter().map(|(name, job)| {
        let stage = Arc::clone(&stage);
        Trial::test(*name, move || job(&stage).map_err(|error| Failed::from(format!("{error:#}"))))
    });
    Ok(libtest_mimic::run(&arguments, trials.collect()).exit_code())
}
