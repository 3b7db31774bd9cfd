//! How a fleet is played, beside what its scenario says.

use super::clock::Pace;

/// Where it reports, from when on, and what is remembered of it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Of a receiver of OTLP, `http://127.0.0.1:4318`.
    pub endpoint: String,
    pub pace: Pace,
    /// What all that is drawn is drawn from.
    pub seed: u64,
    /// Whether the bytes of every export are kept, for [`super::Fleet::emitted`].
    pub remembers: bool,
    /// Connections to the receiver that are kept open, at most. Agents share them.
    pub connections: usize,
}

impl Settings {
    pub fn to(endpoint: impl Into<String>, pace: Pace) -> Self {
        Self { endpoint: endpoint.into(), pace, seed: 1, remembers: true, connections: 16 }
    }
}
