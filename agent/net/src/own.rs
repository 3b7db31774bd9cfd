//! This machine's own addresses and networks.

use std::net::IpAddr;

use pnet::ipnetwork::IpNetwork;
use sortie_core::target::Family;

/// The addresses of all interfaces at one moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct OwnAddresses(Vec<IpNetwork>);

impl OwnAddresses {
    /// Asks the kernel.
    pub(crate) fn now() -> Self {
        Self(pnet::datalink::interfaces().into_iter().flat_map(|interface| interface.ips).collect())
    }

    /// Whether `ip` belongs to this machine: whatever comes from there never was on a wire.
    pub(crate) fn contains(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        ip.is_loopback() || self.0.iter().any(|network| network.ip() == ip)
    }

    /// Whether there is an address to reach the internet from in this family.
    pub(crate) fn has_source(&self, family: Family) -> bool {
        self.0.iter().map(IpNetwork::ip).any(|ip| match ip {
            IpAddr::V4(v4) => family == Family::Ipv4 && !v4.is_loopback() && !v4.is_link_local(),
            IpAddr::V6(v6) => family == Family::Ipv6 && !v6.is_loopback() && !v6.is_unicast_link_local(),
        })
    }

    /// Whether `ip` is in a network of an interface, so that no router stands between.
    pub(crate) fn on_link(&self, ip: IpAddr) -> bool {
        self.contains(ip) || self.0.iter().any(|network| network.contains(ip.to_canonical()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_of_interfaces_are_on_link_and_the_rest_is_not() {
        let own = OwnAddresses(vec![
            "192.0.2.7/24".parse().expect("valid"),
            "2001:db8::7/64".parse().expect("valid"),
        ]);
        for (ip, mine, on_link) in [
            ("192.0.2.7", true, true),
            ("::ffff:192.0.2.7", true, true),
            ("192.0.2.8", false, true),
            ("198.51.100.1", false, false),
            ("2001:db8::7", true, true),
            ("2001:db8::8", false, true),
            ("2001:db8:1::8", false, false),
            ("127.0.0.1", true, true),
        ] {
            let ip = ip.parse().expect("valid");
            assert_eq!((own.contains(ip), own.on_link(ip)), (mine, on_link), "{ip}");
        }
    }
}
