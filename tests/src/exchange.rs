//! One request on a connection of its own, and its answer read to the end.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body, Bytes};
use hyper::client::conn::{http1, http2};
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;

use crate::otlp::Protocol;

/// Beyond every timeout of what is asked here.
const PATIENCE: Duration = Duration::from_secs(60);

/// Why there is no answer.
#[derive(Debug)]
pub enum Failure {
    /// Nobody listens.
    Connect(io::Error),
    /// The connection ended, or what came back is no answer.
    Exchange(hyper::Error),
    /// Nothing came back for a minute.
    TimedOut,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Connect(error) => write!(f, "failed to connect: {error}"),
            Self::Exchange(error) => write!(f, "there was no whole answer: {error}"),
            Self::TimedOut => write!(f, "there was no answer within {PATIENCE:?}"),
        }
    }
}

impl std::error::Error for Failure {}

/// What came back.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub trailers: HeaderMap,
}

/// Asks `address` and reads the answer. `Grpc` means HTTP/2 without TLS.
pub async fn exchange(
    address: SocketAddr,
    protocol: Protocol,
    request: Request<Full<Bytes>>,
) -> Result<Reply, Failure> {
    let within = async {
        let stream = TcpStream::connect(address).await.map_err(Failure::Connect)?;
        let io = TokioIo::new(stream);
        match protocol {
            Protocol::Http => {
                let (mut sender, connection) = http1::handshake(io).await.map_err(Failure::Exchange)?;
                // It ends with the sender, and its errors are told to the request.
                tokio::spawn(connection);
                read(sender.send_request(request).await.map_err(Failure::Exchange)?).await
            }
            Protocol::Grpc => {
                let handshake = http2::handshake(TokioExecutor::new(), io).await;
                let (mut sender, connection) = handshake.map_err(Failure::Exchange)?;
                tokio::spawn(connection);
                read(sender.send_request(request).await.map_err(Failure::Exchange)?).await
            }
        }
    };
    tokio::time::timeout(PATIENCE, within).await.unwrap_or(Err(Failure::TimedOut))
}

async fn read<B>(response: Response<B>) -> Result<Reply, Failure>
where
    B: Body<Data = Bytes, Error = hyper::Error>,
{
    let (parts, body) = response.into_parts();
    let collected = body.collect().await.map_err(Failure::Exchange)?;
    let trailers = collected.trailers().cloned().unwrap_or_default();
    Ok(Reply { status: parts.status.as_u16(), headers: parts.headers, body: collected.to_bytes(), trailers })
}
