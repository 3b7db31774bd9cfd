//! What one round or one walk is asked to do, and what it tells while it is at it.

use std::net::IpAddr;
use std::time::Duration;

use sortie_core::target::Port;

/// How many addresses of each name are probed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerLimit {
    /// At most so many per name and family.
    pub most: usize,
    /// Which address comes first; a sentinel passes the number of its round, so that every address has its turn.
    pub turn: usize,
}

/// One pass over some of the targets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoundPlan {
    /// Indices into the roster's targets; each brings its control along.
    pub targets: Vec<usize>,
    /// Whether the controls outside mail are probed too.
    pub globals: bool,
    /// Offsets of the SYNs where they differ from the settings.
    pub attempts: Option<Vec<Duration>>,
    /// Window where it differs from the settings.
    pub window: Option<Duration>,
    /// Whether subjects that establish are asked for their greeting.
    pub sessions: bool,
    /// Fewer than all addresses of a name.
    pub peers: Option<PeerLimit>,
    /// Start of the round as an offset from the start of the agent or the check; copied into the round.
    pub started: Duration,
}

/// What a round tells while it runs, for a progress line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// So many probes will run side by side.
    Started {
        /// Number of probes.
        probes: usize,
    },
    /// One of them is settled.
    Settled {
        /// Whom it asked.
        peer: IpAddr,
        /// On which port.
        port: Port,
        /// Whether the handshake was completed.
        established: bool,
        /// How many are settled by now.
        done: usize,
        /// Of how many.
        of: usize,
    },
}
