//! The HTTP server beside probing: the page, the API, the metrics, and whether the agent lives and has a verdict.
//!
//! ```text
//! listener ─▶ connection ─▶ turn ─▶ host ─▶ path ─▶ rendered once ─▶ answer
//!             (bounded)     (paced) (known)          (shared)
//! ```
//!
//! It runs on the runtime that probes, and probing comes first: connections, event streams, requests a second, the
//! size and duration of a request and the patience with a reader are all bounded ([`Limits`]), and no client makes
//! anything be rendered that was not due. There is nothing to write, no cross-origin access, and no name but the
//! machine's own is answered ([`Hosts`]).

mod answer;
mod assets;
mod bind;
mod body;
mod connection;
mod events;
mod hosts;
mod rendered;
mod site;
#[cfg(test)]
mod tests;
mod turns;

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use sortie_core::history::History;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;
use tracing::{error, warn};

pub use self::assets::Asset;
pub use self::bind::{BindError, bind};
pub use self::hosts::Hosts;
use self::site::Site;
use self::turns::Turns;
use crate::board::{Board, Display};

/// When this machine has no descriptor or memory for another connection, it needs a moment.
const EXHAUSTED: Duration = Duration::from_secs(1);

/// The last word to those for whom there is not even a spare connection.
const FULL: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 10\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// What is served, and where it comes from.
#[derive(Clone)]
pub struct Faces {
    /// What is on show.
    pub board: Arc<Board>,
    /// Renders the page as of a moment, as HTML.
    pub page: fn(&Display, &History, SystemTime) -> String,
    /// What the page loads.
    pub assets: &'static [Asset],
    /// Renders the metrics.
    pub metrics: Arc<dyn Fn() -> Vec<u8> + Send + Sync>,
    /// The format of the metrics.
    pub metrics_content_type: &'static str,
}

/// What clients may take from a machine that has other things to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections that are served.
    pub connections: usize,
    /// Further ones, on which `/livez` is answered and everything else is put off: a health check must not fail
    /// because many people look at the page.
    pub spare: usize,
    /// Event streams. Fewer than connections, so that they leave room for questions.
    pub streams: usize,
    /// From the first moment of a connection, or the end of an answer, to the end of the next request's head.
    pub head: Duration,
    /// The same on a spare connection.
    pub spare_head: Duration,
    /// How long sent bytes may wait until the client takes them.
    pub stall: Duration,
    /// Between two signs of life on an event stream.
    pub heartbeat: Duration,
    /// What one connection may take in a second: a unit is a request, or 16 KiB of its answer.
    pub units_per_second: u32,
    /// Connections that are accepted in a second.
    pub accepts_per_second: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 64,
            spare: 16,
            streams: 32,
            head: Duration::from_secs(10),
            spare_head: Duration::from_secs(1),
            stall: Duration::from_secs(30),
            heartbeat: Duration::from_secs(15),
            units_per_second: 32,
            accepts_per_second: 128,
        }
    }
}

/// Serves until it is dropped, which ends every connection.
pub async fn serve(
    listener: std::net::TcpListener,
    faces: Faces,
    hosts: Hosts,
    limits: Limits,
) -> io::Result<Infallible> {
    listener.set_nonblocking(true)?;
    let listener = TcpListener::from_std(listener)?;
    let site = Arc::new(Site::new(faces, hosts, limits));
    let turns = Turns::per_second(limits.accepts_per_second, Instant::now());
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            // Those that ended make room before the next one is counted.
            biased;
            Some(ended) = connections.join_next() => {
                told(ended);
                if connections.is_empty() {
                    site.forget();
                }
            }
            accepted = listener.accept() => {
                let Some(stream) = heard(accepted).await else { continue };
                admit(stream, &mut connections, &site, limits);
                turns.spend(1, Instant::now());
                turns.wait().await;
            }
        }
    }
}

/// A new connection; `None` where there is none after all.
async fn heard(accepted: io::Result<(TcpStream, std::net::SocketAddr)>) -> Option<TcpStream> {
    match accepted {
        Ok((stream, _)) => Some(stream),
        // The client left before it was its turn.
        Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => None,
        Err(error) => {
            warn!("failed to accept a connection to the page: {error}");
            tokio::time::sleep(EXHAUSTED).await;
            None
        }
    }
}

fn admit(stream: TcpStream, connections: &mut JoinSet<()>, site: &Arc<Site>, limits: Limits) {
    let open = connections.len();
    if open < limits.connections + limits.spare {
        let spare = open >= limits.connections;
        connections.spawn(connection::serve(stream, Arc::clone(site), limits, spare));
    } else {
        // Whether it arrives is up to the client: there is no room to wait for it.
        let _ = stream.try_write(FULL);
    }
}

/// A panic was printed where it happened; that it ended no more than a connection is said here.
fn told(ended: Result<(), JoinError>) {
    if ended.is_err_and(|error| error.is_panic()) {
        error!("a connection to the page ended in a panic; the others and probing go on");
    }
}
