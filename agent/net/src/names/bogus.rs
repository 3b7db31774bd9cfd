//! Addresses that no mail server on the internet can have, from a resolver that lies or blocks.

use std::net::IpAddr;

use sortie_core::observation::DnsFailure;

/// Drops the impossible addresses; if nothing is left, the answer as a whole was a lie.
pub(super) fn sift(addresses: Vec<IpAddr>) -> Result<Vec<IpAddr>, DnsFailure> {
    let possible: Vec<IpAddr> = addresses.into_iter().filter(|ip| !is_bogus(*ip)).collect();
    if possible.is_empty() { Err(DnsFailure::Bogus) } else { Ok(possible) }
}

fn is_bogus(ip: IpAddr) -> bool {
    match ip {
        // RFC 1122 §3.2.1.3: the whole of 0/8 means "this network".
        IpAddr::V4(ip) => ip.is_loopback() || ip.octets()[0] == 0 || ip.is_multicast() || ip.is_broadcast(),
        // An unscoped link-local address and a v4-mapped one cannot be sent to as IPv6.
        IpAddr::V6(ip) => {
            ip.is_loopback()
                || ip.is_unspecified()
                || ip.is_multicast()
                || ip.is_unicast_link_local()
                || ip.to_ipv4_mapped().is_some()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_addresses_are_dropped_and_possible_ones_kept() {
        for (ip, bogus) in [
            ("127.0.0.1", true),
            ("0.0.0.0", true),
            ("0.1.2.3", true),
            ("224.0.0.1", true),
            ("255.255.255.255", true),
            ("10.0.0.1", false),
            ("198.51.100.1", false),
            ("::1", true),
            ("::", true),
            ("ff02::1", true),
            ("fe80::1", true),
            ("::ffff:198.51.100.1", true),
            ("2001:db8::1", false),
            ("fd00::1", false),
        ] {
            assert_eq!(is_bogus(ip.parse().expect("valid")), bogus, "{ip}");
        }
    }

    #[test]
    fn one_possible_address_saves_the_answer() {
        let [lie, truth] = ["127.0.0.1", "198.51.100.1"].map(|ip| ip.parse().expect("valid"));
        assert_eq!(sift(vec![lie, truth]), Ok(vec![truth]));
        assert_eq!(sift(vec![lie]), Err(DnsFailure::Bogus));
    }
}
