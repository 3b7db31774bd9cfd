//! How many things there can be, from which each instrument's limit of series follows.
//!
//! Counters never forget a series, so one that a reload took away stays until the agent ends; the limit is what keeps
//! memory bounded whatever is configured.

/// IPv4 and IPv6.
pub(crate) const FAMILIES: usize = 2;

/// What the configuration makes possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Hosts and ports that are probed in one role: targets, their controls, global controls, relays.
    pub destinations: usize,
    /// Ports under test.
    pub ports: usize,
}

impl Bounds {
    /// The largest configuration that is accepted: 64 targets and 32 relays with a control each, 16 global controls,
    /// and room for some that a reload replaces. Takes 0.4 MB when every series exists.
    pub const MOST: Self = Self { destinations: 256, ports: 64 };

    /// The bounds, where each is at least one and at most that of [`Bounds::MOST`].
    pub(crate) fn check(self) -> Option<Self> {
        let (destinations, ports) = (1..=Self::MOST.destinations, 1..=Self::MOST.ports);
        (destinations.contains(&self.destinations) && ports.contains(&self.ports)).then_some(self)
    }
}
