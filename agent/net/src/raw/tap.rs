//! A look at the interface, before any firewall of this machine.
//!
//! It is opened only while somebody waits for an answer, because every packet of the machine passes its filter. A
//! SYN-ACK that it sees and that the raw socket never gets was dropped on arrival: by an input hook, by the reverse
//! path filter, in any case here.

use std::io;

use socket2::{Domain, Protocol, Socket, Type};
use sortie_core::packet::{PROTOCOL_TCP, read_ipv4, read_ipv6, read_tcp};
use sortie_core::target::Family;
use tokio::io::unix::AsyncFd;

use super::filter::{Filters, attach};
use super::flights::{Flights, Key};
use super::receive::{Packet, stamp_arrivals};
use crate::sys;

/// A tap on one family.
#[derive(Debug)]
pub(super) struct Tap {
    family: Family,
    pub(super) socket: AsyncFd<Socket>,
}

impl Tap {
    pub(super) fn open(family: Family, filters: &Filters) -> io::Result<Self> {
        let (ether_type, program) = match family {
            Family::Ipv4 => (libc::ETH_P_IP, filters.tap_v4()),
            Family::Ipv6 => (libc::ETH_P_IPV6, filters.tap_v6()),
        };
        // packet(7): the protocol of a packet socket is in network byte order.
        let protocol = Protocol::from(i32::from(u16::try_from(ether_type).unwrap_or_default().to_be()));
        // DGRAM: the link's header is cut off, so packets begin with their IP header on every kind of link.
        let socket = Socket::new(Domain::PACKET, Type::DGRAM.nonblocking(), Some(protocol))?;
        attach(&socket, &program)?;
        // Without stamps its times are our own clock's, which is good enough for an answer that never arrived.
        let _ = stamp_arrivals(&socket);
        Ok(Self { family, socket: sys::register(socket)? })
    }

    /// Notes a SYN-ACK with the SYN that it answers.
    pub(super) fn file(&self, packet: &Packet<'_>, flights: &mut Flights) {
        let read = if self.family == Family::Ipv4 { read_ipv4 } else { read_ipv6 };
        let Ok(ip) = read(packet.bytes) else { return };
        if ip.protocol != PROTOCOL_TCP {
            return;
        }
        if let Ok(segment) = read_tcp(ip.payload) {
            let key: Key = (ip.source, segment.source_port, segment.destination_port);
            flights.tap(&key, packet.received, |isn| segment.answer(isn, Some(ip.hop_limit), ip.ip_id));
        }
    }
}
