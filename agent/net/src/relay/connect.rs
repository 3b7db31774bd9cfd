//! The first of several addresses that completes a handshake, as a mail program finds it.

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use sortie_core::relay::{Miss, Seen};
use sortie_core::target::Port;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::dial;
use crate::settings::Source;

/// How long an address has before the next one is tried beside it. RFC 8305 §5 has a quarter of that; a server around the
/// world needs a third of a second, and a second connection to the same relay would be rude.
const HEAD_START: Duration = Duration::from_secs(1);

/// How long one address has: a SYN, and the first one that the kernel sends again.
const ADDRESS: Duration = Duration::from_secs(3);

/// Most addresses that are tried: with their head starts they fit into the time of the step.
const ADDRESSES_MAX: usize = 4;

/// Connects to one of them.
pub(super) async fn first(
    addresses: &[IpAddr],
    port: Port,
    source: Option<&Source>,
) -> Result<(TcpStream, Seen), Seen> {
    let mut attempts: FuturesUnordered<_> = (0..)
        .zip(addresses.iter().take(ADDRESSES_MAX))
        .map(async |(turn, &ip)| {
            sleep(HEAD_START * turn).await;
            (ip, timeout(ADDRESS, connect(ip, port, source)).await)
        })
        .collect();
    let mut misses = Vec::new();
    while let Some((ip, connected)) = attempts.next().await {
        let miss = match connected {
            Ok(Ok(stream)) => return Ok((stream, Seen::Connected(ip))),
            Ok(Err(error)) => match error.raw_os_error() {
                Some(libc::ECONNREFUSED) => Miss::Refused,
                Some(libc::ETIMEDOUT) => Miss::Silent,
                _ => Miss::Failed(dial::errno(&error)),
            },
            Err(_) => Miss::Silent,
        };
        misses.push((ip, miss));
    }
    Err(Seen::NotConnected(misses))
}

async fn connect(ip: IpAddr, port: Port, source: Option<&Source>) -> io::Result<TcpStream> {
    let socket = dial::tcp_socket(ip, source)?;
    dial::start(&socket, ip, port)?;
    let stream = TcpStream::from_std(socket.into())?;
    stream.writable().await?;
    match stream.take_error()? {
        Some(error) => Err(error),
        None => Ok(stream),
    }
}
