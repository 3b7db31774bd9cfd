//! Events by their uid, and how often each was told.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use serde_json::{Deserializer, Value};

use super::{describe, series};

const UID: &str = "log.record.uid";

/// One event, whoever tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub name: String,
    /// When it happened, in nanoseconds since 1970.
    pub at: u64,
    pub severity: i64,
    pub attributes: BTreeMap<String, String>,
}

/// Events by uid.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Events {
    by_uid: BTreeMap<String, (Event, u32)>,
}

impl Events {
    /// All events of these requests.
    pub fn of<'a>(requests: impl IntoIterator<Item = &'a ExportLogsServiceRequest>) -> Result<Self> {
        let mut events = Self::default();
        for request in requests {
            let scopes = request.resource_logs.iter().flat_map(|of_host| &of_host.scope_logs);
            for record in scopes.flat_map(|scope| &scope.log_records) {
                events.add(&of_record(record))?;
            }
        }
        Ok(events)
    }

    /// All events of a file of OTLP in JSON, one request after the other. Whoever wrote it may have been killed between
    /// a request and the end of its line.
    pub fn of_json(text: &str) -> Result<Self> {
        let mut events = Self::default();
        for request in Deserializer::from_str(text).into_iter::<Value>() {
            let request = request.context("this is no file of OTLP in JSON")?;
            for of_host in array(&request["resourceLogs"]) {
                for record in
                    array(&of_host["scopeLogs"]).iter().flat_map(|scope| array(&scope["logRecords"]))
                {
                    events.add(&of_json(record)?)?;
                }
            }
        }
        Ok(events)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &Event)> {
        self.by_uid.iter().map(|(uid, (event, _))| (uid.as_str(), event))
    }

    pub fn count(&self) -> usize {
        self.by_uid.len()
    }

    /// How often an event was told.
    pub fn copies(&self, uid: &str) -> u32 {
        self.by_uid.get(uid).map_or(0, |(_, copies)| *copies)
    }

    /// Events that are here and not there, or there with other words, as lines.
    pub fn missing_in(&self, there: &Self) -> Vec<String> {
        let differs =
            |(uid, event): &(&str, &Event)| there.by_uid.get(*uid).is_none_or(|(other, _)| other != *event);
        self.iter().filter(differs).map(|(uid, event)| format!("{uid}: {event:?}")).collect()
    }

    /// Requires that all of these are there, too; the names say what both are.
    pub fn require_within(&self, there: &Self, names: [&str; 2]) -> Result<()> {
        let text = describe(&self.missing_in(there), &[], names[0], names[1]);
        ensure!(text.is_empty(), "{text}");
        Ok(())
    }

    /// Requires that both hold the same events, however often; the names say what they are.
    pub fn require_same(&self, there: &Self, names: [&str; 2]) -> Result<()> {
        let text = describe(&self.missing_in(there), &there.missing_in(self), names[0], names[1]);
        ensure!(text.is_empty(), "{text}");
        Ok(())
    }

    fn add(&mut self, event: &Event) -> Result<()> {
        let uid = event.attributes.get(UID).with_context(|| format!("no {UID} on {event:?}"))?.clone();
        let (told, copies) = self.by_uid.entry(uid).or_insert_with(|| (event.clone(), 0));
        *copies += 1;
        ensure!(told == event, "one uid for two events: {told:?} and {event:?}");
        Ok(())
    }
}

fn of_record(record: &LogRecord) -> Event {
    let attributes = record.attributes.iter();
    Event {
        name: record.event_name.clone(),
        at: record.time_unix_nano,
        severity: record.severity_number.into(),
        attributes: attributes
            .filter_map(|attribute| Some((attribute.key.clone(), series::text(attribute)?)))
            .collect(),
    }
}

/// In JSON 64-bit numbers are strings, and what is zero is left out.
fn of_json(record: &Value) -> Result<Event> {
    let at = record["timeUnixNano"].as_str().context("an event without its moment")?;
    let attributes = array(&record["attributes"])
        .iter()
        .filter_map(|attribute| Some((attribute["key"].as_str()?.to_owned(), word(&attribute["value"])?)));
    Ok(Event {
        name: record["eventName"].as_str().unwrap_or_default().to_owned(),
        at: at.parse().context("a moment in nanoseconds")?,
        severity: record["severityNumber"].as_i64().unwrap_or_default(),
        attributes: attributes.collect(),
    })
}

/// A value as the other side writes it: JSON has more than one way to write a number.
fn word(value: &Value) -> Option<String> {
    Some(match value.as_object()?.values().next()? {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.as_f64()?.to_string(),
        Value::Bool(yes) => yes.to_string(),
        list => format!("{:?}", array(&list["values"]).iter().filter_map(word).collect::<Vec<_>>()),
    })
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;
    use crate::otlp::Message;
    use crate::otlp::sample::Agent;

    fn event(uid: &str, second: u64) -> ExportLogsServiceRequest {
        match Agent::new("vm", UNIX_EPOCH).event(UNIX_EPOCH + Duration::from_secs(second), uid) {
            Message::Events(request) => request,
            Message::Metrics(_) => unreachable!("an export of events"),
        }
    }

    #[test]
    fn copies_are_counted_and_one_uid_is_one_event() {
        let events = Events::of(&[event("a", 1), event("b", 1), event("a", 1)]).expect("well-formed");
        assert_eq!((events.count(), events.copies("a"), events.copies("b")), (2, 2, 1));
        assert!(Events::of(&[event("a", 1), event("a", 2)]).is_err(), "another moment is another event");
    }

    #[test]
    fn an_event_is_the_same_in_json() {
        let line = r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"1000000000","eventName":
            "sortie.port.state_change","attributes":[{"key":"log.record.uid","value":{"stringValue":"a"}},
            {"key":"sortie.port.state.previous","value":{"stringValue":"open"}},
            {"key":"server.port","value":{"intValue":"25"}},{"key":"network.type","value":{"stringValue":"ipv4"}},
            {"key":"sortie.port.state","value":{"stringValue":"platform_blocked"}}]}]}]}]}"#;
        let json = Events::of_json(&line.repeat(2)).expect("OTLP");
        assert_eq!(json.copies("a"), 2);
        let wire = Events::of(&[event("a", 1)]).expect("well-formed");
        wire.require_same(&json, ["the wire", "the file"]).expect("the same");
    }
}
