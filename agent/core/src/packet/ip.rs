//! IPv4 (RFC 791) and IPv6 (RFC 8200) headers of received packets.

use std::net::IpAddr;

use pnet::packet::ipv4::Ipv4Packet;
use pnet::packet::ipv6::Ipv6Packet;

use super::{Malformed, V6_HEADER};

/// What an IP header says, and the bytes that it carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IpPacket<'a> {
    /// Who claims to have sent it.
    pub source: IpAddr,
    /// To whom.
    pub destination: IpAddr,
    /// TTL or hop limit on arrival.
    pub hop_limit: u8,
    /// Identification, IPv4 only.
    pub ip_id: Option<u16>,
    /// Protocol or next header.
    pub protocol: u8,
    /// What follows the header; cut at the length that the header gives, since links pad short packets.
    pub payload: &'a [u8],
}

/// Reads an IPv4 packet.
pub fn read_ipv4(bytes: &[u8]) -> Result<IpPacket<'_>, Malformed> {
    let malformed = Malformed("IPv4 packet");
    let packet = Ipv4Packet::new(bytes).ok_or(malformed)?;
    let header = usize::from(packet.get_header_length()) * 4;
    let total = usize::from(packet.get_total_length());
    if packet.get_version() != 4 || header < Ipv4Packet::minimum_packet_size() {
        return Err(malformed);
    }
    // A later fragment carries no transport header.
    if packet.get_fragment_offset() != 0 {
        return Err(Malformed("IPv4 packet but a fragment"));
    }
    Ok(IpPacket {
        source: packet.get_source().into(),
        destination: packet.get_destination().into(),
        hop_limit: packet.get_ttl(),
        ip_id: Some(packet.get_identification()),
        protocol: packet.get_next_level_protocol().0,
        payload: bytes.get(header..total).ok_or(malformed)?,
    })
}

/// Reads an IPv6 packet without extension headers; no answer to a SYN has any.
pub fn read_ipv6(bytes: &[u8]) -> Result<IpPacket<'_>, Malformed> {
    let malformed = Malformed("IPv6 packet");
    let packet = Ipv6Packet::new(bytes).ok_or(malformed)?;
    if packet.get_version() != 6 {
        return Err(malformed);
    }
    let end = V6_HEADER + usize::from(packet.get_payload_length());
    Ok(IpPacket {
        source: packet.get_source().into(),
        destination: packet.get_destination().into(),
        hop_limit: packet.get_hop_limit(),
        ip_id: None,
        protocol: packet.get_next_header().0,
        payload: bytes.get(V6_HEADER..end).ok_or(malformed)?,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TINY: [u8; 24] = [
        0x45, 0, 0, 24, 0x12, 0x34, 0x40, 0, 64, 6, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2, 0xde, 0xad, 0xbe, 0xef,
    ];

    #[test]
    fn four_bytes_of_payload_are_four_bytes_of_payload() {
        let packet = read_ipv4(&TINY).expect("a whole packet");
        assert_eq!(packet.payload, [0xde, 0xad, 0xbe, 0xef]);
        assert_eq!((packet.hop_limit, packet.ip_id, packet.protocol), (64, Some(0x1234), 6));
    }

    #[test]
    fn padding_after_the_packet_is_cut_off() {
        let padded = [&TINY[..], &[0; 22]].concat();
        assert_eq!(read_ipv4(&padded), read_ipv4(&TINY));
    }

    #[test]
    fn lengths_that_lie_are_refused() {
        for (what, at, byte) in [
            ("version 6", 0, 0x65),
            ("header of 16 bytes", 0, 0x44),
            ("header of 60 bytes", 0, 0x4f),
            ("total length beyond the bytes", 3, 25),
            ("total length inside the header", 3, 19),
            ("later fragment", 7, 1),
        ] {
            let mut bytes = TINY;
            bytes[at] = byte;
            assert!(read_ipv4(&bytes).is_err(), "{what}");
        }
        for length in 0..TINY.len() {
            assert!(read_ipv4(&TINY[..length]).is_err(), "cut to {length}");
        }
        let mut six = [0; 44];
        (six[0], six[5]) = (0x60, 4);
        assert_eq!(read_ipv6(&six).expect("a whole packet").payload, [0; 4]);
        six[5] = 5;
        assert!(read_ipv6(&six).is_err());
        assert!(read_ipv6(&six[..39]).is_err());
    }

    proptest! {
        #[test]
        fn random_bytes_never_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
            for first in [0x45, 0x4f, 0x60] {
                if let Some(byte) = bytes.first_mut() {
                    *byte = first;
                }
                for packet in [read_ipv4(&bytes), read_ipv6(&bytes)].into_iter().flatten() {
                    prop_assert!(packet.payload.len() <= bytes.len());
                }
            }
        }
    }
}
