//! Who lives where: the places of the demonstration's cloud and their addresses.
//!
//! ```text
//!   vm ── gateway ── fabric ── transit ── isp ── net
//!         hop 1      hop 2     hop 3      hop 4  five operators, two controls
//! ```
//!
//! Documentation addresses only (RFC 5737), so that a leak would reach nobody. IPv4 only: a second family would double
//! every rule and show nothing new.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

/// Where submission is offered (RFC 6409), and the control of port 25.
pub(super) const SUBMISSION: u16 = 587;
/// The control of port 587.
pub(super) const HTTPS: u16 = 443;
/// Where mail is delivered (RFC 5321).
pub(super) const SMTP: u16 = 25;

/// The end of a link towards the servers.
pub(super) const EAST: &str = "east";
/// The end of a link towards the VM.
pub(super) const WEST: &str = "west";
/// The VM's only interface, called as on a cloud.
pub(super) const ETH0: &str = "eth0";

/// A place in the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Where the agent runs.
    Vm,
    /// The platform's first router.
    Gateway,
    /// The platform's network behind it.
    Fabric,
    /// A carrier.
    Transit,
    /// The last router before the operators.
    Isp,
    /// Where everything that answers lives.
    Net,
}

impl Place {
    /// The chain, from the VM outwards.
    pub const ALL: [Self; 6] = [Self::Vm, Self::Gateway, Self::Fabric, Self::Transit, Self::Isp, Self::Net];

    /// As a prompt or a drawing shows it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Vm => "vm",
            Self::Gateway => "gateway",
            Self::Fabric => "fabric",
            Self::Transit => "transit",
            Self::Isp => "isp",
            Self::Net => "net",
        }
    }

    /// Whether it passes packets on.
    pub fn is_router(self) -> bool {
        !matches!(self, Self::Vm | Self::Net)
    }

    /// The link towards the servers, if there is one, with the name of its near end.
    pub fn outward(self) -> Option<(Link, &'static str)> {
        match self {
            Self::Vm => Some((Link(0), ETH0)),
            Self::Gateway => Some((Link(1), EAST)),
            Self::Fabric => Some((Link(2), EAST)),
            Self::Transit => Some((Link(3), EAST)),
            Self::Isp => Some((Link(4), EAST)),
            Self::Net => None,
        }
    }

    /// The link towards the VM, if there is one.
    pub fn inward(self) -> Option<Link> {
        match self {
            Self::Vm => None,
            Self::Gateway => Some(Link(0)),
            Self::Fabric => Some(Link(1)),
            Self::Transit => Some(Link(2)),
            Self::Isp => Some(Link(3)),
            Self::Net => Some(Link(4)),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// One wire of the chain: link 0 joins the VM and the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link(u8);

impl Link {
    /// Addresses of both ends lie in a network of two (RFC 3021).
    pub const PREFIX: u8 = 31;

    /// The end towards the VM.
    pub fn inner(self) -> Ipv4Addr {
        Ipv4Addr::new(203, 0, 113, 10 + 2 * self.0)
    }

    /// The end towards the servers.
    pub fn outer(self) -> Ipv4Addr {
        Ipv4Addr::new(203, 0, 113, 11 + 2 * self.0)
    }
}

/// The VM's address.
pub(super) fn vm() -> Ipv4Addr {
    Link(0).inner()
}

/// A machine that answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Host {
    /// Of its operator.
    pub(super) name: &'static str,
    /// Its only address.
    pub(super) address: Ipv4Addr,
}

impl Host {
    /// One of its doors.
    pub(super) fn at(self, port: u16) -> SocketAddr {
        SocketAddrV4::new(self.address, port).into()
    }
}

/// The operators of mail servers, in networks of their own.
pub(super) const OPERATORS: [Host; 5] = [
    Host { name: "alpha", address: Ipv4Addr::new(192, 0, 2, 10) },
    Host { name: "bravo", address: Ipv4Addr::new(192, 0, 2, 74) },
    Host { name: "charlie", address: Ipv4Addr::new(192, 0, 2, 138) },
    Host { name: "delta", address: Ipv4Addr::new(198, 51, 100, 10) },
    Host { name: "echo", address: Ipv4Addr::new(198, 51, 100, 74) },
];

/// Controls that are nobody's mail.
pub(super) const CONTROLS: [Host; 2] = [
    Host { name: "news", address: Ipv4Addr::new(198, 51, 100, 138) },
    Host { name: "search", address: Ipv4Addr::new(198, 51, 100, 202) },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_link_has_two_ends_and_they_meet() {
        for pair in Place::ALL.windows(2) {
            assert_eq!(
                pair[0].outward().map(|(link, _)| link),
                pair[1].inward(),
                "{} and {}",
                pair[0],
                pair[1]
            );
        }
    }

    #[test]
    fn every_address_is_for_documentation_and_belongs_to_one() {
        let links = Place::ALL.iter().filter_map(|place| place.inward());
        let ends = links.flat_map(|link| [link.inner(), link.outer()]);
        let mut all: Vec<Ipv4Addr> =
            ends.chain(OPERATORS.iter().chain(&CONTROLS).map(|host| host.address)).collect();
        assert!(all.iter().all(Ipv4Addr::is_documentation), "{all:?}");
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}
