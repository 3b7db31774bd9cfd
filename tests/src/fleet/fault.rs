//! What may become of the packets of a port between a machine and the servers of others, as packets see it.

use serde::Deserialize;
use sortie_core::verdict::State;

/// A fate of packets. The first of those that hold is what they meet.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The machine has no way out at all: whatever it sends is lost.
    NoEgress,
    /// The machine's own firewall refuses to send.
    LocalFirewall,
    /// The platform drops the SYN at its edge.
    PlatformDrop,
    /// The platform answers the SYN with a reset.
    PlatformReset,
    /// A security group drops the SYN, where the platform would: nobody can tell the two apart on the wire.
    SecurityGroup,
    /// A firewall beyond the platform drops the SYN.
    PathDrop,
    /// A proxy near the machine answers in the servers' place.
    Intercepted,
    /// A few SYNs pass, then nothing for the rest of a minute.
    Throttled,
    /// The servers reset the connection themselves.
    Refused,
    /// Two operators do not answer, all others do.
    Partial,
    /// Resets come from nobody knows where.
    Puzzling,
    /// Nothing stands in the way.
    None,
}

impl Fault {
    pub const ALL: [Self; 12] = [
        Self::NoEgress,
        Self::LocalFirewall,
        Self::PlatformDrop,
        Self::PlatformReset,
        Self::SecurityGroup,
        Self::PathDrop,
        Self::Intercepted,
        Self::Throttled,
        Self::Refused,
        Self::Partial,
        Self::Puzzling,
        Self::None,
    ];

    /// What is true of a port whose packets meet it.
    pub fn state(self) -> State {
        match self {
            Self::NoEgress => State::NoEgress,
            Self::LocalFirewall => State::LocallyBlocked,
            Self::PlatformDrop | Self::PlatformReset | Self::SecurityGroup => State::PlatformBlocked,
            Self::PathDrop => State::PathBlocked,
            Self::Intercepted => State::Intercepted,
            Self::Throttled => State::Throttled,
            Self::Refused => State::Refused,
            Self::Partial => State::Partial,
            Self::Puzzling => State::Inconclusive,
            Self::None => State::Open,
        }
    }
}
