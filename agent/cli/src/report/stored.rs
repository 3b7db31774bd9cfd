//! The report of an agent that runs no more: what it had on show, and until when.

use std::time::{Duration, SystemTime};

use sortie_core::history::History;
use sortie_core::report::{Cloud, Report, SCHEMA};
use sortie_store::{Moment, PortMemory, Snapshot, StoreError};

use crate::assemble::{composed, named, rfc3339};
use crate::config::Config;
use crate::known::{Known, KnownMachine};
use crate::{cloud, host, past};

/// What the last life left in the state directory, as of the latest moment that it knew; `None` where it left no verdict.
pub(super) fn report(config: &Config) -> Result<Option<Report>, StoreError> {
    let Some(snapshot) = Snapshot::open(&config.agent.state_dir)? else { return Ok(None) };
    let (memories, latest, machine) = (snapshot.recall()?, snapshot.latest()?, snapshot.machine()?);
    // An agent that starts meanwhile waits for it.
    drop(snapshot);
    let machine = machine.and_then(|value| serde_json::from_slice::<KnownMachine>(&value).ok());
    let cloud = cloud::remembered(config, machine.and_then(|machine| machine.cloud));
    Ok((!memories.is_empty()).then(|| told(config, cloud, &memories, latest)))
}

/// What happened in the lives of all agents that kept their history there.
pub(super) fn history(config: &Config) -> Result<History, StoreError> {
    let mut history = History::default();
    if let Some(snapshot) = Snapshot::open(&config.agent.state_dir)? {
        let rows = snapshot.history(Moment::from_millis(0))?;
        past::recall(&mut history, rows.changes, rows.samples)?;
    }
    Ok(history)
}

fn told(config: &Config, cloud: Option<Cloud>, memories: &[PortMemory], latest: Option<Moment>) -> Report {
    let mut until = latest.map_or(SystemTime::UNIX_EPOCH, time);
    let mut verdicts = Vec::new();
    let mut illegible = Vec::new();
    for memory in memories {
        match serde_json::from_slice::<Known>(&memory.value) {
            Ok(known) => {
                until = until.max(known.since).max(known.conclusive.unwrap_or(known.since));
                let place = (known.port, known.family);
                verdicts.push(composed(config, cloud.as_ref(), place, &known.finding, known.since));
            }
            Err(error) => illegible.push(format!("port {}: {error}", memory.key.port)),
        }
    }
    let generated_at = rfc3339(until);
    let nobody = format!(
        "what happened since {generated_at}: no agent has probed since then, this is what the last one had on show"
    );
    Report {
        schema: SCHEMA,
        generated_at,
        host: host::host(config),
        engine: None,
        unseen: std::iter::once(nobody).chain(illegible).collect(),
        cloud: cloud.map(|cloud| named(config, cloud)),
        verdicts,
        observations: Vec::new(),
        relays: Vec::new(),
        explanation: None,
    }
}

fn time(moment: Moment) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(moment.millis())
}
