//! Servers of the demonstration: mail servers with manners, and controls that only accept.

use std::io;
use std::net::SocketAddr;
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::node::Node;
use super::plan::Host;

/// Connections that wait to be accepted; a round brings a dozen.
const BACKLOG: i32 = 64;

/// A conversation that takes longer is over (RFC 5321 §4.5.3.2 allows five minutes; nobody here needs them).
const PATIENCE: Duration = Duration::from_secs(30);

/// Until accepting is tried again after it failed: descriptors come back when conversations end.
const RETRY: Duration = Duration::from_millis(50);

/// RFC 5321 §4.5.3.1.4: a command line has at most 512 octets.
const LINE_MAX: u64 = 512;

/// An open port. It is closed by the time its value is dropped.
#[derive(Debug)]
pub(super) struct Door {
    task: JoinHandle<()>,
    is_closed: mpsc::Receiver<()>,
}

/// What stands behind a door.
#[derive(Clone, Copy, Debug)]
pub(super) enum Behind {
    /// Greets, answers EHLO and QUIT; no mail is taken. The name is part of what it says.
    Mail(&'static str),
    /// Accepts and waits for the client to speak, as a web server does.
    Web,
}

impl Door {
    /// A server of `host`, at its own address.
    pub(super) fn open(net: &Node, host: Host, port: u16, behind: Behind) -> Result<Self> {
        Self::serve(net, host.at(port), false, behind)
    }

    /// A proxy that answers at any address, given a route that leads packets to it.
    pub(super) fn transparent(node: &Node, port: u16, behind: Behind) -> Result<Self> {
        Self::serve(node, SocketAddr::from(([0, 0, 0, 0], port)), true, behind)
    }

    fn serve(node: &Node, address: SocketAddr, transparent: bool, behind: Behind) -> Result<Self> {
        let listener = node
            .run(move || Ok(listen(address, transparent)?))
            .with_context(|| format!("failed to open {address} at {}", node.place()))?;
        let (open, is_closed) = mpsc::channel();
        let task = node.spawn(async move {
            // Declared first, so dropped last: when the other end hears of it, nobody listens any more.
            let _open: mpsc::Sender<()> = open;
            let Ok(listener) = TcpListener::from_std(listener) else { return };
            loop {
                match listener.accept().await {
                    Ok((stream, _)) => {
                        tokio::spawn(hold(stream, behind));
                    }
                    Err(_) => tokio::time::sleep(RETRY).await,
                }
            }
        });
        Ok(Self { task, is_closed })
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.task.abort();
        let _ = self.is_closed.recv();
    }
}

fn listen(address: SocketAddr, transparent: bool) -> io::Result<std::net::TcpListener> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM.nonblocking(), Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    if transparent {
        socket.set_ip_transparent_v4(true)?;
    }
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// A client that resets or leaves is the usual end of a probe, not an event.
async fn hold(stream: TcpStream, behind: Behind) {
    let _ = tokio::time::timeout(PATIENCE, async {
        match behind {
            Behind::Mail(name) => converse(stream, name).await,
            Behind::Web => drain(stream).await,
        }
    })
    .await;
}

/// RFC 5321 as far as a polite stranger without mail needs it.
async fn converse(stream: TcpStream, name: &str) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(format!("220 mx.{name}.example ESMTP ready\r\n").as_bytes()).await?;
    let mut line = String::new();
    loop {
        line.clear();
        if (&mut stream).take(LINE_MAX).read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let verb = line.split_ascii_whitespace().next().unwrap_or_default().to_ascii_uppercase();
        let answer = match verb.as_str() {
            "EHLO" => format!("250-mx.{name}.example\r\n250-PIPELINING\r\n250 SIZE 10485760\r\n"),
            "HELO" => format!("250 mx.{name}.example\r\n"),
            "NOOP" | "RSET" => "250 2.0.0 OK\r\n".to_owned(),
            "QUIT" => format!("221 2.0.0 mx.{name}.example closes\r\n"),
            _ => "502 5.5.1 not here\r\n".to_owned(),
        };
        stream.write_all(answer.as_bytes()).await?;
        if verb == "QUIT" {
            return stream.shutdown().await;
        }
    }
}

async fn drain(mut stream: TcpStream) -> io::Result<()> {
    let mut sink = [0; 1024];
    while stream.read(&mut sink).await? > 0 {}
    Ok(())
}
