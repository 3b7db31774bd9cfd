//! How many things there can be, from which each instrument's limit of series follows.
//!
//! Counters never forget a series, so one that a reload took away stays until the agent ends, and a gauge lets go of one
//! only after it has seen what came in its place. So there is room for a second configuration of the same size; what
//! goes beyond is one series more, and memory stays bounded whatever is configured.

use sortie_core::target::Roster;

/// IPv4 and IPv6.
pub(crate) const FAMILIES: usize = 2;

/// The configuration at the start, and one that a reload puts in its place.
const CONFIGURATIONS: usize = 2;

/// The largest configuration that is accepted has 32 relays, whose names outlive a reload as all others do.
pub(crate) const RELAYS: usize = 32 * CONFIGURATIONS;

/// What the configuration makes possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Hosts and ports that are probed in one role: targets, their controls, global controls, relays.
    pub destinations: usize,
    /// Ports under test.
    pub ports: usize,
}

impl Bounds {
    /// More than the largest configuration that is accepted: 64 targets and 32 relays with a control each, and 16 global
    /// controls.
    pub const MOST: Self = Self { destinations: 256, ports: 64 };

    /// What these destinations make possible.
    pub fn of(roster: &Roster) -> Self {
        let controls = roster.targets().iter().filter_map(|target| target.control());
        let destinations = roster.targets().len() + controls.count() + roster.globals().len();
        Self { destinations, ports: roster.ports().len() }
    }

    /// The bounds, where each is at least one and at most that of [`Bounds::MOST`].
    pub(crate) fn check(self) -> Option<Self> {
        let (destinations, ports) = (1..=Self::MOST.destinations, 1..=Self::MOST.ports);
        (destinations.contains(&self.destinations) && ports.contains(&self.ports)).then_some(self)
    }

    /// Those of all configurations that there is room for.
    pub(crate) fn with_room(self) -> Self {
        Self { destinations: self.destinations * CONFIGURATIONS, ports: self.ports * CONFIGURATIONS }
    }
}
