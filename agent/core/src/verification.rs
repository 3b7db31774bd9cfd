//! The words of a verification: whether an exemption took effect, and what stands in its way. Closed lists, which
//! `sortie verify`, its schema `sortie.verification/1` and the events about exemptions share.

/// How a verification ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ending {
    /// The state was as expected for the whole soak.
    Verified,
    /// It was measured, and it is not as expected.
    NotEffective,
    /// The deadline passed without a conclusion.
    Expired,
}

impl Ending {
    /// Every ending.
    pub const ALL: [Self; 3] = [Self::Verified, Self::NotEffective, Self::Expired];

    /// The word of the closed vocabulary.
    pub fn code(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::NotEffective => "not_effective",
            Self::Expired => "expired",
        }
    }
}

/// Why it ended so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// Mail leaves.
    Open,
    /// The machine has not been deallocated since the exemption: it still lives by the network policy from before.
    NotDeallocated,
    /// Its traffic does not go straight to the internet.
    NotDirect,
    /// A security rule denies the port.
    SecurityGroup,
    /// The destinations themselves refuse.
    DestinationsRefuse,
    /// This machine's own firewall stops it.
    LocalFirewall,
    /// Nothing leaves this machine at all.
    NoEgress,
    /// The platform goes on to stop it, and nothing else is known to stand in the way.
    StillBlocked,
    /// It was as expected for a while, and not for long enough.
    Flapping,
    /// There is not enough evidence for anything.
    Unknown,
}

impl Reason {
    /// Every reason, in the order of the vocabulary.
    pub const ALL: [Self; 10] = [
        Self::Open,
        Self::NotDeallocated,
        Self::NotDirect,
        Self::SecurityGroup,
        Self::DestinationsRefuse,
        Self::LocalFirewall,
        Self::NoEgress,
        Self::StillBlocked,
        Self::Flapping,
        Self::Unknown,
    ];

    /// The word of the closed vocabulary.
    pub fn code(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::NotDeallocated => "not_deallocated",
            Self::NotDirect => "not_direct",
            Self::SecurityGroup => "security_group",
            Self::DestinationsRefuse => "destinations_refuse",
            Self::LocalFirewall => "local_firewall",
            Self::NoEgress => "no_egress",
            Self::StillBlocked => "still_blocked",
            Self::Flapping => "flapping",
            Self::Unknown => "unknown",
        }
    }
}
