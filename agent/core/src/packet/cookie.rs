//! Initial sequence numbers that only their maker can foresee.
//!
//! Whoever wants to forge an answer without seeing the SYN has to guess 32 bits of a keyed hash and the source port.

use std::hash::Hasher;
use std::net::IpAddr;

use siphasher::sip::SipHasher24;

use super::Flow;

/// The secret behind a prober's initial sequence numbers.
#[derive(Clone)]
pub struct Cookie(SipHasher24);

impl Cookie {
    /// A cookie maker with a random key.
    pub fn new(key: [u8; 16]) -> Self {
        Self(SipHasher24::new_with_key(&key))
    }

    /// The initial sequence number of a flow. `epoch` differs for every SYN, so that no two share a number.
    pub fn isn(&self, flow: &Flow, epoch: u64) -> u32 {
        let mut hasher = self.0;
        for ip in [flow.source, flow.destination] {
            match ip {
                IpAddr::V4(ip) => hasher.write(&ip.octets()),
                IpAddr::V6(ip) => hasher.write(&ip.octets()),
            }
        }
        hasher.write(&flow.source_port.to_be_bytes());
        hasher.write(&flow.destination_port.to_be_bytes());
        hasher.write(&epoch.to_be_bytes());
        // The low half of a keyed hash is as unpredictable as the whole.
        u32::try_from(hasher.finish() & u64::from(u32::MAX)).unwrap_or_default()
    }
}

impl std::fmt::Debug for Cookie {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cookie(secret)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(source_port: u16) -> Flow {
        Flow {
            source: "192.0.2.1".parse().expect("valid"),
            destination: "198.51.100.25".parse().expect("valid"),
            source_port,
            destination_port: 25,
        }
    }

    #[test]
    fn key_flow_and_epoch_each_change_the_number() {
        let cookie = Cookie::new([7; 16]);
        let isn = cookie.isn(&flow(61000), 1);
        assert_eq!(isn, cookie.isn(&flow(61000), 1));
        assert_ne!(isn, cookie.isn(&flow(61000), 2));
        assert_ne!(isn, cookie.isn(&flow(61001), 1));
        assert_ne!(isn, Cookie::new([8; 16]).isn(&flow(61000), 1));
    }

    #[test]
    fn the_secret_is_not_printed() {
        assert_eq!(format!("{:?}", Cookie::new([7; 16])), "Cookie(secret)");
    }
}
