//! The address plan: documentation addresses only (RFC 5737, RFC 3849), so that a leak would reach nobody.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::Deserialize;

/// The most routers a chain may have.
pub const MAX_HOPS: u8 = 6;

/// An IP family as the report spells it.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    Ipv4,
    Ipv6,
}

impl Family {
    pub const BOTH: [Self; 2] = [Self::Ipv4, Self::Ipv6];

    /// The word of the report.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ipv4 => "ipv4",
            Self::Ipv6 => "ipv6",
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A machine that answers: five operators of mail servers and two global controls.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
pub enum Host {
    Alpha,
    Bravo,
    Charlie,
    Delta,
    Echo,
    ControlA,
    ControlB,
}

impl Host {
    pub const OPERATORS: [Self; 5] = [Self::Alpha, Self::Bravo, Self::Charlie, Self::Delta, Self::Echo];
    pub const CONTROLS: [Self; 2] = [Self::ControlA, Self::ControlB];

    pub fn name(self) -> &'static str {
        match self {
            Self::Alpha => "alpha",
            Self::Bravo => "bravo",
            Self::Charlie => "charlie",
            Self::Delta => "delta",
            Self::Echo => "echo",
            Self::ControlA => "controla",
            Self::ControlB => "controlb",
        }
    }

    /// Ports on which a real machine of this kind listens.
    pub fn ports(self) -> &'static [u16] {
        match self {
            Self::ControlA | Self::ControlB => &[443],
            _ => &[25, 465, 587, 443],
        }
    }

    pub fn address(self, family: Family) -> IpAddr {
        let number = match self {
            Self::Alpha => 11,
            Self::Bravo => 12,
            Self::Charlie => 13,
            Self::Delta => 14,
            Self::Echo => 15,
            Self::ControlA => 201,
            Self::ControlB => 202,
        };
        let operator = Self::OPERATORS.contains(&self);
        match family {
            Family::Ipv4 if operator => Ipv4Addr::new(192, 0, 2, number).into(),
            Family::Ipv4 => Ipv4Addr::new(203, 0, 113, number).into(),
            Family::Ipv6 => {
                let subnet = if operator { 0xa } else { 0xc };
                Ipv6Addr::new(0x2001, 0xdb8, subnet, 0, 0, 0, 0, u16::from(number)).into()
            }
        }
    }

    pub fn all() -> impl Iterator<Item = Self> {
        Self::OPERATORS.into_iter().chain(Self::CONTROLS)
    }
}

/// The name server, beside the mail servers.
pub fn resolver(family: Family) -> IpAddr {
    match family {
        Family::Ipv4 => Ipv4Addr::new(192, 0, 2, 53).into(),
        Family::Ipv6 => Ipv6Addr::new(0x2001, 0xdb8, 0xa, 0, 0, 0, 0, 53).into(),
    }
}

/// A place in the chain, in the words of a scenario file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Node {
    /// Where `sortie` runs.
    Vm,
    /// A router, counted from one.
    Router(u8),
    /// Where everything that answers lives.
    Net,
}

impl Node {
    /// Position in a chain with this many routers: the VM is 0.
    pub fn position(self, hops: u8) -> u8 {
        match self {
            Self::Vm => 0,
            Self::Router(number) => number,
            Self::Net => hops + 1,
        }
    }

    /// Every node of a chain with this many routers, from the VM outwards.
    pub fn chain(hops: u8) -> impl Iterator<Item = Self> {
        std::iter::once(Self::Vm).chain((1..=hops).map(Self::Router)).chain(std::iter::once(Self::Net))
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Vm => f.write_str("vm"),
            Self::Router(number) => write!(f, "r{number}"),
            Self::Net => f.write_str("net"),
        }
    }
}

impl std::str::FromStr for Node {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "vm" => Ok(Self::Vm),
            "net" => Ok(Self::Net),
            _ => text
                .strip_prefix('r')
                .and_then(|number| number.parse().ok())
                .filter(|number| (1..=MAX_HOPS).contains(number))
                .map(Self::Router)
                .ok_or_else(|| format!("`{text}` is no node: use vm, r1 to r{MAX_HOPS}, or net")),
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// One wire of the chain: link 0 joins the VM and the first router.
#[derive(Clone, Copy, Debug)]
pub struct Link(pub u8);

impl Link {
    /// The end towards the VM.
    pub fn inner(self, family: Family) -> IpAddr {
        match (family, self.0) {
            (Family::Ipv4, 0) => Ipv4Addr::new(203, 0, 113, 11).into(),
            (Family::Ipv4, link) => Ipv4Addr::new(198, 51, 100, 2 * link).into(),
            (Family::Ipv6, link) => Ipv6Addr::new(0x2001, 0xdb8, 1, u16::from(link), 0, 0, 0, 2).into(),
        }
    }

    /// The end towards the servers.
    pub fn outer(self, family: Family) -> IpAddr {
        match (family, self.0) {
            (Family::Ipv4, 0) => Ipv4Addr::new(203, 0, 113, 10).into(),
            (Family::Ipv4, link) => Ipv4Addr::new(198, 51, 100, 2 * link + 1).into(),
            (Family::Ipv6, link) => Ipv6Addr::new(0x2001, 0xdb8, 1, u16::from(link), 0, 0, 0, 1).into(),
        }
    }

    pub fn prefix_length(family: Family) -> u8 {
        match family {
            Family::Ipv4 => 31,
            Family::Ipv6 => 64,
        }
    }

    /// The network of both ends, as a route wants it.
    pub fn network(self, family: Family) -> String {
        match (family, self.0) {
            (Family::Ipv4, 0) => "203.0.113.10/31".into(),
            (Family::Ipv4, link) => format!("198.51.100.{}/31", 2 * link),
            (Family::Ipv6, link) => format!("2001:db8:1:{link}::/64"),
        }
    }

    pub fn inner_mac(self) -> [u8; 6] {
        [2, 0, 0, 0, self.0, 1]
    }

    pub fn outer_mac(self) -> [u8; 6] {
        [2, 0, 0, 0, self.0, 2]
    }
}

/// Interface towards the servers: the VM's only one is called as on a cloud.
pub fn outward(node: Node) -> &'static str {
    match node {
        Node::Vm => "eth0",
        _ => "east",
    }
}

/// Interface towards the VM.
pub const INWARD: &str = "west";

/// A MAC address as `ip` wants it.
pub fn mac_text(mac: [u8; 6]) -> String {
    mac.map(|byte| format!("{byte:02x}")).join(":")
}
