//! One connection: HTTP/1.1 or HTTP/2, for as long as the script lets it live.

use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http_body_util::BodyExt as _;
use hyper::body::{Bytes, Incoming};
use hyper::header::HeaderValue;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use socket2::SockRef;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::sync::Notify;

use super::answer::{self, AnswerBody};
use super::forward::forward;
use super::{Desk, Record, Step};
use crate::otlp::{Frame, Message, Protocol, Signal, decompress};

/// More than a TLS client reads before it has an opinion.
const GARBAGE: usize = 512;

pub(super) async fn hold(mut stream: TcpStream, desk: Arc<Desk>) {
    if desk.begins_with_garbage() {
        let noise: Vec<u8> = (0..GARBAGE).map(|_| fastrand::u8(..)).collect();
        // The peer may be gone already.
        let _ = stream.write_all(&noise).await;
        return;
    }
    let Ok(socket) = stream.as_fd().try_clone_to_owned() else { return };
    let reset = Arc::new(Reset { socket, wanted: Notify::new() });
    let io = TokioIo::new(stream);
    let service = service_fn(|request| {
        let (desk, reset) = (Arc::clone(&desk), Arc::clone(&reset));
        async move { Ok::<_, Infallible>(handle(request, &desk, &reset).await) }
    });
    // How a connection ends is no news: what was asked on it is in the records.
    match desk.protocol {
        Protocol::Http => tokio::select! {
            _ = http1::Builder::new().timer(TokioTimer::new()).serve_connection(io, service) => {}
            () = reset.wanted.notified() => {}
        },
        Protocol::Grpc => tokio::select! {
            _ = http2::Builder::new(TokioExecutor::new()).serve_connection(io, service) => {}
            () = reset.wanted.notified() => {}
        },
    }
}

/// How a connection ends with a RST instead of a FIN.
#[derive(Debug)]
struct Reset {
    socket: OwnedFd,
    wanted: Notify,
}

impl Reset {
    /// Closing a socket that lingers for no time at all resets its connection (RFC 9293 section 3.10.4, ABORT).
    async fn reset(&self) -> ! {
        let lingering = SockRef::from(&self.socket).set_linger(Some(Duration::ZERO));
        debug_assert!(lingering.is_ok(), "a TCP socket can linger");
        self.wanted.notify_one();
        pending().await
    }
}

async fn handle(request: Request<Incoming>, desk: &Desk, reset: &Reset) -> Response<AnswerBody> {
    let arrived = SystemTime::now();
    let (head, body) = request.into_parts();
    let path = head.uri.path().to_owned();
    let signal = Signal::of_path(&path, desk.protocol);
    let step = desk.next_step(signal);
    let mut record = Record {
        arrived,
        signal,
        headers: head.headers,
        body: Bytes::new(),
        compressed: false,
        message: Err("nobody read it".to_owned()),
        step: step.clone(),
        answered: None,
        path,
    };
    if step == Step::ResetBeforeBody {
        desk.write(record);
        reset.reset().await;
    }
    let raw = match body.collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) => {
            record.message = Err(format!("the body ended early: {error}"));
            desk.write(record);
            reset.reset().await;
        }
    };
    match unwrap(desk.protocol, &record.headers, raw.clone()) {
        Ok((body, compressed)) => {
            record.message = read(signal, &body, compressed);
            (record.body, record.compressed) = (body, compressed);
        }
        Err(reason) => record.message = Err(reason),
    }
    let (headers, path) = (record.headers.clone(), record.path.clone());
    let place = desk.write(record);
    let (mut step, mut is_said) = (step, true);
    loop {
        step = match step {
            Step::After(delay, then) => {
                tokio::time::sleep(delay).await;
                *then
            }
            Step::Unsaid(then) => {
                is_said = false;
                *then
            }
            _ => break,
        }
    }
    let answer = match step {
        Step::Forward(to) => forward(to, desk.protocol, &path, &headers, raw).await,
        step => answer::of(&step, desk.protocol, signal),
    };
    match answer.filter(|_| is_said) {
        Some((response, code)) => {
            if let Some(code) = code {
                desk.answered(place, code);
            }
            response
        }
        None => reset.reset().await,
    }
}

/// The message as it was sent, and whether it is compressed.
fn unwrap(protocol: Protocol, headers: &HeaderMap, raw: Bytes) -> Result<(Bytes, bool), String> {
    match protocol {
        Protocol::Http => match headers.get("content-encoding").map(HeaderValue::as_bytes) {
            None | Some(b"identity") => Ok((raw, false)),
            Some(b"gzip") => Ok((raw, true)),
            Some(other) => Err(format!("the body's encoding is `{}`", other.escape_ascii())),
        },
        Protocol::Grpc => {
            let frame = Frame::read(&raw)?;
            if frame.compressed && headers.get("grpc-encoding").is_none_or(|value| value != "gzip") {
                return Err("the message is compressed, and nothing says that it is gzip".to_owned());
            }
            Ok((frame.message, frame.compressed))
        }
    }
}

fn read(signal: Option<Signal>, body: &Bytes, compressed: bool) -> Result<Message, String> {
    let signal = signal.ok_or("the path is none of OTLP")?;
    let readable = |bytes: &[u8]| Message::decode(signal, bytes).map_err(|error| error.to_string());
    if compressed {
        let bytes = decompress(body).map_err(|error: io::Error| error.to_string())?;
        readable(&bytes)
    } else {
        readable(body)
    }
}
