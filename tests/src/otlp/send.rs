//! An export that a test makes itself, on its way to whoever takes OTLP.

use std::net::SocketAddr;

use anyhow::{Context as _, Result};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE, HOST, RETRY_AFTER};
use hyper::{HeaderMap, Request, Uri};
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceResponse;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceResponse;
use prost::Message as _;

use super::{Frame, Message, Protocol, Signal, compress, decompress};
use crate::exchange::{Reply, exchange};
use crate::server::runtime;

/// What a receiver says to an export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// All of it is taken.
    Taken,
    /// The rest is taken (OTLP specification, "Partial Success").
    Partial { rejected: i64 },
    /// The HTTP status, or the status of gRPC.
    Refused { code: u16, retry_after: Option<String>, says: String },
    /// There was no answer.
    Nothing(String),
}

impl Answer {
    /// The code of a refusal.
    pub fn code(&self) -> Option<u16> {
        match self {
            Self::Refused { code, .. } => Some(*code),
            _ => None,
        }
    }
}

/// A receiver as a sender sees it.
#[derive(Clone, Copy, Debug)]
pub struct Sender {
    pub protocol: Protocol,
    pub to: SocketAddr,
}

impl Sender {
    /// Sends each of the messages compressed, on a connection of its own, one after the other.
    ///
    /// # Errors
    /// When this machine has no sockets or threads left; everything else is an [`Answer`].
    pub fn send(self, messages: &[Message], headers: &[(&str, &str)]) -> Result<Vec<Answer>> {
        runtime()?.block_on(async {
            let mut answers = Vec::new();
            for message in messages {
                answers.push(self.send_one(message, headers).await?);
            }
            Ok(answers)
        })
    }

    /// Sends all of them at once.
    ///
    /// # Errors
    /// As [`Sender::send`].
    pub fn send_at_once(self, messages: &[Message], headers: &[(&str, &str)]) -> Result<Vec<Answer>> {
        let all = messages.iter().map(|message| self.send_one(message, headers));
        runtime()?.block_on(futures_util::future::join_all(all)).into_iter().collect()
    }

    async fn send_one(self, message: &Message, headers: &[(&str, &str)]) -> Result<Answer> {
        let signal = message.signal();
        let body: Bytes = compress(&message.encode()).into();
        let path = signal.path(self.protocol);
        let builder = match self.protocol {
            Protocol::Http => Request::post(path)
                .header(HOST, self.to.to_string())
                .header(CONTENT_TYPE, "application/x-protobuf")
                .header(CONTENT_ENCODING, "gzip"),
            Protocol::Grpc => {
                let uri = Uri::builder().scheme("http").authority(self.to.to_string()).path_and_query(path);
                Request::post(uri.build().context("an address and a path are a URI")?)
                    .header(CONTENT_TYPE, "application/grpc")
                    .header("te", "trailers")
                    .header("grpc-encoding", "gzip")
            }
        };
        let builder = headers.iter().fold(builder, |builder, (name, value)| builder.header(*name, *value));
        let body = match self.protocol {
            Protocol::Http => body,
            Protocol::Grpc => Frame { compressed: true, message: body }.write(),
        };
        let request = builder.body(Full::new(body)).context("headers of tests are well-formed")?;
        Ok(match (exchange(self.to, self.protocol, request).await, self.protocol) {
            (Err(failure), _) => Answer::Nothing(failure.to_string()),
            (Ok(reply), Protocol::Http) => of_http(signal, &reply),
            (Ok(reply), Protocol::Grpc) => of_grpc(signal, &reply),
        })
    }
}

fn of_http(signal: Signal, reply: &Reply) -> Answer {
    match reply.status {
        200..=299 => taken(signal, &reply.body),
        code => Answer::Refused {
            code,
            retry_after: text(&reply.headers, RETRY_AFTER.as_str()),
            says: String::from_utf8_lossy(&reply.body).into_owned(),
        },
    }
}

/// A refusal without a message has its status among the headers, everything else in the trailers.
fn of_grpc(signal: Signal, reply: &Reply) -> Answer {
    let field = |name| text(&reply.trailers, name).or_else(|| text(&reply.headers, name));
    let Some(code) = field("grpc-status").and_then(|code| code.parse().ok()) else {
        return Answer::Nothing(format!("the answer {} has no grpc-status", reply.status));
    };
    if code != 0 {
        let says = field("grpc-message").unwrap_or_default();
        return Answer::Refused { code, retry_after: field("grpc-status-details-bin"), says };
    }
    match Frame::read(&reply.body) {
        Ok(frame) if !frame.compressed => taken(signal, &frame.message),
        // A server in Go answers as it was asked, whatever the client says that it accepts.
        Ok(frame) => match decompress(&frame.message) {
            Ok(message) => taken(signal, &message.into()),
            Err(error) => Answer::Nothing(format!("the answer is no gzip: {error}")),
        },
        Err(reason) => Answer::Nothing(reason),
    }
}

fn taken(signal: Signal, body: &Bytes) -> Answer {
    let rejected = match signal {
        Signal::Metrics => ExportMetricsServiceResponse::decode(body.clone())
            .map(|answer| answer.partial_success.map_or(0, |partial| partial.rejected_data_points)),
        Signal::Events => ExportLogsServiceResponse::decode(body.clone())
            .map(|answer| answer.partial_success.map_or(0, |partial| partial.rejected_log_records)),
    };
    match rejected {
        Ok(0) => Answer::Taken,
        Ok(rejected) => Answer::Partial { rejected },
        Err(error) => Answer::Nothing(format!("the answer is not OTLP: {error}")),
    }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}
