//! A RST as a stateless device sends it in answer to somebody else's SYN.
//!
//! No engine sends it: it is for networks of our own in which a device on the path refuses connections.

use pnet::packet::tcp::TcpFlags;

use super::envelope::Envelope;
use super::{Flow, MixedFamilies, TcpSegment};

/// A TCP header without options, in bytes.
const TCP_HEADER: u8 = 20;

/// A RST to build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reset {
    /// From the peer in whose name it is sent to the sender of the SYN.
    pub flow: Flow,
    /// The first sequence number that is not acknowledged.
    pub acknowledgement: u32,
    /// TTL or hop limit.
    pub hop_limit: u8,
}

impl Reset {
    /// The refusal of a SYN that went along `flow`.
    ///
    /// RFC 9293 §3.5.2, group 1: "If the incoming segment has an ACK field, …, otherwise, the reset has sequence number
    /// zero and the ACK field is set to the sum of the sequence number and segment length of the incoming segment";
    /// a SYN has length one.
    pub fn refusing(flow: &Flow, syn: &TcpSegment<'_>, hop_limit: u8) -> Self {
        let back = Flow {
            source: flow.destination,
            destination: flow.source,
            source_port: flow.destination_port,
            destination_port: flow.source_port,
        };
        Self { flow: back, acknowledgement: syn.sequence.wrapping_add(1), hop_limit }
    }

    /// The whole IP packet.
    pub fn build(&self) -> Result<Vec<u8>, MixedFamilies> {
        Envelope { flow: self.flow, hop_limit: self.hop_limit, ip_id: 0 }.around(TCP_HEADER, |segment| {
            segment.set_acknowledgement(self.acknowledgement);
            segment.set_flags(TcpFlags::RST | TcpFlags::ACK);
        })
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;
    use crate::observation::Seen;
    use crate::packet::envelope::tests::checksums_hold;
    use crate::packet::{PROTOCOL_TCP, Syn, read_ipv4, read_ipv6, read_tcp};

    fn flow([source, destination]: [&str; 2]) -> Flow {
        let ip = |text: &str| text.parse::<IpAddr>().expect("valid");
        Flow { source: ip(source), destination: ip(destination), source_port: 61_000, destination_port: 25 }
    }

    #[test]
    fn the_refusal_of_a_syn_is_acceptable_to_its_sender_in_both_families() {
        for addresses in [["192.0.2.1", "198.51.100.25"], ["2001:db8::1", "2001:db8::25"]] {
            for isn in [7, u32::MAX] {
                let flow = flow(addresses);
                let syn = Syn { flow, isn, hop_limit: 64, ip_id: 1, timestamp: 1 };
                let syn = syn.build().expect("one family");
                let read = if flow.source.is_ipv4() { read_ipv4 } else { read_ipv6 };
                let syn = read_tcp(read(&syn).expect("a packet").payload).expect("a segment");
                let bytes = Reset::refusing(&flow, &syn, 255).build().expect("one family");
                assert!(checksums_hold(&bytes));
                let packet = read(&bytes).expect("a whole packet");
                assert_eq!((packet.source, packet.destination), (flow.destination, flow.source));
                assert_eq!((packet.hop_limit, packet.protocol), (255, PROTOCOL_TCP));
                let segment = read_tcp(packet.payload).expect("a whole segment");
                assert_eq!((segment.source_port, segment.destination_port), (25, 61_000));
                assert_eq!((segment.sequence, segment.window, segment.options), (0, 0, &[][..]));
                match segment.answer(isn, None, None) {
                    Some(Seen::Reset(reset)) => assert!(reset.acceptable, "isn {isn}"),
                    other => panic!("{other:?}"),
                }
            }
        }
    }

    #[test]
    fn mixed_families_are_refused() {
        let reset = Reset { flow: flow(["192.0.2.1", "2001:db8::1"]), acknowledgement: 1, hop_limit: 64 };
        assert!(reset.build().is_err());
    }
}
