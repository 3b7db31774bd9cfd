//! A service on loopback: one answer for each request, and what was asked.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// One request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// `GET /path HTTP/1.1` and the lines after it, in lower case but for the first.
    pub(crate) head: String,
    /// As long as its `Content-Length` says.
    pub(crate) body: String,
}

impl Request {
    /// `GET /path`
    pub(crate) fn line(&self) -> &str {
        self.head.lines().next().and_then(|line| line.strip_suffix(" HTTP/1.1")).unwrap_or_default()
    }

    /// Whether it has this header, written in lower case.
    pub(crate) fn has(&self, header: &str) -> bool {
        self.head.lines().skip(1).any(|line| line == header)
    }
}

/// What comes back.
pub(crate) enum Reply {
    /// This, and the end.
    Bytes(String),
    /// The same, of which not all is text.
    Raw(Vec<u8>),
    /// This, and then nothing, for ever.
    Drip(String),
    /// Nothing, for ever.
    Silence,
    /// This again and again, until nobody listens any more.
    Flood(String),
}

/// 200 with this body.
pub(crate) fn ok(body: &str) -> Reply {
    status("200 OK", body)
}

/// A status, perhaps with headers behind it, and a body.
pub(crate) fn status(head: &str, body: &str) -> Reply {
    let length = body.len();
    Reply::Bytes(format!("HTTP/1.1 {head}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"))
}

/// A server that lives as long as the runtime of its test.
pub(crate) struct Server {
    pub(crate) url: &'static str,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    pub(crate) async fn start(answer: impl Fn(&Request, usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (asked, answer) = (Arc::clone(&requests), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (asked, answer) = (Arc::clone(&asked), Arc::clone(&answer));
                tokio::spawn(async move { serve(stream, &asked, &*answer).await });
            }
        });
        // Addresses of providers are constants, and a test ends soon.
        Self { url: url.leak(), requests }
    }

    /// What was asked, in order.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().expect("nobody panicked").clone()
    }

    /// `GET /path` of each.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.requests().iter().map(|request| request.line().to_owned()).collect()
    }
}

async fn serve(
    mut stream: TcpStream,
    asked: &Mutex<Vec<Request>>,
    answer: &(impl Fn(&Request, usize) -> Reply + Send + Sync),
) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let head = String::from_utf8(head).expect("our own requests are text");
    let (first, rest) = head.split_once("\r\n").expect("a line");
    let rest = rest.to_lowercase();
    let length = rest.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().expect("a number"))];
    if stream.read_exact(&mut body).await.is_err() {
        return;
    }
    let body = String::from_utf8(body).expect("our own requests are text");
    let request = Request { head: format!("{first}\n{rest}"), body };
    let number = {
        let mut asked = asked.lock().expect("nobody panicked");
        asked.push(request.clone());
        asked.len()
    };
    match answer(&request, number) {
        // Whoever has heard enough leaves.
        Reply::Bytes(bytes) => drop(stream.write_all(bytes.as_bytes()).await),
        Reply::Raw(bytes) => drop(stream.write_all(&bytes).await),
        Reply::Drip(bytes) => {
            drop(stream.write_all(bytes.as_bytes()).await);
            std::future::pending::<()>().await;
        }
        Reply::Silence => std::future::pending().await,
        Reply::Flood(bytes) => while stream.write_all(bytes.as_bytes()).await.is_ok() {},
    }
}
