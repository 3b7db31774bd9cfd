//! A history as it is kept and as it is told, read back.

use std::time::{Duration, SystemTime};

use serde::Deserialize;
use serde_json::Value;
use sortie_core::history::{History, SCHEMA, Sample, StateChange};
use sortie_core::outcome::Outcome;
use sortie_core::target::{Family, Port, Role};
use sortie_store::{Rows, StoreError};

/// Remembers what the rows of a store say, as far as this version understands them.
pub(crate) fn recall(history: &mut History, changes: Rows, samples: Rows) -> Result<(), StoreError> {
    for row in changes {
        let row = row?;
        if let Ok(change) = serde_json::from_slice::<StateChange>(&row.value) {
            history.change(StateChange { moment: Duration::from_millis(row.at.millis()), ..change });
        }
    }
    for row in samples {
        let row = row?;
        let samples: Vec<Sample> = serde_json::from_slice(&row.value).unwrap_or_default();
        history.record(samples, Duration::from_millis(row.at.millis()));
    }
    Ok(())
}

/// Why what an agent tells is no history.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoHistory {
    /// Another document, or none.
    #[error("it is not the history that this version reads: {0}")]
    Foreign(#[from] serde_json::Error),
    /// Another schema means other things by the same fields.
    #[error("its schema is {0:?} and not {SCHEMA}")]
    Schema(String),
}

/// Reads `sortie.history/1`, and counts the parts of it that a newer version says in words that this one does not have.
pub(crate) fn read(json: &[u8]) -> Result<(History, usize), NoHistory> {
    let Wire { schema, changes, samples } = serde_json::from_slice(json)?;
    if schema != SCHEMA {
        return Err(NoHistory::Schema(schema));
    }
    let mut history = History::default();
    let mut unread = 0;
    for change in changes {
        match read_change(change) {
            Some(change) => history.change(change),
            None => unread += 1,
        }
    }
    for series in samples {
        match serde_json::from_value::<Samples>(series) {
            Ok(samples) => samples.record(&mut history),
            Err(_) => unread += 1,
        }
    }
    Ok((history, unread))
}

#[derive(Deserialize)]
struct Wire {
    schema: String,
    changes: Vec<Value>,
    samples: Vec<Value>,
}

#[derive(Deserialize)]
struct Samples {
    operator: Option<String>,
    role: Role,
    address: String,
    port: Port,
    family: Family,
    /// Milliseconds since the Unix epoch, outcome, milliseconds of the handshake.
    points: Vec<(u64, Outcome, Option<f64>)>,
}

impl Samples {
    fn record(self, history: &mut History) {
        let Self { operator, role, address, port, family, points } = self;
        for (at, outcome, handshake) in points {
            let handshake = handshake.and_then(|ms| Duration::try_from_secs_f64(ms / 1e3).ok());
            let sample = Sample {
                operator: operator.clone(),
                role,
                address: address.clone(),
                port,
                family,
                outcome,
                handshake_us: handshake.and_then(|took| u64::try_from(took.as_micros()).ok()),
            };
            history.record([sample], Duration::from_millis(at));
        }
    }
}

fn read_change(change: Value) -> Option<StateChange> {
    let change: StateChange = serde_json::from_value(change).ok()?;
    let at = humantime::parse_rfc3339(&change.at).ok()?;
    let moment = at.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Some(StateChange { moment, ..change })
}

#[cfg(test)]
mod tests {
    use sortie_core::verdict::State;

    use super::*;
    use crate::render;

    fn told() -> History {
        let mut history = History::default();
        history.change(StateChange {
            uid: "uid-1".to_owned(),
            at: "2026-11-25T00:00:00.000Z".to_owned(),
            moment: Duration::from_secs(1_795_564_800),
            port: Port::SMTP,
            family: Family::Ipv4,
            previous: None,
            state: State::Open,
            signature: None,
            attribution: None,
            confidence: 0.99,
            rule: "open",
            summary: "Port 25 is open".to_owned(),
        });
        for (second, handshake_us) in [(0, Some(12_345)), (60, None)] {
            let sample = Sample {
                operator: Some("google".to_owned()),
                role: Role::Subject,
                address: "mx.example:25".to_owned(),
                port: Port::SMTP,
                family: Family::Ipv4,
                outcome: if handshake_us.is_some() { Outcome::Greeted } else { Outcome::Timeout },
                handshake_us,
            };
            history.record([sample], Duration::from_secs(1_795_564_800 + second));
        }
        history
    }

    #[test]
    fn what_an_agent_tells_is_what_it_remembers() {
        let json = render::history(&told()).expect("plain data");
        let (read, unread) = read(json.as_bytes()).expect("it is a history");
        assert_eq!((read, unread), (told(), 0));
    }

    #[test]
    fn words_of_another_version_are_counted_and_the_rest_is_read() {
        let json = render::history(&told()).expect("plain data");
        for (from, to, changes, series) in [
            ("\"state\":\"open\"", "\"state\":\"ajar\"", 0, 1),
            ("2026-11-25T00:00:00.000Z", "yesterday", 0, 1),
            ("\"timeout\"", "\"bored\"", 1, 0),
        ] {
            let (read, unread) = read(json.replace(from, to).as_bytes()).expect("it is a history");
            assert_eq!((read.changes().len(), read.series().len(), unread), (changes, series, 1), "{to}");
        }
    }

    #[test]
    fn what_is_no_history_is_an_error() {
        for (json, says) in [
            ("", "not the history"),
            ("<html>", "not the history"),
            (r#"{"schema": "sortie.history/2", "changes": [], "samples": []}"#, "sortie.history/2"),
        ] {
            let error = read(json.as_bytes()).expect_err("it is none").to_string();
            assert!(error.contains(says), "{error}");
        }
    }
}
