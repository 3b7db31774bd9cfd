//! The queue between what makes exports and what ships them, as this crate sees it.
//!
//! An export is encoded once. Those bytes wait until a receiver has acknowledged or refused them, and every copy that is
//! ever sent is the same. Whoever implements [`Spool`] makes them durable; this crate knows no disk.

use std::future::Future;

use opentelemetry_http::Bytes;

/// What an export carries. Each travels in a lane of its own: one that is held up does not hold up the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Signal {
    /// Points of metrics, `ExportMetricsServiceRequest`.
    Metrics,
    /// Records of events, `ExportLogsServiceRequest`.
    Events,
}

impl Signal {
    /// Both, in the order in which they are told.
    pub const ALL: [Self; 2] = [Self::Metrics, Self::Events];

    /// Its word in metrics and logs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Metrics => "metrics",
            Self::Events => "events",
        }
    }
}

/// An export as it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// Which lane it takes.
    pub signal: Signal,
    /// Points or records in it.
    pub records: u32,
    /// The request's message, protobuf in one gzip member (RFC 1952). OTLP takes it as it is over HTTP
    /// (`content-encoding: gzip`) and over gRPC (`grpc-encoding: gzip`).
    pub body: Bytes,
}

/// An export that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// Its place in the lane: later ones have higher numbers, also after a restart.
    pub number: u64,
    /// Points or records in it.
    pub records: u32,
    /// As in [`Encoded`].
    pub body: Bytes,
}

/// Why records will never be delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Loss {
    /// The receiver refused them for good.
    Rejected,
    /// They waited longer than `otlp.max_age`.
    Age,
    /// There were more than `otlp.max_bytes` of them.
    Size,
    /// What the disk gave back is not what was written.
    Corrupt,
    /// The disk refused them, and memory was full.
    Memory,
}

impl Loss {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Rejected, Self::Age, Self::Size, Self::Corrupt, Self::Memory];

    /// Its word in metrics, events and logs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Rejected => "rejected",
            Self::Age => "age",
            Self::Size => "size",
            Self::Corrupt => "corrupt",
            Self::Memory => "memory",
        }
    }
}

/// The queue. Every method returns when its work is durable, or when the disk has refused and memory has it.
pub trait Spool: Send + Sync + 'static {
    /// Adds an export at the end of its lane.
    fn append(&self, export: Encoded) -> impl Future<Output = ()> + Send;

    /// The latest export of a lane.
    fn newest(&self, signal: Signal) -> impl Future<Output = Option<Export>> + Send;

    /// Exports with numbers below `before`, oldest first: as many as fit into `most` bytes and `count`, but one at least
    /// where there is one.
    fn backlog(
        &self,
        signal: Signal,
        before: u64,
        most: usize,
        count: usize,
    ) -> impl Future<Output = Vec<Export>> + Send;

    /// Takes exports out of their lane: a receiver has acknowledged them, or refused this many of their records for
    /// good. A refusal is on the disk before this returns; an acknowledgement may be forgotten by a crash, which costs
    /// one more delivery of the same bytes.
    fn settle(&self, signal: Signal, numbers: Vec<u64>, rejected: u64) -> impl Future<Output = ()> + Send;

    /// Completes when something was added to either lane since it completed last.
    fn added(&self) -> impl Future<Output = ()> + Send;
}
