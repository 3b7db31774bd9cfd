//! A client that says exactly what a test wants it to say.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A test that waits longer is not slow, it hangs. Less than a heartbeat, which would look like progress.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// One connection.
pub(super) struct Client {
    stream: TcpStream,
    received: Vec<u8>,
}

/// One answer. Header names are in lower case.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: String,
}

impl Client {
    pub(super) async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.expect("the server listens");
        Self { stream, received: Vec::new() }
    }

    /// One request with a good host, and its answer.
    pub(super) async fn get(&mut self, path: &str) -> Reply {
        self.say(&format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")).await;
        self.reply().await
    }

    /// What a request draws, word for word.
    pub(super) async fn ask(&mut self, request: &str) -> Reply {
        self.say(request).await;
        self.reply().await
    }

    /// Sends; a server that has closed already is found out by reading.
    pub(super) async fn say(&mut self, text: &str) {
        let _ = self.stream.write_all(text.as_bytes()).await;
    }

    /// The next answer, with its body where the length is known.
    pub(super) async fn reply(&mut self) -> Reply {
        let mut reply = self.head().await;
        let length =
            reply.headers.get("content-length").map_or(0, |length| length.parse().expect("a length"));
        while self.received.len() < length {
            assert!(self.receive().await, "the answer ends early: {reply:?}");
        }
        let body: Vec<u8> = self.received.drain(..length).collect();
        reply.body = String::from_utf8(body).expect("text");
        reply
    }

    /// The next answer without its body.
    pub(super) async fn head(&mut self) -> Reply {
        let head = self.until("\r\n\r\n").await;
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok());
        let headers = lines.filter_map(|line| line.split_once(": "));
        Reply {
            status: status.unwrap_or_else(|| panic!("no status in {head:?}")),
            headers: headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect(),
            body: String::new(),
        }
    }

    /// Everything up to and including `end`.
    pub(super) async fn until(&mut self, end: &str) -> String {
        loop {
            if let Some(at) = self.received.windows(end.len()).position(|window| window == end.as_bytes()) {
                let text = self.received.drain(..at + end.len()).collect();
                return String::from_utf8(text).expect("text");
            }
            let so_far = String::from_utf8_lossy(&self.received).into_owned();
            assert!(self.receive().await, "the connection ends after {so_far:?}");
        }
    }

    /// Everything until the server closes.
    pub(super) async fn rest(&mut self) -> String {
        while self.receive().await {}
        String::from_utf8(std::mem::take(&mut self.received)).expect("text")
    }

    /// Whether anything came before the end.
    async fn receive(&mut self) -> bool {
        let read = self.stream.read_buf(&mut self.received);
        // A reset is an end as well: it says that the server did not read all that was sent.
        matches!(tokio::time::timeout(PATIENCE, read).await.expect("an answer or an end"), Ok(1..))
    }
}
