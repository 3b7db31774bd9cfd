//! The agent's own account of its changes, and whether its events say the same.

use std::time::UNIX_EPOCH;

use anyhow::{Context as _, Result, ensure};
use e2e::agent::Daemon;
use e2e::ledger::Events;
use serde::Deserialize;

/// One change, as `/api/v1/history` has it.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Change {
    uid: String,
    at: String,
    port: u16,
    family: String,
    previous: Option<String>,
    state: String,
}

#[derive(Deserialize)]
struct History {
    changes: Vec<Change>,
}

/// The changes that the agent shows.
pub(crate) fn changes(agent: &Daemon<'_>) -> Result<Vec<Change>> {
    let body = agent.get("/api/v1/history")?.body;
    let history: History =
        serde_json::from_str(&body).with_context(|| format!("this is no history: {body}"))?;
    Ok(history.changes)
}

/// Requires an event for each change, with the same uid, moment and words.
pub(crate) fn require_told(changes: &[Change], events: &Events) -> Result<()> {
    for change in changes {
        let (_, event) = events
            .iter()
            .find(|(uid, _)| *uid == change.uid)
            .with_context(|| format!("no event: {change:?}"))?;
        let moment = humantime::parse_rfc3339(&change.at).context("a moment")?.duration_since(UNIX_EPOCH)?;
        // The history shows milliseconds.
        ensure!(u128::from(event.at / 1_000_000) == moment.as_millis(), "{change:?} is {event:?}");
        let port = change.port.to_string();
        for (attribute, expected) in [
            ("server.port", Some(&port)),
            ("network.type", Some(&change.family)),
            ("sortie.port.state", Some(&change.state)),
            ("sortie.port.state.previous", change.previous.as_ref()),
        ] {
            ensure!(event.attributes.get(attribute) == expected, "{attribute} of {change:?} is {event:?}");
        }
        ensure!(event.name == "sortie.port.state_change", "{change:?} is {event:?}");
    }
    Ok(())
}
