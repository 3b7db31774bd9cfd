//! The report of the agent that runs.

use std::net::SocketAddr;
use std::time::Duration;

use sortie_core::report::Report;

use crate::client::{AskError, Page};
use crate::render::plain;

/// Its report is rendered already; an agent that takes longer than this has other trouble.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

const PATH: &str = "/api/v1/report";
/// What an agent answers that has nothing on show yet.
const NOT_READY: u16 = 503;

/// What it tells.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) report: Report,
    /// As it came, fit for a terminal.
    pub(super) json: String,
}

/// Why no agent tells anything.
#[derive(Debug, thiserror::Error)]
pub enum Silence {
    /// There is no address to ask at.
    #[error("its page is off")]
    Off,
    /// There is no answer.
    #[error("{0}")]
    Unanswered(AskError),
    /// Somebody else answers there, or a version that speaks otherwise.
    #[error("what {address} tells is no report that this version reads: {why}")]
    NoReport {
        /// Who was asked.
        address: SocketAddr,
        /// What is wrong with it.
        why: String,
    },
}

/// Asks whoever listens there.
pub(super) async fn ask(listen: Option<SocketAddr>, patience: Duration) -> Result<Told, Silence> {
    let address = listen.ok_or(Silence::Off)?;
    let body = Page::at(address).get(PATH, patience).await.map_err(Silence::Unanswered)?;
    let no_report = |why: String| Silence::NoReport { address, why };
    let json = String::from_utf8(body).map_err(|error| no_report(error.to_string()))?;
    let report = serde_json::from_str(&json).map_err(|error| no_report(error.to_string()))?;
    Ok(Told { report, json: plain(json) })
}

impl Silence {
    /// Whether the agent has only just begun.
    pub(super) fn is_soon_over(&self) -> bool {
        matches!(self, Self::Unanswered(AskError::Refused { status: NOT_READY, .. }))
    }
}
