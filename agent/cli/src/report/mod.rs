//! `sortie report`: what the agent on this machine knows, without probing.
//!
//! ```text
//!   ask the running agent ─┬─ it tells ──────────────────────────────▶ its report, as it is
//!                          └─ it does not ─▶ read the store ─┬─ whole ─▶ what the last life had on show
//!                                                            └─ in use, unreadable, missing ─▶ an error
//! ```

mod running;
pub(crate) mod since;
mod stored;
mod ticket;

use std::path::PathBuf;

use anyhow::Context as _;
use sortie_core::report::Report;
use sortie_store::StoreError;

use self::running::{PATIENCE, Silence};
pub use self::ticket::NoTicket;
use crate::args::{self, Format};
use crate::config::Config;
use crate::{exit, render, terminal};

/// Why there is nothing to report.
#[derive(Debug, thiserror::Error)]
pub enum NothingKnown {
    /// An agent lives, and does not tell.
    #[error("an agent uses the state directory {} and does not tell its report: {silence}", .dir.display())]
    Untold {
        /// Of the configuration.
        dir: PathBuf,
        /// What became of the question.
        silence: Silence,
    },
    /// None lives, and what the last one left cannot be read.
    #[error("no agent tells its report ({silence}), and what the last one knew is not legible: {source}")]
    Illegible {
        /// What became of the question.
        silence: Silence,
        /// Why the store is of no use.
        source: StoreError,
    },
    /// None lives, and none has left anything.
    #[error("no agent tells its report ({silence}), and none has left a verdict in {}", .dir.display())]
    Nothing {
        /// Of the configuration.
        dir: PathBuf,
        /// What became of the question.
        silence: Silence,
    },
}

/// Writes the report to stdout and returns the exit code.
pub async fn run(args: &args::Report, config: &Config) -> anyhow::Result<u8> {
    if args.ticket {
        return ticket::run(args, config).await;
    }
    let (report, told) = match running::ask(config.web.listen, PATIENCE).await {
        Ok(told) => (told.report, Some(told.json)),
        Err(silence) => (left_behind(config, silence)?, None),
    };
    let text = match (args.format, told) {
        (Format::Table, _) => render::table(&report, terminal::stdout_style()),
        (Format::Json, Some(told)) => told,
        (Format::Json, None) => render::json(&report).context("failed to write the report as JSON")?,
        (Format::Junit, _) => render::junit(&report).context("failed to write the report as JUnit")?,
    };
    terminal::print(&text).context("failed to write to stdout")?;
    Ok(exit::of_report(&report))
}

fn left_behind(config: &Config, silence: Silence) -> Result<Report, NothingKnown> {
    let dir = config.agent.state_dir.clone();
    match stored::report(config) {
        Ok(Some(report)) => Ok(report),
        Ok(None) => Err(NothingKnown::Nothing { dir, silence }),
        Err(StoreError::Locked { .. }) => Err(NothingKnown::Untold { dir, silence }),
        Err(source) => Err(NothingKnown::Illegible { silence, source }),
    }
}

impl NothingKnown {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Untold { silence, .. } if silence.is_soon_over() => "ask again in a few seconds",
            Self::Untold { .. } => {
                "name the address of its page with --listen; the log of `sortie run` says where it is"
            }
            Self::Illegible { source: StoreError::Forbidden { .. }, .. } => {
                "ask as root, or as the user that the agent runs as"
            }
            Self::Illegible { source: StoreError::Newer { .. }, .. } => {
                "use the version of sortie that the agent was"
            }
            Self::Illegible { .. } => {
                "`sortie run` sets a damaged store aside when it starts; `sortie check` needs none"
            }
            Self::Nothing { .. } => {
                "start one with `sortie run`, name its configuration with --config, or probe with `sortie check`"
            }
        }
    }
}
