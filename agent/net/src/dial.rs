//! A non-blocking `connect()` under way, and what the kernel says about it.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::AsFd;

use socket2::{Domain, Protocol, Socket, Type};
use sortie_core::errno::Errno;
use sortie_core::target::{Family, Port};

use crate::settings::Source;

/// A port that no policy about mail means.
const HTTPS: u16 = 443;

/// The error number of a failed system call.
pub(crate) fn errno(error: &io::Error) -> Errno {
    // Errors without a number come from the runtime, which says so when a descriptor cannot be registered.
    Errno(error.raw_os_error().unwrap_or(libc::EIO))
}

/// A fresh non-blocking socket of the right family, bound to `source` where one is configured.
pub(crate) fn socket(
    ip: IpAddr,
    kind: Type,
    protocol: Protocol,
    source: Option<&Source>,
) -> io::Result<Socket> {
    let socket =
        Socket::new(Domain::for_address(SocketAddr::new(ip, 0)), kind.nonblocking(), Some(protocol))?;
    match source {
        Some(Source::Interface(name)) => socket.bind_device(Some(name.as_bytes()))?,
        Some(Source::Address(own)) if Family::of(*own) == Family::of(ip) => {
            socket.bind(&SocketAddr::new(*own, 0).into())?;
        }
        Some(Source::Address(_)) | None => {}
    }
    Ok(socket)
}

/// An address of a family that means none in particular.
pub(crate) fn any(family: Family) -> IpAddr {
    match family {
        Family::Ipv4 => Ipv4Addr::UNSPECIFIED.into(),
        Family::Ipv6 => Ipv6Addr::UNSPECIFIED.into(),
    }
}

/// A TCP socket that reports ICMP errors on its error queue.
pub(crate) fn tcp_socket(ip: IpAddr, source: Option<&Source>) -> io::Result<Socket> {
    let socket = socket(ip, Type::STREAM, Protocol::TCP, source)?;
    report_icmp(&socket, ip)?;
    Ok(socket)
}

/// Puts ICMP errors, and drops by this machine's own queues, on the socket's error queue.
pub(crate) fn report_icmp(socket: &impl AsFd, ip: IpAddr) -> io::Result<()> {
    use nix::sys::socket::{setsockopt, sockopt};
    match Family::of(ip) {
        Family::Ipv4 => setsockopt(socket, sockopt::Ipv4RecvErr, &true)?,
        Family::Ipv6 => setsockopt(socket, sockopt::Ipv6RecvErr, &true)?,
    }
    Ok(())
}

/// Whether this machine has a route to `ip`, asked for a port and a protocol that no rule about mail means. Nothing
/// is sent.
pub(crate) fn is_routed(ip: IpAddr, source: Option<&Source>) -> bool {
    socket(ip, Type::DGRAM, Protocol::UDP, source)
        .and_then(|socket| socket.connect(&SocketAddr::new(ip, HTTPS).into()))
        .is_ok()
}

/// Starts the handshake. An error is the kernel's immediate refusal.
pub(crate) fn start(socket: &Socket, ip: IpAddr, port: Port) -> io::Result<()> {
    match socket.connect(&SocketAddr::new(ip, port.number()).into()) {
        Err(error) if error.raw_os_error() == Some(libc::EINPROGRESS) => Ok(()),
        other => other,
    }
}
