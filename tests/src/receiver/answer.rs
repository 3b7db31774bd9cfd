//! Answers as OTLP has them over HTTP and over gRPC, right ones and wrong ones.

use std::io;
use std::time::{Duration, SystemTime};

use futures_util::{StreamExt as _, stream};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Bytes, Frame as Piece};
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use hyper::{HeaderMap, Response};
use opentelemetry_proto::tonic::collector::logs::v1::{ExportLogsPartialSuccess, ExportLogsServiceResponse};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsPartialSuccess, ExportMetricsServiceResponse,
};
use prost::Message as _;

use super::Step;
use crate::otlp::{Frame, Protocol, Signal, status_details};

pub(super) type AnswerBody = BoxBody<Bytes, io::Error>;

/// No field of protobuf begins like this.
const NO_PROTOBUF: &[u8] = &[0xff; 16];
/// How much of a truncated answer never comes.
const CUT: usize = 64;
/// Between the part that comes and the end.
const APART: Duration = Duration::from_millis(20);

/// The answer of a step, and what it tells the sender: the HTTP status, or the status of gRPC. Without an answer the
/// connection is reset; without a code the sender is told nothing that it could rely on.
pub(super) fn of(
    step: &Step,
    protocol: Protocol,
    signal: Option<Signal>,
) -> Option<(Response<AnswerBody>, Option<u16>)> {
    let ok = |message: Bytes| match protocol {
        Protocol::Http => (plain(200, message), Some(200)),
        Protocol::Grpc => (framed(message), Some(0)),
    };
    Some(match step {
        Step::Take => ok(Bytes::new()),
        Step::Partial { rejected, message } => {
            let (response, _) = ok(partial(signal, *rejected, message));
            // It is no acknowledgement of everything, and no refusal either.
            (response, None)
        }
        Step::Status { status, retry_after } => {
            let mut response = plain(*status, Bytes::from_static(b"no"));
            if let Some(retry_after) = retry_after {
                set(response.headers_mut(), RETRY_AFTER.as_str(), &retry_after.header(SystemTime::now()));
            }
            (response, Some(*status))
        }
        Step::Code { code, retry_after } => match protocol {
            Protocol::Http => http_for(*code, *retry_after),
            Protocol::Grpc => (refused(*code, *retry_after), Some((*code).into())),
        },
        Step::Unparsable => {
            let (response, _) = ok(Bytes::from_static(NO_PROTOBUF));
            (response, None)
        }
        Step::Truncated => (truncated(protocol), None),
        Step::ResetBeforeBody | Step::ResetAfterBody | Step::Garbage => return None,
        Step::After(..) | Step::Unsaid(_) | Step::Forward(_) => unreachable!("its own branch"),
    })
}

fn plain(status: u16, body: Bytes) -> Response<AnswerBody> {
    let mut response = Response::new(whole(body));
    *response.status_mut() = status.try_into().expect("scripts name statuses that exist");
    set(response.headers_mut(), CONTENT_TYPE.as_str(), "application/x-protobuf");
    response
}

fn framed(message: Bytes) -> Response<AnswerBody> {
    let mut trailers = HeaderMap::new();
    set(&mut trailers, "grpc-status", "0");
    let body = Full::new(Frame { compressed: false, message }.write()).map_err(|never| match never {});
    let body = body.with_trailers(async move { Some(Ok::<_, io::Error>(trailers)) });
    let mut response = Response::new(body.boxed());
    set(response.headers_mut(), CONTENT_TYPE.as_str(), "application/grpc");
    response
}

/// A refusal has no message: everything stands in the head (gRPC over HTTP/2, "Trailers-Only").
fn refused(code: u8, retry_after: Option<Duration>) -> Response<AnswerBody> {
    let mut response = Response::new(whole(Bytes::new()));
    let headers = response.headers_mut();
    set(headers, CONTENT_TYPE.as_str(), "application/grpc");
    set(headers, "grpc-status", &code.to_string());
    set(headers, "grpc-message", "no");
    if let Some(after) = retry_after {
        set(headers, "grpc-status-details-bin", &status_details(code, after));
    }
    response
}

/// As a collector translates its own refusals.
fn http_for(code: u8, retry_after: Option<Duration>) -> (Response<AnswerBody>, Option<u16>) {
    let status = match code {
        1 | 4 | 10 | 11 | 14 | 15 => 503,
        3 => 400,
        5 | 12 => 404,
        7 => 403,
        8 => 429,
        16 => 401,
        _ => 500,
    };
    let mut response = plain(status, Bytes::new());
    if let Some(after) = retry_after {
        set(response.headers_mut(), RETRY_AFTER.as_str(), &after.as_secs().to_string());
    }
    (response, Some(status))
}

fn truncated(protocol: Protocol) -> Response<AnswerBody> {
    let pieces = stream::iter([true, false]).then(|is_there| async move {
        if is_there {
            return Ok(Piece::data(Bytes::from_static(NO_PROTOBUF)));
        }
        // What is written together with the end of a connection is never sent.
        tokio::time::sleep(APART).await;
        Err(io::Error::other("the rest never comes"))
    });
    let mut response = Response::new(BodyExt::boxed(StreamBody::new(pieces)));
    let headers = response.headers_mut();
    match protocol {
        Protocol::Http => {
            set(headers, CONTENT_TYPE.as_str(), "application/x-protobuf");
            set(headers, CONTENT_LENGTH.as_str(), &(NO_PROTOBUF.len() + CUT).to_string());
        }
        Protocol::Grpc => set(headers, CONTENT_TYPE.as_str(), "application/grpc"),
    }
    response
}

fn partial(signal: Option<Signal>, rejected: i64, message: &str) -> Bytes {
    let error_message = message.to_owned();
    if signal == Some(Signal::Events) {
        let partial_success = ExportLogsPartialSuccess { rejected_log_records: rejected, error_message };
        ExportLogsServiceResponse { partial_success: Some(partial_success) }.encode_to_vec().into()
    } else {
        let partial_success = ExportMetricsPartialSuccess { rejected_data_points: rejected, error_message };
        ExportMetricsServiceResponse { partial_success: Some(partial_success) }.encode_to_vec().into()
    }
}

pub(super) fn whole(body: Bytes) -> AnswerBody {
    Full::new(body).map_err(|never| match never {}).boxed()
}

fn set(headers: &mut HeaderMap, name: &str, value: &str) {
    let name = hyper::header::HeaderName::from_bytes(name.as_bytes()).expect("names are written here");
    headers.insert(name, HeaderValue::from_str(value).expect("values are written here"));
}
