//! A packet capture of its own: what `tcpdump` would see on the VM's interface, with the kernel's time stamps.

use std::collections::HashMap;
use std::io::IoSliceMut;
use std::net::IpAddr;
use std::os::fd::AsRawFd as _;
use std::time::Duration;

use anyhow::{Context as _, Result};
use e2e::packet::{self, Segment};
use nix::errno::Errno;
use nix::libc::ETH_P_ALL;
use nix::sys::socket::{ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, setsockopt, sockopt};
use nix::sys::time::TimeSpec;
use pnet::packet::tcp::TcpFlags;
use socket2::{Domain, Protocol, Socket, Type};

/// Bytes of a frame that are looked at: headers and options of a SYN are far shorter.
const FRAME: usize = 256;

/// Room for the frames of one round while the reader sleeps.
const BUFFER: usize = 4 << 20;

/// Who was asked, on which port, from which port.
pub(crate) type Key = (IpAddr, u16, u16);

/// An open capture on every interface of the namespace.
#[derive(Debug)]
pub(crate) struct Capture {
    socket: Socket,
}

impl Capture {
    pub(crate) fn open() -> Result<Self> {
        // packet(7): the protocol of a packet socket is in network byte order.
        let protocol = i32::from(u16::try_from(ETH_P_ALL)?.to_be());
        let socket = Socket::new(Domain::PACKET, Type::RAW.nonblocking(), Some(Protocol::from(protocol)))
            .context("failed to open a packet socket")?;
        socket.set_recv_buffer_size(BUFFER)?;
        setsockopt(&socket, sockopt::ReceiveTimestampns, &true).context("failed to ask for time stamps")?;
        Ok(Self { socket })
    }

    /// From each SYN to its SYN-ACK, as captured since the last call.
    pub(crate) fn round_trips(&mut self) -> Result<HashMap<Key, Duration>> {
        let (mut left, mut round_trips) = (HashMap::new(), HashMap::new());
        while let Some((segment, stamp)) = self.next()? {
            match segment.flags & (TcpFlags::SYN | TcpFlags::ACK | TcpFlags::RST) {
                TcpFlags::SYN => {
                    left.entry((segment.target, segment.target_port, segment.source_port)).or_insert(stamp);
                }
                flags if flags == TcpFlags::SYN | TcpFlags::ACK => {
                    let key = (segment.source, segment.source_port, segment.target_port);
                    if let Some(round_trip) = left.get(&key).and_then(|left| stamp.checked_sub(*left)) {
                        round_trips.entry(key).or_insert(round_trip);
                    }
                }
                _ => {}
            }
        }
        Ok(round_trips)
    }

    /// The next TCP segment that was captured, with its time since the epoch.
    fn next(&mut self) -> Result<Option<(Segment, Duration)>> {
        loop {
            let mut frame = [0; FRAME];
            let mut control = nix::cmsg_space!(TimeSpec);
            let mut slices = [IoSliceMut::new(&mut frame)];
            let message = match recvmsg::<SockaddrStorage>(
                self.socket.as_raw_fd(),
                &mut slices,
                Some(&mut control),
                MsgFlags::empty(),
            ) {
                Err(Errno::EAGAIN) => return Ok(None),
                message => message.context("failed to read a captured packet")?,
            };
            let stamp = message.cmsgs()?.find_map(|control| match control {
                ControlMessageOwned::ScmTimestampns(stamp) => Some(Duration::from(stamp)),
                _ => None,
            });
            let length = message.bytes;
            if let Some(found) = packet::read(&frame[..length]).zip(stamp) {
                return Ok(Some(found));
            }
        }
    }
}
