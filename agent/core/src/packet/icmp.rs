//! ICMP errors (RFC 792, RFC 4443) and the SYN that they quote.

use std::net::IpAddr;

use pnet::packet::icmp::IcmpPacket;
use pnet::packet::icmpv6::Icmpv6Packet;
use pnet::packet::ipv4::Ipv4Packet;
use pnet::packet::ipv6::Ipv6Packet;

use super::{Flow, Malformed, PROTOCOL_TCP, V6_HEADER};

/// Type, code, checksum and four bytes that depend on the type.
const ICMP_HEADER: usize = 8;

/// What every quote has at least of a TCP header (RFC 792: 64 bits): both ports and the sequence number.
const QUOTED_TCP: usize = 8;

/// An ICMP error about a TCP segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IcmpError {
    /// Type on the wire.
    pub kind: u8,
    /// Code on the wire.
    pub code: u8,
    /// The flow of the quoted segment, as its sender wrote it.
    pub flow: Flow,
    /// The sequence number of the quoted segment.
    pub sequence: u32,
}

/// Reads an ICMP message (without IP header) that is an error about a TCP segment.
pub fn read_icmpv4(bytes: &[u8]) -> Result<IcmpError, Malformed> {
    let malformed = Malformed("ICMP error");
    let packet = IcmpPacket::new(bytes).ok_or(malformed)?;
    let (kind, code) = (packet.get_icmp_type().0, packet.get_icmp_code().0);
    // RFC 792: destination unreachable, time exceeded, parameter problem. Redirects and source quenches quote as
    // well, and do not end a connection attempt (RFC 1122 §4.2.3.9, RFC 6633).
    if !matches!(kind, 3 | 11 | 12) {
        return Err(malformed);
    }
    let quote = bytes.get(ICMP_HEADER..).ok_or(malformed)?;
    let quoted = Ipv4Packet::new(quote).ok_or(malformed)?;
    let header = usize::from(quoted.get_header_length()) * 4;
    let ours = quoted.get_version() == 4
        && header >= Ipv4Packet::minimum_packet_size()
        && quoted.get_fragment_offset() == 0
        && quoted.get_next_level_protocol().0 == PROTOCOL_TCP;
    let tcp = quote.get(header..header + QUOTED_TCP).filter(|_| ours).ok_or(malformed)?;
    let addresses = (quoted.get_source().into(), quoted.get_destination().into());
    Ok(error(kind, code, addresses, tcp))
}

/// Reads an `ICMPv6` message (without IP header) that is an error about a TCP segment.
pub fn read_icmpv6(bytes: &[u8]) -> Result<IcmpError, Malformed> {
    let malformed = Malformed("ICMPv6 error");
    let packet = Icmpv6Packet::new(bytes).ok_or(malformed)?;
    let (kind, code) = (packet.get_icmpv6_type().0, packet.get_icmpv6_code().0);
    // RFC 4443 §3: unreachable, time exceeded, parameter problem. Packet-too-big (2) is no verdict on a SYN.
    if !matches!(kind, 1 | 3 | 4) {
        return Err(malformed);
    }
    let quote = bytes.get(ICMP_HEADER..).ok_or(malformed)?;
    let quoted = Ipv6Packet::new(quote).ok_or(malformed)?;
    let ours = quoted.get_version() == 6 && quoted.get_next_header().0 == PROTOCOL_TCP;
    let tcp = quote.get(V6_HEADER..V6_HEADER + QUOTED_TCP).filter(|_| ours).ok_or(malformed)?;
    let addresses = (quoted.get_source().into(), quoted.get_destination().into());
    Ok(error(kind, code, addresses, tcp))
}

fn error(kind: u8, code: u8, (source, destination): (IpAddr, IpAddr), tcp: &[u8]) -> IcmpError {
    let two = |at: usize| u16::from_be_bytes([tcp[at], tcp[at + 1]]);
    IcmpError {
        kind,
        code,
        flow: Flow { source, destination, source_port: two(0), destination_port: two(2) },
        sequence: u32::from_be_bytes([tcp[4], tcp[5], tcp[6], tcp[7]]),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::packet::Syn;

    fn syn(v6: bool) -> Syn {
        let [source, destination] =
            if v6 { ["2001:db8::1", "2001:db8::2"] } else { ["192.0.2.1", "192.0.2.2"] };
        Syn {
            flow: Flow {
                source: source.parse().expect("valid"),
                destination: destination.parse().expect("valid"),
                source_port: 61000,
                destination_port: 25,
            },
            isn: 0xdead_beef,
            hop_limit: 1,
            ip_id: 7,
            timestamp: 1,
        }
    }

    /// An error that quotes the SYN's first `quoted` bytes.
    fn error_about(v6: bool, kind: u8, code: u8, quoted: usize) -> Vec<u8> {
        let bytes = syn(v6).build().expect("one family");
        [&[kind, code, 0, 0, 0, 0, 0, 0], &bytes[..quoted]].concat()
    }

    #[test]
    fn eight_quoted_bytes_name_the_syn() {
        let four = read_icmpv4(&error_about(false, 11, 0, 28)).expect("an error");
        assert_eq!((four.kind, four.code, four.flow, four.sequence), (11, 0, syn(false).flow, 0xdead_beef));
        let six = read_icmpv6(&error_about(true, 1, 4, 48)).expect("an error");
        assert_eq!((six.kind, six.code, six.flow, six.sequence), (1, 4, syn(true).flow, 0xdead_beef));
    }

    #[test]
    fn anything_less_is_refused() {
        for quoted in 0..28 {
            assert!(read_icmpv4(&error_about(false, 3, 13, quoted)).is_err(), "{quoted} quoted bytes");
        }
        for quoted in 0..48 {
            assert!(read_icmpv6(&error_about(true, 1, 1, quoted)).is_err(), "{quoted} quoted bytes");
        }
    }

    #[test]
    fn messages_that_are_no_errors_about_tcp_are_refused() {
        assert!(read_icmpv4(&error_about(false, 0, 0, 40)).is_err(), "echo reply");
        assert!(read_icmpv4(&error_about(false, 5, 1, 40)).is_err(), "redirect");
        assert!(read_icmpv6(&error_about(true, 135, 0, 60)).is_err(), "neighbour solicitation");
        for (what, at, byte) in [
            ("UDP", 9, 17),
            ("quoted header too short", 0, 0x44),
            ("quoted header beyond the quote", 0, 0x4f),
            ("quoted fragment", 7, 1),
            ("quoted version", 0, 0x65),
        ] {
            let mut bytes = error_about(false, 3, 3, 30);
            bytes[ICMP_HEADER + at] = byte;
            assert!(read_icmpv4(&bytes).is_err(), "{what}");
        }
    }

    proptest! {
        #[test]
        fn random_bytes_never_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..120), kind in 0_u8..13) {
            if let Some(first) = bytes.first_mut() {
                *first = kind;
            }
            let _ = (read_icmpv4(&bytes), read_icmpv6(&bytes));
        }
    }
}
