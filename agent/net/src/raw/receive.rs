//! One packet off a socket, with the kernel's time stamp and the hop limit beside it.

use std::io::{self, IoSliceMut};
use std::net::IpAddr;
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

use nix::libc::{sock_extended_err, sockaddr_in6, timespec};
use nix::sys::socket::{ControlMessageOwned, MsgFlags, SockaddrStorage, TimestampingFlag, recvmsg};
use nix::sys::socket::{setsockopt, sockopt};
use socket2::Socket;

use super::flights::Received;

/// Most bytes of a packet that are looked at: headers, options and the longest quote of an ICMP error.
const BUFFER: usize = 2048;

/// A received packet.
pub(super) struct Packet<'a> {
    pub(super) bytes: &'a [u8],
    /// Its sender, where the socket says so.
    pub(super) from: Option<IpAddr>,
    /// Its hop limit, where the socket was asked for it.
    pub(super) hop_limit: Option<u8>,
    pub(super) received: Received,
}

/// A buffer to read packets into, one at a time.
pub(super) struct Reader {
    bytes: Vec<u8>,
    control: Vec<u8>,
}

impl Reader {
    pub(super) fn new() -> Self {
        let control = nix::cmsg_space!([timespec; 3], sock_extended_err, sockaddr_in6, i32);
        Self { bytes: vec![0; BUFFER], control }
    }

    /// Reads the next packet, from the error queue if `flags` say so. Never waits.
    pub(super) fn read(&mut self, socket: &impl AsRawFd, flags: MsgFlags) -> io::Result<Packet<'_>> {
        let mut slices = [IoSliceMut::new(&mut self.bytes)];
        let flags = flags | MsgFlags::MSG_DONTWAIT;
        let message =
            recvmsg::<SockaddrStorage>(socket.as_raw_fd(), &mut slices, Some(&mut self.control), flags)?;
        let at = Instant::now();
        let (mut stamp, mut hop_limit) = (None, None);
        for control in message.cmsgs().into_iter().flatten() {
            match control {
                ControlMessageOwned::ScmTimestampsns(stamps) => stamp = Some(Duration::from(stamps.system)),
                ControlMessageOwned::Ipv6HopLimit(limit) => hop_limit = u8::try_from(limit).ok(),
                _ => {}
            }
        }
        let (length, from) = (message.bytes, message.address.as_ref().and_then(ip));
        let received = Received { at, stamp: stamp.filter(|stamp| !stamp.is_zero()) };
        Ok(Packet { bytes: &self.bytes[..length], from, hop_limit, received })
    }
}

fn ip(address: &SockaddrStorage) -> Option<IpAddr> {
    let v4 = || address.as_sockaddr_in().map(|address| IpAddr::V4(address.ip()));
    let v6 = || address.as_sockaddr_in6().map(|address| IpAddr::V6(address.ip()));
    v4().or_else(v6)
}

/// Asks for software time stamps of received packets.
pub(super) fn stamp_arrivals(socket: &Socket) -> io::Result<()> {
    let flags = TimestampingFlag::SOF_TIMESTAMPING_RX_SOFTWARE | TimestampingFlag::SOF_TIMESTAMPING_SOFTWARE;
    Ok(setsockopt(socket, sockopt::Timestamping, &flags)?)
}

/// Asks for software time stamps of sent packets, on the error queue and with the packet itself, which names the
/// SYN better than a counter that drifts with every refused one.
pub(super) fn stamp_departures(socket: &Socket) -> io::Result<()> {
    let flags = TimestampingFlag::SOF_TIMESTAMPING_TX_SOFTWARE | TimestampingFlag::SOF_TIMESTAMPING_SOFTWARE;
    Ok(setsockopt(socket, sockopt::Timestamping, &flags)?)
}
