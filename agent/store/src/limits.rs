//! How much a store holds.

use std::time::Duration;

/// Pages kept in memory. Rows are written once a minute and read when somebody looks: the B-tree's inner pages are all
/// that is worth keeping, and half of this is the write buffer of a commit.
pub const CACHE_BYTES: usize = 512 << 10;

/// Bytes of one row's value. A verdict with all of its evidence has about two thousand.
pub const ROW_MOST: usize = 16 << 10;

/// Bytes of one export's body: what a gRPC receiver takes by default
/// (<https://grpc.io/docs/guides/>, `grpc.max_receive_message_length`).
pub const EXPORT_MOST: usize = 4 << 20;

/// Ports and families that can be remembered. The default configuration has four.
pub const PORTS_MOST: u64 = 256;

/// Bounds of one table of history. The oldest rows go first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How far from now a row may lie, on either side: what a clock that was far ahead has left behind goes too.
    pub age: Duration,
    /// Rows.
    pub rows: u64,
    /// Bytes of keys and values. The file is up to three times that: B-tree pages are not full, and a commit writes
    /// new pages before it frees old ones.
    pub bytes: u64,
}

impl Limits {
    /// One week: what was at the weekend is still there on Monday.
    const AGE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

    /// Changes of state: one a minute for a week, or four thousand long ones.
    pub const CHANGES: Self = Self { age: Self::AGE, rows: 10_080, bytes: 2 << 20 };

    /// Samples: two rows a minute for a week of about two hundred bytes each.
    pub const SAMPLES: Self = Self { age: Self::AGE, rows: 20_160, bytes: 4 << 20 };
}
