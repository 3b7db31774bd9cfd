//! A SYN as an ordinary client sends it.
//!
//! The options are those of a Linux client (MSS, SACK permitted, timestamps, window scale), so that no middlebox
//! treats the probe differently from mail.

use std::net::IpAddr;

use pnet::packet::tcp::{MutableTcpPacket, TcpFlags, TcpOption};

use super::envelope::Envelope;

/// A TCP header with the options below, in bytes.
const TCP_HEADER: u8 = 40;

/// What Linux offers first (`TCP_DEFAULT_INIT_RCVBUF` scaled by its window computation for an MSS of 1460).
const WINDOW: u16 = 64240;

/// 2⁷, what Linux offers with default buffers.
const WINDOW_SCALE: u8 = 7;

/// MSS on Ethernet: 1500 − 20 − 20.
const V4_MSS: u16 = 1460;

/// MSS on Ethernet: 1500 − 40 − 20.
const V6_MSS: u16 = 1440;

/// The four coordinates of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Flow {
    /// Our address.
    pub source: IpAddr,
    /// The peer's address.
    pub destination: IpAddr,
    /// Our port.
    pub source_port: u16,
    /// The peer's port.
    pub destination_port: u16,
}

/// A SYN to build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Syn {
    /// From where to where.
    pub flow: Flow,
    /// Initial sequence number.
    pub isn: u32,
    /// TTL or hop limit.
    pub hop_limit: u8,
    /// Identification, used with IPv4 only.
    pub ip_id: u16,
    /// Value of the timestamp option.
    pub timestamp: u32,
}

/// Source and destination of different families.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a packet cannot go from {source_ip} to {destination}")]
pub struct MixedFamilies {
    /// One family.
    pub source_ip: IpAddr,
    /// The other.
    pub destination: IpAddr,
}

impl Syn {
    /// The whole IP packet.
    pub fn build(&self) -> Result<Vec<u8>, MixedFamilies> {
        let mss = if self.flow.destination.is_ipv4() { V4_MSS } else { V6_MSS };
        Envelope { flow: self.flow, hop_limit: self.hop_limit, ip_id: self.ip_id }
            .around(TCP_HEADER, |segment| self.fill(segment, mss))
    }

    fn fill(&self, segment: &mut MutableTcpPacket<'_>, mss: u16) {
        segment.set_sequence(self.isn);
        segment.set_flags(TcpFlags::SYN);
        segment.set_window(WINDOW);
        segment.set_options(&[
            TcpOption::mss(mss),
            TcpOption::sack_perm(),
            TcpOption::timestamp(self.timestamp, 0),
            TcpOption::nop(),
            TcpOption::wscale(WINDOW_SCALE),
        ]);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::packet::envelope::tests::checksums_hold;
    use crate::packet::{PROTOCOL_TCP, read_ipv4, read_ipv6, read_tcp};

    fn syn(source: IpAddr, destination: IpAddr) -> Syn {
        let flow = Flow { source, destination, source_port: 61234, destination_port: 25 };
        Syn { flow, isn: 0x0102_0304, hop_limit: 64, ip_id: 99, timestamp: 0x1122_3344 }
    }

    #[test]
    fn options_are_those_of_a_linux_client() {
        let [source, destination] = ["192.0.2.1", "192.0.2.2"].map(|ip| ip.parse().expect("valid"));
        let bytes = syn(source, destination).build().expect("one family");
        let packet = read_ipv4(&bytes).expect("a whole packet");
        let options = read_tcp(packet.payload).expect("a whole segment").options;
        let expected = [2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0x11, 0x22, 0x33, 0x44, 0, 0, 0, 0, 1, 3, 3, 7];
        assert_eq!(options, expected);
    }

    #[test]
    fn mixed_families_are_refused() {
        let [v4, v6] = ["192.0.2.1", "2001:db8::1"].map(|ip| ip.parse().expect("valid"));
        assert!(syn(v4, v6).build().is_err());
        assert!(syn(v6, v4).build().is_err());
    }

    proptest! {
        #[test]
        fn a_built_syn_reads_back_and_its_checksums_hold(
            source: u128, destination: u128, ports: (u16, u16), isn: u32, hop_limit: u8, timestamp: u32, v6: bool,
        ) {
            let address = |bits: u128| {
                if v6 {
                    IpAddr::V6(bits.into())
                } else {
                    IpAddr::V4(u32::try_from(bits & u128::from(u32::MAX)).expect("masked").into())
                }
            };
            let flow = Flow {
                source: address(source),
                destination: address(destination),
                source_port: ports.0,
                destination_port: ports.1,
            };
            let bytes = Syn { flow, isn, hop_limit, ip_id: 5, timestamp }.build().expect("one family");
            let packet = if v6 { read_ipv6(&bytes) } else { read_ipv4(&bytes) }.expect("a whole packet");
            prop_assert_eq!((packet.source, packet.destination), (flow.source, flow.destination));
            prop_assert_eq!((packet.hop_limit, packet.protocol), (hop_limit, PROTOCOL_TCP));
            let segment = read_tcp(packet.payload).expect("a whole segment");
            prop_assert_eq!((segment.source_port, segment.destination_port), ports);
            prop_assert_eq!((segment.sequence, segment.syn, segment.ack, segment.rst), (isn, true, false, false));
            prop_assert!(checksums_hold(&bytes));
        }
    }
}
