//! As much HTTP as it takes to ask the agent, and what stands behind it.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, Result};
use http_body_util::Full;
use hyper::Request;
use hyper::body::Bytes;
use hyper::header::{CONNECTION, CONTENT_TYPE, HOST};
use hyper::http::request::Builder;
use serde_json::Value;

use crate::exchange::{Reply, exchange};
use crate::otlp::Protocol;
use crate::server::runtime;

/// Loopback answers at once, or who is asked hangs.
const PATIENCE: Duration = Duration::from_secs(10);

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// One line for each header.
    pub head: String,
    pub body: String,
}

/// Asks for `path`, on a connection of its own.
pub fn get(address: SocketAddr, path: &str) -> Result<Answer> {
    send(address, path, Request::get(path), Bytes::new())
}

/// Posts JSON to `path`, on a connection of its own.
pub fn post(address: SocketAddr, path: &str, json: &Value) -> Result<Answer> {
    let request = Request::post(path).header(CONTENT_TYPE, "application/json");
    send(address, path, request, json.to_string().into())
}

fn send(address: SocketAddr, path: &str, request: Builder, body: Bytes) -> Result<Answer> {
    let request = request
        .header(HOST, address.to_string())
        .header(CONNECTION, "close")
        .body(Full::new(body))
        .with_context(|| format!("{path} is no path"))?;
    let exchange = async { tokio::time::timeout(PATIENCE, exchange(address, Protocol::Http, request)).await };
    let reply = runtime()?
        .block_on(exchange)
        .with_context(|| format!("{address} did not answer {path} within {PATIENCE:?}"))?
        .with_context(|| format!("failed to ask {address} for {path}"))?;
    answer(&reply)
}

fn answer(reply: &Reply) -> Result<Answer> {
    let line = |name: &hyper::header::HeaderName, value: &hyper::header::HeaderValue| {
        format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes()))
    };
    Ok(Answer {
        status: reply.status,
        head: reply.headers.iter().map(|(name, value)| line(name, value)).collect(),
        body: String::from_utf8(reply.body.to_vec()).context("the answer is not UTF-8")?,
    })
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use super::*;

    fn asked(says: &'static [u8]) -> Result<Answer> {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        std::thread::scope(|scope| {
            scope.spawn(move || {
                let (mut stream, _) = listener.accept().expect("somebody asks");
                let mut request = [0; 256];
                let length = stream.read(&mut request).expect("a request");
                assert!(request[..length].starts_with(b"GET /livez HTTP/1.1\r\n"));
                stream.write_all(says).expect("it listens");
            });
            get(address, "/livez")
        })
    }

    #[test]
    fn an_answer_is_read_to_its_end_however_it_is_sent() {
        for says in [
            &b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi"[..],
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nh\r\n1\r\ni\r\n0\r\n\r\n",
            b"HTTP/1.1 200 OK\r\n\r\nhi",
        ] {
            let answer = asked(says).expect("an answer");
            assert_eq!((answer.status, answer.body.as_str()), (200, "hi"));
        }
    }

    #[test]
    fn what_is_not_http_is_an_error() {
        assert!(asked(b"220 mx.example ESMTP\r\n").is_err());
    }
}
