//! What has no safe wrapper: `TCP_INFO`, and giving a socket to the runtime. The only module with `unsafe`.
#![expect(unsafe_code, reason = "getsockopt(TCP_INFO) and AsyncFd::register have no safe wrapper")]

use std::io;
use std::mem;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::time::Duration;

use socket2::Socket;
use tokio::io::unix::AsyncFd;

/// Hands a socket to the runtime, which tells when it can be read or written.
pub(crate) fn register(socket: Socket) -> io::Result<AsyncFd<Socket>> {
    // SAFETY: a `Socket` owns its descriptor and keeps it open and unchanged until it is dropped; the `AsyncFd` owns
    // the `Socket`, gives out shared references only, and deregisters before it drops it.
    Ok(unsafe { AsyncFd::register(socket) }?)
}

/// States of a TCP socket, as far as a probe needs them (`net/tcp_states.h`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TcpState {
    /// The SYN is out and unanswered.
    SynSent,
    /// Refused, reset, given up.
    Closed,
    /// Anything that comes after a completed handshake.
    Established,
}

/// The kernel's view of one TCP socket.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TcpInfo {
    /// Where the socket stands.
    pub(crate) state: TcpState,
    /// Timeouts so far.
    pub(crate) retransmits: u8,
    /// Retransmissions that left and are unacknowledged.
    pub(crate) retransmissions_out: u32,
    /// Retransmissions handed down in total.
    pub(crate) retransmissions: u32,
    /// Smoothed round-trip time; after the handshake it is that of the SYN.
    pub(crate) round_trip: Duration,
}

/// `TCP_SYN_SENT` of `net/tcp_states.h`.
const SYN_SENT: u8 = 2;

/// `TCP_CLOSE` of `net/tcp_states.h`.
const CLOSE: u8 = 7;

/// Asks the kernel about a TCP socket.
pub(crate) fn tcp_info(socket: BorrowedFd<'_>) -> io::Result<TcpInfo> {
    // SAFETY: `tcp_info` is a C struct of integers, for which all zeroes is a valid value.
    let mut info: libc::tcp_info = unsafe { mem::zeroed() };
    let mut length = libc::socklen_t::try_from(size_of_val(&info)).map_err(io::Error::other)?;
    // SAFETY: the descriptor is open for as long as it is borrowed, and the kernel writes at most `length` bytes,
    // the size of `info`. An older kernel writes fewer and leaves the rest zero.
    let result = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::IPPROTO_TCP,
            libc::TCP_INFO,
            (&raw mut info).cast(),
            &raw mut length,
        )
    };
    if result != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(TcpInfo {
        state: match info.tcpi_state {
            SYN_SENT => TcpState::SynSent,
            CLOSE => TcpState::Closed,
            _ => TcpState::Established,
        },
        retransmits: info.tcpi_retransmits,
        retransmissions_out: info.tcpi_retrans,
        retransmissions: info.tcpi_total_retrans,
        round_trip: Duration::from_micros(info.tcpi_rtt.into()),
    })
}
