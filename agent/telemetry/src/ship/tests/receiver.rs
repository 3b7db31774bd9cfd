//! A receiver on loopback that answers as it is told.

use std::collections::VecDeque;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Instant;

use http_body_util::BodyExt as _;
use hyper::body::{Body, Bytes, Frame, Incoming};
use hyper::header::{HeaderMap, HeaderName};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper::{Request, Response, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::ship::{Protocol, REPLAY_HEADER, grpc, payload};

/// A request as it arrived.
pub(super) struct Arrived {
    pub(super) at: Instant,
    pub(super) path: String,
    pub(super) version: Version,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// Connections that were accepted so far.
    pub(super) connections: usize,
}

impl Arrived {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub(super) fn is_replay(&self) -> bool {
        self.header(REPLAY_HEADER).is_some_and(|value| value == "1")
    }

    /// The message, whatever it is wrapped in.
    pub(super) fn message(&self) -> Bytes {
        if self.header("content-type") == Some("application/grpc+proto") {
            let is_compressed = self.body[0] == 1;
            assert_eq!(is_compressed, self.header("grpc-encoding") == Some("gzip"));
            return grpc::message(&self.body).expect("a message").into();
        }
        match self.header("content-encoding") {
            Some("gzip") => payload::gunzip(&self.body, 1 << 24).expect("one member of gzip").into(),
            None => self.body.clone(),
            Some(other) => panic!("{other} is no encoding"),
        }
    }
}

/// What a receiver does with a request that it has read to its end.
#[derive(Clone, Debug)]
pub(super) enum Reply {
    /// Answers over HTTP.
    Http(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// Answers with this status of gRPC, these trailers, and this message where there is one.
    Grpc(u8, Vec<(&'static str, String)>, Option<Bytes>),
    /// Answers nothing, and ends the connection.
    Cut,
    /// Answers 200, begins a body, and ends the connection.
    CutHalf,
    /// Answers nothing, and keeps the connection.
    Silence,
    /// Answers so, and lets go of the connection in good order: over HTTP/2 by GOAWAY.
    Parting(Box<Reply>),
}

impl Reply {
    pub(super) fn status(status: u16) -> Self {
        Self::Http(status, Vec::new(), Vec::new())
    }

    pub(super) fn code(code: u8) -> Self {
        Self::Grpc(code, Vec::new(), None)
    }

    /// The answer of a receiver that has taken everything.
    pub(super) fn taken(protocol: Protocol) -> Self {
        Self::answered(protocol, &[])
    }

    /// The answer of a receiver that has taken the request, and this message in it.
    pub(super) fn answered(protocol: Protocol, message: &[u8]) -> Self {
        match protocol {
            Protocol::Http => {
                let kind = ("content-type", "application/x-protobuf".to_owned());
                Self::Http(200, vec![kind], message.to_vec())
            }
            Protocol::Grpc => Self::Grpc(0, Vec::new(), Some(grpc::frame(false, message))),
        }
    }
}

/// A receiver, and what arrived at it.
pub(super) struct Receiver {
    pub(super) url: String,
    pub(super) port: u16,
    pub(super) arrived: UnboundedReceiver<Arrived>,
    task: JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Decides on the answer to a request.
type Judge = dyn FnMut(&Arrived) -> Reply + Send;

impl Receiver {
    /// Answers one request after the other so, and those that follow as if all were well.
    pub(super) async fn new(protocol: Protocol, replies: impl Into<VecDeque<Reply>>) -> Self {
        let mut replies = replies.into();
        Self::judging(protocol, move |_| replies.pop_front().unwrap_or_else(|| Reply::taken(protocol))).await
    }

    /// Answers each request as it is judged.
    pub(super) async fn judging(
        protocol: Protocol,
        judge: impl FnMut(&Arrived) -> Reply + Send + 'static,
    ) -> Self {
        Self::listening(protocol, None, judge).await
    }

    /// The same over TLS, in the name of `localhost`.
    pub(super) async fn tls(protocol: Protocol, acceptor: TlsAcceptor) -> Self {
        Self::listening(protocol, Some(acceptor), move |_| Reply::taken(protocol)).await
    }

    async fn listening(
        protocol: Protocol,
        tls: Option<TlsAcceptor>,
        judge: impl FnMut(&Arrived) -> Reply + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (told, arrived) = unbounded_channel();
        let url = match tls {
            None => format!("http://127.0.0.1:{port}"),
            Some(_) => format!("https://localhost:{port}"),
        };
        let desk = Desk {
            told,
            judge: Arc::new(tokio::sync::Mutex::new(Box::new(judge))),
            connections: Arc::default(),
            parting: Arc::default(),
        };
        let task = tokio::spawn(accept(listener, protocol, tls, desk));
        Self { url, port, arrived, task }
    }

    pub(super) async fn next(&mut self) -> Arrived {
        self.arrived.recv().await.expect("a request")
    }

    /// Whether nothing more has arrived so far.
    pub(super) fn is_at_rest(&mut self) -> bool {
        self.arrived.try_recv().is_err()
    }
}

async fn accept(listener: TcpListener, protocol: Protocol, tls: Option<TlsAcceptor>, desk: Desk) {
    loop {
        let (stream, _) = listener.accept().await.expect("a connection");
        desk.connections.fetch_add(1, Ordering::Relaxed);
        let desk = desk.clone();
        let tls = tls.clone();
        tokio::spawn(async move {
            match tls {
                None => desk.serve(stream, protocol).await,
                // A handshake that failed is seen at the other end.
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        desk.serve(stream, protocol).await;
                    }
                }
            }
        });
    }
}

#[derive(Clone)]
struct Desk {
    told: UnboundedSender<Arrived>,
    judge: Arc<tokio::sync::Mutex<Box<Judge>>>,
    connections: Arc<AtomicUsize>,
    /// Of one connection.
    parting: Arc<Notify>,
}

impl Desk {
    async fn serve(&self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, protocol: Protocol) {
        let desk = Self { parting: Arc::default(), ..self.clone() };
        let parting = Arc::clone(&desk.parting);
        let service = service_fn(move |request| {
            let desk = desk.clone();
            async move { desk.answer(request).await }
        });
        // Each ends with an error where the desk cut it, or the shipper was ended.
        match protocol {
            Protocol::Http => {
                let mut connection =
                    pin!(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
                tokio::select! {
                    _ = &mut connection => return,
                    () = parting.notified() => connection.as_mut().graceful_shutdown(),
                }
                let _ = connection.await;
            }
            Protocol::Grpc => {
                let builder = http2::Builder::new(TokioExecutor::new());
                let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
                tokio::select! {
                    _ = &mut connection => return,
                    () = parting.notified() => connection.as_mut().graceful_shutdown(),
                }
                let _ = connection.await;
            }
        }
    }

    async fn answer(&self, request: Request<Incoming>) -> Result<Response<Frames>, io::Error> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
        let arrived = Arrived {
            at: Instant::now(),
            path: parts.uri.to_string(),
            version: parts.version,
            headers: parts.headers,
            body,
            connections: self.connections.load(Ordering::Relaxed),
        };
        let reply = (*self.judge.lock().await)(&arrived);
        // Nobody listens any more where a test has ended.
        let _ = self.told.send(arrived);
        match reply {
            Reply::Parting(reply) => {
                self.parting.notify_one();
                respond(*reply).await
            }
            reply => respond(reply).await,
        }
    }
}

async fn respond(reply: Reply) -> Result<Response<Frames>, io::Error> {
    let head = |pairs: &[(&'static str, String)]| -> HeaderMap {
        let pair = |(name, value): &(&'static str, String)| {
            (HeaderName::from_static(name), value.parse().expect("a value"))
        };
        pairs.iter().map(pair).collect()
    };
    let mut response = Response::new(Frames::default());
    match reply {
        Reply::Parting(_) => return Err(io::Error::other("one parting is enough")),
        Reply::Cut => return Err(io::Error::other("cut")),
        Reply::Silence => return std::future::pending().await,
        Reply::CutHalf => {
            let begun = Frame::data(Bytes::from_static(b"\0\0\0\0\x09"));
            *response.body_mut() = Frames::new([Ok(begun), Err(io::Error::other("cut"))]);
        }
        Reply::Http(status, headers, body) => {
            *response.status_mut() = status.try_into().expect("a status");
            *response.headers_mut() = head(&headers);
            *response.body_mut() = Frames::new([Ok(Frame::data(body.into()))]);
        }
        Reply::Grpc(code, trailers, message) => {
            let mut trailers = head(&trailers);
            trailers.insert("grpc-status", u16::from(code).into());
            match message {
                None => *response.headers_mut() = trailers,
                Some(message) => {
                    let frames = [Ok(Frame::data(message)), Ok(Frame::trailers(trailers))];
                    *response.body_mut() = Frames::new(frames);
                }
            }
            response.headers_mut().insert("content-type", "application/grpc".parse().expect("a value"));
        }
    }
    Ok(response)
}

/// A body of these frames; before one that is none, the others are on their way.
#[derive(Default)]
struct Frames {
    frames: VecDeque<Result<Frame<Bytes>, io::Error>>,
    is_flushed: bool,
}

impl Frames {
    fn new(frames: impl Into<VecDeque<Result<Frame<Bytes>, io::Error>>>) -> Self {
        Self { frames: frames.into(), is_flushed: false }
    }
}

impl Body for Frames {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if !self.is_flushed && matches!(self.frames.front(), Some(Err(_))) {
            self.is_flushed = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(self.frames.pop_front())
    }

    fn is_end_stream(&self) -> bool {
        self.frames.is_empty()
    }
}

/// A port at which nobody listens.
pub(super) async fn dead_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    listener.local_addr().expect("an address").port()
}
