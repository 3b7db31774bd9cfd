//! Addresses as people type them, and who probably runs them.

use std::net::IpAddr;

use sortie_core::target::{Address, Host, Operator, Port, TargetError};

/// IPv4 addresses closer than this are taken for one organisation: the smallest block that is routed by itself.
const V4_PREFIX: u8 = 24;
/// The same for IPv6: the usual assignment to one site (RFC 6177 §2).
const V6_PREFIX: u8 = 48;

/// Why an address that reads well is no destination.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It does not read well.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// Unspecified, multicast or broadcast: no handshake can come from there.
    #[error("`{0}` is not the address of one machine")]
    NotUnicast(IpAddr),
}

/// Parses an address and refuses those that no TCP handshake can reach.
pub fn parse(text: &str, default_port: Option<Port>) -> Result<Address, AddressError> {
    let address = Address::parse(text, default_port)?;
    if let Host::Literal(ip) = address.host {
        let broadcast = matches!(ip, IpAddr::V4(v4) if v4.is_broadcast());
        if ip.is_unspecified() || ip.is_multicast() || broadcast {
            return Err(AddressError::NotUnicast(ip));
        }
    }
    Ok(address)
}

/// Who runs an address about which nothing else is known.
///
/// Errs towards one operator for two addresses: two that share a registered domain (guessed as the last two labels)
/// or a network count once, so that no verdict rests on one organisation that has many addresses.
#[expect(clippy::missing_panics_doc, reason = "every host makes a valid name, see the tests")]
pub fn likely_operator(address: &Address) -> Operator {
    let name = match &address.host {
        Host::Name(name) | Host::Mx(name) => {
            let labels: Vec<&str> = name.split('.').collect();
            let tail = labels[labels.len().saturating_sub(2)..].join(".");
            if tail.len() > 64 { tail.chars().take(64).collect() } else { tail }
        }
        Host::Literal(IpAddr::V4(v4)) => {
            let network = u32::from(*v4) & (u32::MAX << (32 - V4_PREFIX));
            format!("{}/{V4_PREFIX}", std::net::Ipv4Addr::from(network))
        }
        Host::Literal(IpAddr::V6(v6)) => {
            let network = u128::from(*v6) & (u128::MAX << (128 - V6_PREFIX));
            format!("{}/{V6_PREFIX}", std::net::Ipv6Addr::from(network))
        }
    };
    Operator::new(&name).expect("host names and networks are printable and at most 64 characters")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_count_as_one_operator() {
        for (address, operator) in [
            ("gmail-smtp-in.l.google.com:25", "google.com"),
            ("alt1.aspmx.l.google.com:25", "google.com"),
            ("mx:example.com:25", "example.com"),
            ("localhost:25", "localhost"),
            ("192.0.2.1:25", "192.0.2.0/24"),
            ("192.0.2.200:587", "192.0.2.0/24"),
            ("[2001:db8:1:2::3]:25", "2001:db8:1::/48"),
        ] {
            let parsed = parse(address, None).expect("valid");
            assert_eq!(likely_operator(&parsed).as_str(), operator, "{address}");
        }
    }

    #[test]
    fn longest_names_still_have_an_operator() {
        let label = "a".repeat(63);
        let parsed = parse(&format!("{label}.{label}:25"), None).expect("valid");
        assert_eq!(likely_operator(&parsed).as_str().len(), 64);
    }

    #[test]
    fn addresses_of_no_single_machine_are_refused() {
        for text in ["0.0.0.0:25", "[::]:25", "224.0.0.1:25", "255.255.255.255:25", "[ff02::1]:25"] {
            assert!(matches!(parse(text, None), Err(AddressError::NotUnicast(_))), "{text}");
        }
        assert!(parse("127.0.0.1:25", None).is_ok());
    }
}
