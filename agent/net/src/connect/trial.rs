//! One socket: one `connect()`, everything the kernel says about it, and a close that leaves nothing behind.

use std::io;
use std::net::IpAddr;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use socket2::Socket;
use sortie_core::errno::Errno;
use sortie_core::observation::{Answer, Icmp, KernelView, Seen, Segment};
use sortie_core::target::{Family, Port};
use tokio::io::unix::AsyncFd;

use super::departures;
use crate::dial;
use crate::error_queue;
use crate::own::OwnAddresses;
use crate::settings::Source;
use crate::sys::{self, TcpInfo, TcpState};

/// A handshake under way.
#[derive(Debug)]
pub(super) struct Trial {
    socket: AsyncFd<Socket>,
    started: Instant,
    never_left: bool,
}

impl Trial {
    /// Opens a socket and starts its handshake; an error is the kernel's immediate refusal.
    pub(super) fn start(
        ip: IpAddr,
        port: Port,
        source: Option<&Source>,
        ttl: Option<u8>,
        watch: bool,
    ) -> Result<Self, Errno> {
        let open = || -> io::Result<Self> {
            let socket = dial::tcp_socket(ip, source)?;
            // A probe has nothing to say: its end is a RST, which leaves no TIME-WAIT on either side.
            socket.set_linger(Some(Duration::ZERO))?;
            if let Some(ttl) = ttl {
                match Family::of(ip) {
                    Family::Ipv4 => socket.set_ttl_v4(ttl.into())?,
                    Family::Ipv6 => socket.set_unicast_hops_v6(ttl.into())?,
                }
            }
            let sent_before = if watch { departures::count() } else { None };
            let started = Instant::now();
            dial::start(&socket, ip, port)?;
            // Only what never leaves the machine is answered before `connect()` returns, virtual links aside, and
            // those count what they send at once.
            let closed = || sys::tcp_info(socket.as_fd()).is_ok_and(|info| info.state == TcpState::Closed);
            let never_left =
                sent_before.is_some_and(|before| closed() && departures::count() == Some(before));
            Ok(Self { socket: sys::register(socket)?, started, never_left })
        };
        open().map_err(|error| dial::errno(&error))
    }

    pub(super) fn source_port(&self) -> Option<u16> {
        Some(self.socket.get_ref().local_addr().ok()?.as_socket()?.port())
    }

    /// Waits until the handshake has an end.
    pub(super) async fn wait(&self, own: &OwnAddresses) -> Vec<Answer> {
        let mut queued = Vec::new();
        loop {
            let Ok(mut ready) = self.socket.writable().await else {
                return Vec::new();
            };
            // The error must be read after the queue: reading it first would lose which of the two came first.
            queued.extend(error_queue::drain(self.socket.get_ref(), own));
            let error = self.socket.get_ref().take_error().ok().flatten();
            let info = self.info();
            if info.is_some_and(|info| info.state == TcpState::SynSent) && error.is_none() {
                ready.clear_ready();
                continue;
            }
            return self.end(queued, error.as_ref(), info);
        }
    }

    fn end(&self, queued: Vec<Icmp>, error: Option<&io::Error>, info: Option<TcpInfo>) -> Vec<Answer> {
        let elapsed = self.started.elapsed();
        let answer = |seen| Answer { after: elapsed, late: false, seen };
        if !queued.is_empty() {
            return queued.into_iter().map(|icmp| answer(Seen::Icmp(icmp))).collect();
        }
        match error.and_then(io::Error::raw_os_error) {
            None => vec![Answer {
                // The kernel's own measurement is better than ours, unless it belongs to a repeated SYN.
                after: info
                    .filter(|info| info.retransmissions == 0 && !info.round_trip.is_zero())
                    .map_or(elapsed, |info| info.round_trip.min(elapsed)),
                late: false,
                seen: Seen::SynAck(acceptable()),
            }],
            Some(libc::ECONNREFUSED) => vec![answer(Seen::Reset(acceptable()))],
            // The handshake was completed and reset before anybody looked (EPIPE: after a FIN).
            Some(libc::ECONNRESET | libc::EPIPE) => {
                vec![answer(Seen::SynAck(acceptable())), answer(Seen::Reset(acceptable()))]
            }
            // The kernel gave up waiting earlier than we do: that is silence.
            Some(libc::ETIMEDOUT) => Vec::new(),
            Some(number) => vec![answer(Seen::Refused(Errno(number)))],
        }
    }

    /// Waits for a reset that follows a completed handshake; data or a FIN is nothing to report.
    pub(super) async fn after_handshake(&self) -> Vec<Answer> {
        let mut byte = [std::mem::MaybeUninit::uninit()];
        loop {
            let Ok(mut ready) = self.socket.readable().await else {
                return Vec::new();
            };
            match ready.try_io(|socket| socket.get_ref().peek(&mut byte)) {
                Err(_would_block) => {}
                Ok(Err(error)) if error.raw_os_error() == Some(libc::ECONNRESET) => {
                    let after = self.started.elapsed();
                    return vec![Answer { after, late: false, seen: Seen::Reset(acceptable()) }];
                }
                Ok(_) => return Vec::new(),
            }
        }
    }

    /// The kernel's view while it says anything: of an unanswered handshake.
    pub(super) fn kernel_view(&self) -> Option<KernelView> {
        let info = self.info().filter(|info| info.state != TcpState::Established)?;
        Some(KernelView {
            retransmits: info.retransmits,
            left_machine: info.retransmissions_out,
            handed_down: info.retransmissions,
            never_left: self.never_left,
        })
    }

    fn info(&self) -> Option<TcpInfo> {
        sys::tcp_info(self.socket.get_ref().as_fd()).ok()
    }
}

/// A segment that the kernel took; it tells nothing else about it.
fn acceptable() -> Segment {
    Segment { acceptable: true, ..Segment::default() }
}
