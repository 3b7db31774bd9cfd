//! Ship: what waits in the queue, to an OTLP receiver.
#![cfg_attr(not(test), expect(dead_code, reason = "only its tests use it so far"))]

mod lane;

/// Exports in one request of backlog at most.
const REPLAY_EXPORTS_MOST: usize = 64;
