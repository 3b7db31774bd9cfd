//! Port, IP family, and the role in which they are probed.

use std::fmt;
use std::net::IpAddr;
use std::num::NonZeroU16;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::TargetError;

/// A TCP port, never zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Port(NonZeroU16);

impl Port {
    /// Mail between servers (RFC 5321 §4.5.4.2).
    pub const SMTP: Self = Self(NonZeroU16::new(25).expect("25 is not zero"));
    /// Message submission (RFC 6409 §3.1).
    pub const SUBMISSION: Self = Self(NonZeroU16::new(587).expect("587 is not zero"));
    /// Submission with TLS from the first byte (RFC 8314 §3.3).
    pub const SUBMISSIONS: Self = Self(NonZeroU16::new(465).expect("465 is not zero"));

    /// The port, unless the number is zero.
    pub const fn new(number: u16) -> Option<Self> {
        match NonZeroU16::new(number) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }

    /// The number on the wire.
    pub fn number(self) -> u16 {
        self.0.get()
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Port {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        text.parse().map(Self).map_err(|_| TargetError::Port(text.to_owned()))
    }
}

/// The IP family; every verdict belongs to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// IPv4
    Ipv4,
    /// IPv6
    Ipv6,
}

impl Family {
    /// Both families, in the order in which people expect them.
    pub const ALL: [Self; 2] = [Self::Ipv4, Self::Ipv6];

    /// The family of an address. A v4-mapped IPv6 address leaves the machine as IPv4.
    pub fn of(ip: IpAddr) -> Self {
        match ip.to_canonical() {
            IpAddr::V4(_) => Self::Ipv4,
            IpAddr::V6(_) => Self::Ipv6,
        }
    }

    /// The word of the closed vocabulary (`network.type`).
    pub fn code(self) -> &'static str {
        match self {
            Self::Ipv4 => "ipv4",
            Self::Ipv6 => "ipv6",
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ipv4 => "IPv4",
            Self::Ipv6 => "IPv6",
        })
    }
}

/// Why an address is probed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The port under test.
    Subject,
    /// A subject known to accept from anywhere.
    Anchor,
    /// Same operator or host, another port.
    Control,
}

impl Role {
    /// Every role, in the order of the vocabulary.
    pub const ALL: [Self; 3] = [Self::Subject, Self::Anchor, Self::Control];

    /// The word of the closed vocabulary.
    pub fn code(self) -> &'static str {
        match self {
            Self::Subject => "subject",
            Self::Anchor => "anchor",
            Self::Control => "control",
        }
    }

    /// Whether the observation speaks about the port under test.
    pub fn is_subject(self) -> bool {
        matches!(self, Self::Subject | Self::Anchor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_and_a_family_are_the_same_word_in_every_face() {
        for role in Role::ALL {
            assert_eq!(serde_json::to_value(role).expect("plain data"), role.code());
        }
        for family in Family::ALL {
            assert_eq!(serde_json::to_value(family).expect("plain data"), family.code());
        }
    }
}
