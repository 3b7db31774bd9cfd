//! The interfaces of this machine, for whoever tells which machine it is.

use std::net::IpAddr;

/// One network interface that leads somewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interface {
    /// `eth0`
    pub name: String,
    /// `00:0d:3a:00:00:01`; a tunnel has none.
    pub mac: Option<String>,
    /// In the kernel's order.
    pub addresses: Vec<IpAddr>,
}

/// Every interface with an address or a MAC, loopback aside, as the kernel has them now.
pub fn interfaces() -> Vec<Interface> {
    let of = |interface: pnet::datalink::NetworkInterface| {
        let mac = interface.mac.filter(|mac| !mac.is_zero());
        (!interface.is_loopback()).then(|| Interface {
            name: interface.name,
            mac: mac.map(|mac| mac.to_string()),
            addresses: interface.ips.iter().map(pnet::ipnetwork::IpNetwork::ip).collect(),
        })
    };
    let all = pnet::datalink::interfaces().into_iter().filter_map(of);
    all.filter(|interface| interface.mac.is_some() || !interface.addresses.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_tells_nobody_which_machine_it_is() {
        for interface in interfaces() {
            assert!(!interface.addresses.iter().any(IpAddr::is_loopback), "{interface:?}");
            assert!(interface.mac.is_some() || !interface.addresses.is_empty(), "{interface:?}");
        }
    }
}
