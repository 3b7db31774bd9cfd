//! Source ports that belong to the prober alone.
//!
//! A contiguous block is bound and kept open, so that no program of this machine can get one of them, an answer is
//! told from foreign traffic by a range test, and nothing listens: the kernel's own RST closes whatever a SYN
//! opened. Every SYN to one destination gets the next port, so that no 4-tuple comes back within minutes; a new
//! sequence number on a half-open one would draw nothing.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ops::RangeInclusive;

use socket2::{Domain, Protocol, Socket, Type};
use sortie_core::target::Port;

/// Sizes that are tried, largest first.
const SIZES: [u16; 3] = [128, 64, 32];

/// Above the kernel's default range for other programs (32768 to 60999).
const PREFERRED: u16 = 61000;

/// How often another place is tried per size.
const TRIES: usize = 16;

/// Destinations whose next port is remembered; beyond that they start anew at a random one.
const DESTINATIONS_MAX: usize = 1024;

/// A block of ports and what was used of it.
#[derive(Debug)]
pub(super) struct Ports {
    range: RangeInclusive<u16>,
    next: HashMap<(IpAddr, Port), u16>,
    /// Bound, never used for anything: holding them is the point.
    _held: Vec<Socket>,
}

impl Ports {
    /// Reserves a block.
    pub(super) fn reserve() -> io::Result<Self> {
        let above = above_other_programs(&read_range());
        let mut last = io::ErrorKind::AddrInUse.into();
        for size in SIZES {
            let highest = u16::MAX - size + 1;
            let lowest = above.min(highest);
            for _ in 0..TRIES {
                let range = fastrand::u16(lowest..=highest);
                let range = range..=range + (size - 1);
                match range.clone().map(hold).collect::<io::Result<Vec<_>>>() {
                    Ok(held) => return Ok(Self { range, next: HashMap::new(), _held: held }),
                    Err(error) => last = error,
                }
            }
        }
        Err(last)
    }

    pub(super) fn range(&self) -> RangeInclusive<u16> {
        self.range.clone()
    }

    /// The port of the next SYN to this destination.
    pub(super) fn next(&mut self, destination: (IpAddr, Port)) -> u16 {
        if self.next.len() >= DESTINATIONS_MAX && !self.next.contains_key(&destination) {
            self.next.clear();
        }
        let (first, last) = (*self.range.start(), *self.range.end());
        let next = self.next.entry(destination).or_insert_with(|| fastrand::u16(first..=last));
        let port = *next;
        *next = if port == last { first } else { port + 1 };
        port
    }
}

/// The first port that the kernel does not give to other programs, or the usual one where it gives all.
fn above_other_programs(range: &str) -> u16 {
    let highest: Option<u16> = range.split_whitespace().nth(1).and_then(|word| word.parse().ok());
    match highest {
        Some(highest) if u16::MAX - highest >= SIZES[0] => (highest + 1).max(PREFERRED),
        _ => PREFERRED,
    }
}

fn read_range() -> String {
    fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap_or_default()
}

/// Holds one port in both families, or in IPv4 where there is no IPv6.
fn hold(port: u16) -> io::Result<Socket> {
    match hold_both(port) {
        Err(error) if matches!(error.raw_os_error(), Some(libc::EAFNOSUPPORT | libc::EADDRNOTAVAIL)) => {
            let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))?;
            socket.bind(&SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)).into())?;
            Ok(socket)
        }
        other => other,
    }
}

fn hold_both(port: u16) -> io::Result<Socket> {
    let socket = Socket::new(Domain::IPV6, Type::STREAM, Some(Protocol::TCP))?;
    socket.set_only_v6(false)?;
    socket.bind(&SocketAddr::from((Ipv6Addr::UNSPECIFIED, port)).into())?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_block_lies_above_the_ports_of_other_programs_where_there_is_room() {
        for (range, first) in [
            ("32768\t60999", 61000),
            ("32768\t61999", 62000),
            ("1024\t65535", 61000),
            ("1024\t65500", 61000),
            ("", 61000),
            ("10000 20000", 61000),
        ] {
            assert_eq!(above_other_programs(range), first, "{range}");
        }
    }

    #[test]
    fn reserved_ports_are_taken_and_every_syn_gets_another_one() {
        let mut ports = Ports::reserve().expect("free ports");
        let first = *ports.range().start();
        assert_eq!(hold(first).map(drop).map_err(|e| e.kind()), Err(io::ErrorKind::AddrInUse));
        let destination = ("192.0.2.1".parse().expect("valid"), Port::SMTP);
        let size = usize::from(ports.range().end() - ports.range().start()) + 1;
        let mut used: Vec<u16> = (0..size).map(|_| ports.next(destination)).collect();
        assert_eq!(ports.next(destination), used[0]);
        used.sort_unstable();
        assert_eq!(used, ports.range().collect::<Vec<_>>());
    }
}
