//! The sockets that answers come in on: TCP and ICMP of both families, each behind its filter.

use std::io;
use std::net::IpAddr;

use socket2::{Domain, Protocol, Socket, Type};
use sortie_core::observation::{Icmp, Seen};
use sortie_core::packet::{Flow, IcmpError, IpPacket, PROTOCOL_TCP};
use sortie_core::packet::{read_icmpv4, read_icmpv6, read_ipv4, read_tcp};
use sortie_core::target::Family;
use tokio::io::unix::AsyncFd;

use super::filter::{Filters, Instruction, attach};
use super::flights::{Flights, Key, Received, key};
use super::receive::{Packet, stamp_arrivals};
use crate::own::OwnAddresses;
use crate::sys;

/// What one socket listens for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ear {
    /// SYN-ACKs and RSTs.
    Tcp(Family),
    /// ICMP errors.
    Icmp(Family),
}

/// An open ear.
#[derive(Debug)]
pub(super) struct Listener {
    pub(super) ear: Ear,
    pub(super) socket: AsyncFd<Socket>,
    /// Whether arrivals carry kernel time stamps.
    pub(super) stamped: bool,
}

impl Listener {
    pub(super) fn open(ear: Ear, filters: &Filters) -> io::Result<Self> {
        let (domain, protocol, program) = ear.parts(filters);
        let socket = Socket::new(domain, Type::RAW.nonblocking(), Some(protocol))?;
        attach(&socket, &program)?;
        if domain == Domain::IPV6 {
            // A raw IPv6 socket never delivers the header, so the hop limit comes beside the packet or not at all.
            socket.set_recv_hoplimit_v6(true)?;
        }
        let stamped = stamp_arrivals(&socket).is_ok();
        Ok(Self { ear, socket: sys::register(socket)?, stamped })
    }

    /// Files a packet with the SYN that it answers; anything else is dropped.
    pub(super) fn file(&self, packet: &Packet<'_>, own: &OwnAddresses, flights: &mut Flights) {
        match self.ear {
            Ear::Tcp(Family::Ipv4) => {
                if let Ok(ip) = read_ipv4(packet.bytes) {
                    file_tcp(&ip, packet.received, flights);
                }
            }
            Ear::Tcp(Family::Ipv6) => {
                let Some(source) = packet.from else { return };
                file_segment(source, packet.bytes, (packet.hop_limit, None), packet.received, flights);
            }
            Ear::Icmp(Family::Ipv4) => {
                if let Ok(ip) = read_ipv4(packet.bytes)
                    && let Ok(error) = read_icmpv4(ip.payload)
                {
                    file_icmp(&error, (ip.source, Some(ip.hop_limit)), packet.received, own, flights);
                }
            }
            Ear::Icmp(Family::Ipv6) => {
                if let (Some(source), Ok(error)) = (packet.from, read_icmpv6(packet.bytes)) {
                    file_icmp(&error, (source, packet.hop_limit), packet.received, own, flights);
                }
            }
        }
    }
}

impl Ear {
    fn parts(self, filters: &Filters) -> (Domain, Protocol, Vec<Instruction>) {
        match self {
            Self::Tcp(Family::Ipv4) => (Domain::IPV4, Protocol::TCP, filters.tcp_v4()),
            Self::Tcp(Family::Ipv6) => (Domain::IPV6, Protocol::TCP, filters.tcp_v6()),
            Self::Icmp(Family::Ipv4) => (Domain::IPV4, Protocol::ICMPV4, filters.icmp_v4()),
            Self::Icmp(Family::Ipv6) => (Domain::IPV6, Protocol::ICMPV6, filters.icmp_v6()),
        }
    }
}

fn file_tcp(ip: &IpPacket<'_>, received: Received, flights: &mut Flights) {
    if ip.protocol == PROTOCOL_TCP {
        file_segment(ip.source, ip.payload, (Some(ip.hop_limit), ip.ip_id), received, flights);
    }
}

fn file_segment(
    source: IpAddr,
    bytes: &[u8],
    (hop_limit, ip_id): (Option<u8>, Option<u16>),
    received: Received,
    flights: &mut Flights,
) {
    if let Ok(segment) = read_tcp(bytes) {
        let key: Key = (source, segment.source_port, segment.destination_port);
        flights.file(&key, received, |isn| segment.answer(isn, hop_limit, ip_id));
    }
}

fn file_icmp(
    error: &IcmpError,
    (offender, hop_limit): (IpAddr, Option<u8>),
    received: Received,
    own: &OwnAddresses,
    flights: &mut Flights,
) {
    let Flow { destination, .. } = error.flow;
    let icmp = Icmp {
        family: Family::of(destination),
        kind: error.kind,
        code: error.code,
        offender,
        from_self: own.contains(offender),
        hop_limit,
    };
    flights.file(&key(&error.flow), received, |isn| (error.sequence == isn).then_some(Seen::Icmp(icmp)));
}
