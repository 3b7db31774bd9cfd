//! What was sent to a receiver.

use std::fmt;
use std::time::SystemTime;

use anyhow::{Result, bail};
use hyper::HeaderMap;
use hyper::body::Bytes;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;

use super::Step;
use crate::otlp::{Message, Signal, decompress, elements};

/// Marks requests that are not live.
const REPLAY: &str = "x-sortie-replay";

/// One request.
#[derive(Clone, Debug)]
pub struct Record {
    pub arrived: SystemTime,
    pub path: String,
    pub headers: HeaderMap,
    /// `None` where the path is none of OTLP.
    pub signal: Option<Signal>,
    /// The message as it came, without what gRPC lays around it: the same export has the same bytes over both.
    pub body: Bytes,
    /// Whether the body is gzip.
    pub compressed: bool,
    /// What the body says, or why it cannot be read.
    pub message: Result<Message, String>,
    /// What was done with it.
    pub step: Step,
    /// What the sender was told: the HTTP status, or the status of gRPC. `None` while, or where, it was told nothing.
    pub answered: Option<u16>,
}

impl Record {
    /// Whether it is marked as a later delivery.
    pub fn is_replay(&self) -> bool {
        self.headers.get(REPLAY).is_some_and(|value| value == "1")
    }

    /// Whether the sender was told that all of it is taken: 200 over HTTP, 0 over gRPC.
    pub fn is_acknowledged(&self) -> bool {
        matches!(self.answered, Some(0 | 200))
    }

    /// The exports in it as they lie on the wire, uncompressed; none where it cannot be read.
    pub fn exports(&self) -> Vec<Bytes> {
        let message = if self.compressed {
            decompress(&self.body).unwrap_or_default().into()
        } else {
            self.body.clone()
        };
        elements(message).unwrap_or_default()
    }

    /// Points of metrics, or records of events, in it.
    pub fn count(&self) -> u64 {
        match &self.message {
            Ok(message) => message.count(),
            Err(_) => 0,
        }
    }

    pub fn metrics(&self) -> Option<&ExportMetricsServiceRequest> {
        self.message.as_ref().ok()?.metrics()
    }

    pub fn events(&self) -> Option<&ExportLogsServiceRequest> {
        self.message.as_ref().ok()?.events()
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let replay = if self.is_replay() { ", a replay" } else { "" };
        write!(
            f,
            "{} {}: {} bytes{replay}, met by {:?}, answered {:?}",
            humantime::format_rfc3339_millis(self.arrived),
            self.path,
            self.body.len(),
            self.step,
            self.answered
        )?;
        match &self.message {
            Ok(_) => Ok(()),
            Err(reason) => write!(f, "; unreadable: {reason}"),
        }
    }
}

/// Records as the requests that they are.
pub trait Requests {
    /// The messages of one signal; a body that could not be read is an error.
    fn metrics(&self) -> Result<Vec<&ExportMetricsServiceRequest>>;
    fn events(&self) -> Result<Vec<&ExportLogsServiceRequest>>;
}

impl Requests for [Record] {
    fn metrics(&self) -> Result<Vec<&ExportMetricsServiceRequest>> {
        require_readable(self)?;
        Ok(self.iter().filter_map(Record::metrics).collect())
    }

    fn events(&self) -> Result<Vec<&ExportLogsServiceRequest>> {
        require_readable(self)?;
        Ok(self.iter().filter_map(Record::events).collect())
    }
}

fn require_readable(records: &[Record]) -> Result<()> {
    // Of a request that was cut off on purpose there is no body.
    let unreadable = |record: &&Record| record.message.is_err() && record.step != Step::ResetBeforeBody;
    match records.iter().find(unreadable) {
        Some(record) => bail!("{record}"),
        None => Ok(()),
    }
}
