//! The IP packet around a TCP segment of our own: headers, lengths and checksums, in both families.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use pnet::packet::ip::IpNextHeaderProtocols::Tcp;
use pnet::packet::ipv4::{self, Ipv4Flags, MutableIpv4Packet};
use pnet::packet::ipv6::MutableIpv6Packet;
use pnet::packet::tcp::{self, MutableTcpPacket, TcpPacket};

use super::{Flow, MixedFamilies, V6_HEADER};

/// An IPv4 header without options, in bytes.
const V4_HEADER: usize = 20;

/// What a packet's outside says.
pub(super) struct Envelope {
    pub(super) flow: Flow,
    pub(super) hop_limit: u8,
    /// Used with IPv4 only.
    pub(super) ip_id: u16,
}

impl Envelope {
    /// The packet around a segment whose header has `length` bytes (a multiple of four, at least 20). `fill` writes
    /// what ports, length and checksum do not say.
    pub(super) fn around(
        &self,
        length: u8,
        fill: impl Fn(&mut MutableTcpPacket<'_>),
    ) -> Result<Vec<u8>, MixedFamilies> {
        match (self.flow.source, self.flow.destination) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => {
                Ok(self.around_v4(length, fill, source, destination))
            }
            (IpAddr::V6(source), IpAddr::V6(destination)) => {
                Ok(self.around_v6(length, fill, source, destination))
            }
            (source_ip, destination) => Err(MixedFamilies { source_ip, destination }),
        }
    }

    fn around_v4(
        &self,
        length: u8,
        fill: impl Fn(&mut MutableTcpPacket<'_>),
        source: Ipv4Addr,
        destination: Ipv4Addr,
    ) -> Vec<u8> {
        let total = V4_HEADER + usize::from(length);
        let mut bytes = vec![0; total];
        self.write(&mut bytes[V4_HEADER..], length, fill, |tcp| {
            tcp::ipv4_checksum(tcp, &source, &destination)
        });
        if let Some(mut header) = MutableIpv4Packet::new(&mut bytes) {
            header.set_version(4);
            header.set_header_length(5);
            header.set_total_length(u16::try_from(total).unwrap_or(u16::MAX));
            header.set_identification(self.ip_id);
            header.set_flags(Ipv4Flags::DontFragment);
            header.set_ttl(self.hop_limit);
            header.set_next_level_protocol(Tcp);
            header.set_source(source);
            header.set_destination(destination);
            header.set_checksum(ipv4::checksum(&header.to_immutable()));
        }
        bytes
    }

    fn around_v6(
        &self,
        length: u8,
        fill: impl Fn(&mut MutableTcpPacket<'_>),
        source: Ipv6Addr,
        destination: Ipv6Addr,
    ) -> Vec<u8> {
        let mut bytes = vec![0; V6_HEADER + usize::from(length)];
        self.write(&mut bytes[V6_HEADER..], length, fill, |tcp| {
            tcp::ipv6_checksum(tcp, &source, &destination)
        });
        if let Some(mut header) = MutableIpv6Packet::new(&mut bytes) {
            header.set_version(6);
            header.set_payload_length(length.into());
            header.set_next_header(Tcp);
            header.set_hop_limit(self.hop_limit);
            header.set_source(source);
            header.set_destination(destination);
        }
        bytes
    }

    fn write(
        &self,
        bytes: &mut [u8],
        length: u8,
        fill: impl Fn(&mut MutableTcpPacket<'_>),
        checksum: impl Fn(&TcpPacket<'_>) -> u16,
    ) {
        let Some(mut segment) = MutableTcpPacket::new(bytes) else { return };
        segment.set_source(self.flow.source_port);
        segment.set_destination(self.flow.destination_port);
        segment.set_data_offset(length / 4);
        fill(&mut segment);
        segment.set_checksum(checksum(&segment.to_immutable()));
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::packet::{PROTOCOL_TCP, read_ipv4, read_ipv6};

    /// RFC 1071: the one's complement sum over data that includes its checksum is all ones.
    pub(in crate::packet) fn checksums_hold(packet: &[u8]) -> bool {
        let six = packet.first().is_some_and(|byte| byte >> 4 == 6);
        let read = if six { read_ipv6 } else { read_ipv4 }(packet).expect("a whole packet");
        let octets = |ip: IpAddr| match ip {
            IpAddr::V4(ip) => ip.octets().to_vec(),
            IpAddr::V6(ip) => ip.octets().to_vec(),
        };
        let length = u16::try_from(read.payload.len()).expect("short").to_be_bytes();
        let pseudo =
            [&octets(read.source)[..], &octets(read.destination), &[0, PROTOCOL_TCP], &length].concat();
        sums_to_ones(&[&pseudo, read.payload].concat()) && (six || sums_to_ones(&packet[..V4_HEADER]))
    }

    fn sums_to_ones(bytes: &[u8]) -> bool {
        let sum: u32 = bytes.chunks(2).map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]]))).sum();
        let folded = (sum >> 16) + (sum & 0xffff);
        (folded >> 16) + (folded & 0xffff) == 0xffff
    }
}
