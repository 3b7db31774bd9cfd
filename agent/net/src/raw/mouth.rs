//! Sends SYNs as whole IP packets, one socket per family.
//!
//! The socket is asked to report drops (`IP_RECVERR`): without it the kernel hides what a queue or an egress hook
//! of this machine throws away.

use std::cell::Cell;
use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};

use nix::sys::socket::MsgFlags;
use socket2::{Protocol, Socket, Type};
use sortie_core::errno::Errno;
use sortie_core::packet::{Flow, Syn, read_ipv4, read_ipv6, read_tcp};
use sortie_core::target::{Family, Port};

use super::flights::Flights;
use super::flights::key;
use super::receive::{Reader, stamp_departures};
use crate::dial;
use crate::settings::Source;

/// Length of the SYNs that `core` builds: IP header and 40 bytes of TCP.
const V4_SYN: usize = 60;
/// The same with an IPv6 header.
const V6_SYN: usize = 80;

/// Most departures that are read from the error queue at once.
const DEPARTURES_MAX: usize = 64;

/// The sending side of one family.
pub(super) struct Mouth {
    family: Family,
    socket: Socket,
    stamped: bool,
    /// SYNs whose departure the kernel has not told yet.
    under_way: Cell<u32>,
}

impl Mouth {
    pub(super) fn open(family: Family, source: Option<&Source>) -> io::Result<Self> {
        let any = dial::any(family);
        let socket = dial::socket(any, Type::RAW, Protocol::from(libc::IPPROTO_RAW), source)?;
        // IPPROTO_RAW implies a header of our own in both families; it is only said aloud where Linux has the option.
        if family == Family::Ipv4 {
            socket.set_header_included_v4(true)?;
        }
        dial::report_icmp(&socket, any)?;
        let stamped = stamp_departures(&socket).is_ok();
        Ok(Self { family, socket, stamped, under_way: Cell::new(0) })
    }

    /// Whether departures carry kernel time stamps.
    pub(super) fn stamped(&self) -> bool {
        self.stamped
    }

    /// Hands one SYN to the kernel; an error is the kernel's refusal.
    pub(super) fn send(&self, syn: &Syn) -> Result<(), Errno> {
        let bytes = syn.build().map_err(|_| Errno::AFNOSUPPORT)?;
        let to = SocketAddr::new(syn.flow.destination, 0).into();
        self.socket.send_to(&bytes, &to).map_err(|error| dial::errno(&error))?;
        self.under_way.set(self.under_way.get().saturating_add(1));
        Ok(())
    }

    /// Tells the flights when they left, as far as the kernel has said so.
    pub(super) fn departures(&self, reader: &mut Reader, flights: &mut Flights) {
        for _ in 0..DEPARTURES_MAX {
            if self.under_way.get() == 0 {
                return;
            }
            let Ok(packet) = reader.read(&self.socket, MsgFlags::MSG_ERRQUEUE) else { return };
            if let Some((flow, isn, stamp)) =
                self.departed(packet.bytes).zip(packet.received.stamp).map(flatten)
            {
                flights.left(&key(&flow), isn, stamp);
                self.under_way.set(self.under_way.get().saturating_sub(1));
            }
        }
    }

    /// The SYN in a returned packet. It stands at the end: in front of it is whatever header the link has.
    fn departed(&self, bytes: &[u8]) -> Option<(Flow, u32)> {
        let length = if self.family == Family::Ipv4 { V4_SYN } else { V6_SYN };
        let bytes = bytes.get(bytes.len().checked_sub(length)?..)?;
        let packet = if self.family == Family::Ipv4 { read_ipv4(bytes) } else { read_ipv6(bytes) }.ok()?;
        let segment = read_tcp(packet.payload).ok()?;
        let flow = Flow {
            source: packet.source,
            destination: packet.destination,
            source_port: segment.source_port,
            destination_port: segment.destination_port,
        };
        Some((flow, segment.sequence))
    }
}

fn flatten<A, B, C>(((a, b), c): ((A, B), C)) -> (A, B, C) {
    (a, b, c)
}

/// Which of this machine's addresses leads to a destination; an error is the kernel's refusal to route there.
pub(super) fn source_address(ip: IpAddr, port: Port, source: Option<&Source>) -> Result<IpAddr, Errno> {
    let ask = || -> io::Result<IpAddr> {
        let socket: UdpSocket = dial::socket(ip, Type::DGRAM, Protocol::UDP, source)?.into();
        // Connecting a datagram socket sends nothing and asks routing everything.
        socket.connect(SocketAddr::new(ip, port.number()))?;
        Ok(socket.local_addr()?.ip())
    };
    ask().map_err(|error| dial::errno(&error))
}
