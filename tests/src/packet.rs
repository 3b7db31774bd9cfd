//! Ethernet frames of the forger: reading a SYN, writing what an honest network would never send.

use std::net::IpAddr;

use pnet::packet::Packet as _;
use pnet::packet::ethernet::{EtherType, EtherTypes, EthernetPacket, MutableEthernetPacket};
use pnet::packet::icmp::{IcmpCode, IcmpPacket, IcmpType, MutableIcmpPacket};
use pnet::packet::icmpv6::{Icmpv6Code, Icmpv6Packet, Icmpv6Type, MutableIcmpv6Packet};
use pnet::packet::ip::{IpNextHeaderProtocol, IpNextHeaderProtocols};
use pnet::packet::ipv4::{self, Ipv4Packet, MutableIpv4Packet};
use pnet::packet::ipv6::{Ipv6Packet, MutableIpv6Packet};
use pnet::packet::tcp::{self, MutableTcpPacket, TcpPacket};
use pnet::packet::{icmp, icmpv6};
use pnet::util::MacAddr;

const IPV4_HEADER: usize = 20;
const IPV6_HEADER: usize = 40;
const TCP_HEADER: usize = 20;
const ICMP_HEADER: usize = 8;

/// Routers quote at least this much of the packet they complain about (RFC 792, RFC 4443 more).
const QUOTE: usize = IPV6_HEADER + TCP_HEADER;

/// A TCP segment seen on the wire.
#[derive(Clone, Debug)]
pub struct Segment {
    pub source: IpAddr,
    pub target: IpAddr,
    pub source_port: u16,
    pub target_port: u16,
    pub sequence: u32,
    pub acknowledgement: u32,
    pub flags: u8,
    /// The whole IP packet.
    pub ip: Vec<u8>,
    pub source_mac: MacAddr,
    pub target_mac: MacAddr,
}

/// What to write: the addresses are the forged packet's own.
#[derive(Clone, Copy, Debug)]
pub struct Forged {
    pub source: IpAddr,
    pub target: IpAddr,
    pub source_port: u16,
    pub target_port: u16,
    pub sequence: u32,
    pub acknowledgement: u32,
    pub flags: u8,
    pub window: u16,
    pub ttl: u8,
}

/// The TCP segment of a frame, if it holds a whole one.
pub fn read(frame: &[u8]) -> Option<Segment> {
    let ethernet = EthernetPacket::new(frame)?;
    let (source, target, payload, ip): (IpAddr, IpAddr, Vec<u8>, Vec<u8>) = match ethernet.get_ethertype() {
        EtherTypes::Ipv4 => {
            let ip = Ipv4Packet::new(ethernet.payload())?;
            (ip.get_next_level_protocol() == IpNextHeaderProtocols::Tcp).then_some(())?;
            let bytes = ethernet.payload().get(..usize::from(ip.get_total_length()))?.to_vec();
            (ip.get_source().into(), ip.get_destination().into(), ip.payload().to_vec(), bytes)
        }
        EtherTypes::Ipv6 => {
            let ip = Ipv6Packet::new(ethernet.payload())?;
            (ip.get_next_header() == IpNextHeaderProtocols::Tcp).then_some(())?;
            let length = IPV6_HEADER + usize::from(ip.get_payload_length());
            let bytes = ethernet.payload().get(..length)?.to_vec();
            (ip.get_source().into(), ip.get_destination().into(), ip.payload().to_vec(), bytes)
        }
        _ => return None,
    };
    let tcp = TcpPacket::new(&payload)?;
    Some(Segment {
        source,
        target,
        source_port: tcp.get_source(),
        target_port: tcp.get_destination(),
        sequence: tcp.get_sequence(),
        acknowledgement: tcp.get_acknowledgement(),
        flags: tcp.get_flags(),
        ip,
        source_mac: ethernet.get_source(),
        target_mac: ethernet.get_destination(),
    })
}

/// A TCP packet with its IP header and right checksums.
pub fn tcp(forged: &Forged) -> Option<Vec<u8>> {
    let mut bytes = [0; TCP_HEADER];
    let mut segment = MutableTcpPacket::new(&mut bytes)?;
    segment.set_source(forged.source_port);
    segment.set_destination(forged.target_port);
    segment.set_sequence(forged.sequence);
    segment.set_acknowledgement(forged.acknowledgement);
    segment.set_data_offset(5);
    segment.set_flags(forged.flags);
    segment.set_window(forged.window);
    let checksum = match (forged.source, forged.target) {
        (IpAddr::V4(source), IpAddr::V4(target)) => {
            tcp::ipv4_checksum(&segment.to_immutable(), &source, &target)
        }
        (IpAddr::V6(source), IpAddr::V6(target)) => {
            tcp::ipv6_checksum(&segment.to_immutable(), &source, &target)
        }
        _ => return None,
    };
    segment.set_checksum(checksum);
    ip(forged.source, forged.target, forged.ttl, IpNextHeaderProtocols::Tcp, &bytes)
}

/// An ICMP error about `about` (an IP packet), in the family of its addresses.
pub fn icmp(from: IpAddr, to: IpAddr, ttl: u8, kind: u8, code: u8, about: &[u8]) -> Option<Vec<u8>> {
    let quote = &about[..about.len().min(QUOTE)];
    let mut bytes = vec![0; ICMP_HEADER + quote.len()];
    bytes[ICMP_HEADER..].copy_from_slice(quote);
    let protocol = match (from, to) {
        (IpAddr::V4(_), IpAddr::V4(_)) => {
            let mut message = MutableIcmpPacket::new(&mut bytes)?;
            message.set_icmp_type(IcmpType(kind));
            message.set_icmp_code(IcmpCode(code));
            let checksum = icmp::checksum(&IcmpPacket::new(message.packet())?);
            message.set_checksum(checksum);
            IpNextHeaderProtocols::Icmp
        }
        (IpAddr::V6(source), IpAddr::V6(target)) => {
            let mut message = MutableIcmpv6Packet::new(&mut bytes)?;
            message.set_icmpv6_type(Icmpv6Type(kind));
            message.set_icmpv6_code(Icmpv6Code(code));
            let checksum = icmpv6::checksum(&Icmpv6Packet::new(message.packet())?, &source, &target);
            message.set_checksum(checksum);
            IpNextHeaderProtocols::Icmpv6
        }
        _ => return None,
    };
    ip(from, to, ttl, protocol, &bytes)
}

/// An IP packet around `payload`.
pub fn ip(
    from: IpAddr,
    to: IpAddr,
    ttl: u8,
    protocol: IpNextHeaderProtocol,
    payload: &[u8],
) -> Option<Vec<u8>> {
    match (from, to) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            let mut bytes = vec![0; IPV4_HEADER + payload.len()];
            bytes[IPV4_HEADER..].copy_from_slice(payload);
            let total = u16::try_from(bytes.len()).ok()?;
            let mut packet = MutableIpv4Packet::new(&mut bytes)?;
            packet.set_version(4);
            packet.set_header_length(5);
            packet.set_total_length(total);
            packet.set_ttl(ttl);
            packet.set_next_level_protocol(protocol);
            packet.set_source(from);
            packet.set_destination(to);
            packet.set_checksum(ipv4::checksum(&packet.to_immutable()));
            Some(bytes)
        }
        (IpAddr::V6(from), IpAddr::V6(to)) => {
            let mut bytes = vec![0; IPV6_HEADER + payload.len()];
            bytes[IPV6_HEADER..].copy_from_slice(payload);
            let mut packet = MutableIpv6Packet::new(&mut bytes)?;
            packet.set_version(6);
            packet.set_payload_length(u16::try_from(payload.len()).ok()?);
            packet.set_next_header(protocol);
            packet.set_hop_limit(ttl);
            packet.set_source(from);
            packet.set_destination(to);
            Some(bytes)
        }
        _ => None,
    }
}

/// The TCP packet one hop later, or `None` where its time is up.
///
/// The TCP checksum is written anew: what a tap sees of a local sender is not yet summed up (the virtual
/// wire promises to do it), and a copy has no such promise.
pub fn one_hop_later(ip: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = ip.to_vec();
    sum_up(&mut bytes)?;
    if bytes.first()? >> 4 == 4 {
        let mut packet = MutableIpv4Packet::new(&mut bytes)?;
        packet.set_ttl(packet.get_ttl().checked_sub(1).filter(|&ttl| ttl > 0)?);
        packet.set_checksum(ipv4::checksum(&packet.to_immutable()));
    } else {
        let mut packet = MutableIpv6Packet::new(&mut bytes)?;
        packet.set_hop_limit(packet.get_hop_limit().checked_sub(1).filter(|&limit| limit > 0)?);
    }
    Some(bytes)
}

fn sum_up(ip: &mut [u8]) -> Option<()> {
    let header = if ip.first()? >> 4 == 4 { usize::from(ip[0] & 0xf) * 4 } else { IPV6_HEADER };
    let (header, segment) = ip.split_at_mut_checked(header)?;
    let mut segment = MutableTcpPacket::new(segment)?;
    let checksum = if header[0] >> 4 == 4 {
        let ip = Ipv4Packet::new(header)?;
        tcp::ipv4_checksum(&segment.to_immutable(), &ip.get_source(), &ip.get_destination())
    } else {
        let ip = Ipv6Packet::new(header)?;
        tcp::ipv6_checksum(&segment.to_immutable(), &ip.get_source(), &ip.get_destination())
    };
    segment.set_checksum(checksum);
    Some(())
}

/// An Ethernet frame around an IP packet.
pub fn frame(from: MacAddr, to: MacAddr, ip: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = vec![0; EthernetPacket::minimum_packet_size() + ip.len()];
    let mut packet = MutableEthernetPacket::new(&mut bytes)?;
    packet.set_source(from);
    packet.set_destination(to);
    packet.set_ethertype(ethertype(ip));
    packet.set_payload(ip);
    Some(bytes)
}

fn ethertype(ip: &[u8]) -> EtherType {
    if ip.first().is_some_and(|byte| byte >> 4 == 6) { EtherTypes::Ipv6 } else { EtherTypes::Ipv4 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forged_segment_reads_back_in_both_families() {
        for (source, target) in [("192.0.2.11", "203.0.113.11"), ("2001:db8::1", "2001:db8::2")] {
            let forged = Forged {
                source: source.parse().expect("address"),
                target: target.parse().expect("address"),
                source_port: 25,
                target_port: 61_000,
                sequence: 7,
                acknowledgement: 8,
                flags: tcp::TcpFlags::RST | tcp::TcpFlags::ACK,
                window: 0,
                ttl: 64,
            };
            let packet = tcp(&forged).expect("packet");
            let mac = MacAddr::new(2, 0, 0, 0, 0, 1);
            let seen = read(&frame(mac, mac, &packet).expect("frame")).expect("segment");
            assert_eq!((seen.source, seen.source_port, seen.acknowledgement), (forged.source, 25, 8));
            assert_eq!(one_hop_later(&packet).map(|later| later.len()), Some(packet.len()));
        }
    }
}
