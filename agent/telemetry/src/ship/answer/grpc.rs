//! Answers over gRPC (OTLP specification, "OTLP/gRPC Response"; gRPC over HTTP2, "Responses").

use std::time::Duration;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use percent_encoding::percent_decode_str;
use prost::Message as _;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;

use super::status::Status;
use super::{Body, success};
use crate::ship::ending::{Answer, Ending, cut};
use crate::ship::grpc;

/// "Implementations MUST accept padded and un-padded values" (gRPC over HTTP2, binary headers).
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// By number (gRPC, statuscodes.md).
const CODES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// What an answer means.
pub(in crate::ship) fn grpc(status: StatusCode, headers: &HeaderMap, body: &Body) -> Ending {
    // An answer without a message is one block of headers ("Trailers-Only").
    let trailers = if headers.contains_key("grpc-status") { Some(headers) } else { body.trailers.as_ref() };
    let code = trailers.and_then(|trailers| text(trailers, "grpc-status"));
    let Some(code) = code.map(|code| code.parse().unwrap_or(usize::MAX)) else {
        return without_status(status, body);
    };
    if code == 0 {
        return match grpc::message(&body.bytes) {
            Some(message) => success(&message),
            None => Ending::Warned("the answer is not one of an OTLP receiver".to_owned()),
        };
    }
    let status = trailers.and_then(details);
    let message = trailers.and_then(|trailers| text(trailers, "grpc-message")).map(|message| {
        // "Status-Message → "grpc-message" Percent-Encoded"
        percent_decode_str(message).decode_utf8_lossy().into_owned()
    });
    meaning(CODES.get(code).unwrap_or(&"UNKNOWN"), &message.unwrap_or_default(), status.as_ref())
}

/// Whether it is worth trying again: the table of "Failures".
fn meaning(code: &'static str, message: &str, status: Option<&Status>) -> Ending {
    let retry_info = status.and_then(Status::retry_info);
    // "if t.RetryDelay.Seconds > 0 || t.RetryDelay.Nanos > 0 { // Wait before retrying. }"
    let hold = retry_info.filter(|delay| *delay > Duration::ZERO);
    let answer = Answer { status: code.into(), message: cut(message), hold };
    match code {
        "CANCELLED" | "DEADLINE_EXCEEDED" | "ABORTED" | "OUT_OF_RANGE" | "UNAVAILABLE" | "DATA_LOSS" => {
            Ending::Postponed(answer)
        }
        // "The client SHOULD interpret `RESOURCE_EXHAUSTED` code as retryable only if the server signals that the
        // recovery from resource exhaustion is possible. This is signaled by the server by returning a status containing
        // RetryInfo."
        "RESOURCE_EXHAUSTED" if retry_info.is_some() => Ending::Postponed(answer),
        _ => Ending::Refused(answer),
    }
}

/// What stands before the receiver has answered in its place (gRPC, http-grpc-status-mapping.md), or the connection was
/// cut before the status came.
fn without_status(status: StatusCode, body: &Body) -> Ending {
    if let (true, Some(failure)) = (status.is_success(), &body.failure) {
        return failure.clone();
    }
    let code = match status.as_u16() {
        400 => "INTERNAL",
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "UNIMPLEMENTED",
        429 | 502 | 503 | 504 => "UNAVAILABLE",
        _ => "UNKNOWN",
    };
    meaning(code, &format!("HTTP status {} without one of gRPC", status.as_u16()), None)
}

fn details(trailers: &HeaderMap) -> Option<Status> {
    let bytes = BASE64.decode(text(trailers, "grpc-status-details-bin")?).ok()?;
    Status::decode(bytes.as_slice()).ok()
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use opentelemetry_http::Bytes;
    use opentelemetry_proto::tonic::collector::metrics::v1::{
        ExportMetricsPartialSuccess, ExportMetricsServiceResponse,
    };

    use super::super::status::{Detail, RetryDelay, RetryInfo};
    use super::*;

    fn trailers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.insert(*name, value.parse().expect("a value"));
        }
        map
    }

    fn of(pairs: &[(&'static str, &str)]) -> Ending {
        let body = Body { trailers: Some(trailers(pairs)), ..Body::default() };
        grpc(StatusCode::OK, &HeaderMap::new(), &body)
    }

    fn retry_info(seconds: i64, nanos: i32) -> String {
        let value = RetryInfo { retry_delay: Some(RetryDelay { seconds, nanos }) }.encode_to_vec();
        let detail = Detail { type_url: "type.googleapis.com/google.rpc.RetryInfo".to_owned(), value };
        BASE64.encode(Status { message: String::new(), details: vec![detail] }.encode_to_vec())
    }

    fn answer(code: &'static str, hold: Option<Duration>) -> Answer {
        Answer { status: code.into(), message: String::new(), hold }
    }

    #[test]
    fn exactly_these_codes_are_tried_again() {
        let again = [1, 4, 10, 11, 14, 15];
        for (number, code) in CODES.iter().enumerate().skip(1) {
            let expected = if again.contains(&number) { Ending::Postponed } else { Ending::Refused };
            assert_eq!(of(&[("grpc-status", &number.to_string())]), expected(answer(code, None)), "{code}");
        }
        assert_eq!(of(&[("grpc-status", "99")]), Ending::Refused(answer("UNKNOWN", None)));
        assert_eq!(of(&[("grpc-status", "none")]), Ending::Refused(answer("UNKNOWN", None)));
    }

    #[test]
    fn a_receiver_that_says_when_it_will_recover_is_left_alone_until_then() {
        let padded = retry_info(30, 500_000_000);
        let bare = padded.trim_end_matches('=').to_owned();
        let half = Some(Duration::from_millis(30_500));
        for (code, details, expected) in [
            ("8", &padded, Ending::Postponed(answer("RESOURCE_EXHAUSTED", half))),
            ("8", &bare, Ending::Postponed(answer("RESOURCE_EXHAUSTED", half))),
            ("14", &padded, Ending::Postponed(answer("UNAVAILABLE", half))),
            ("3", &padded, Ending::Refused(answer("INVALID_ARGUMENT", half))),
            ("8", &retry_info(0, 0), Ending::Postponed(answer("RESOURCE_EXHAUSTED", None))),
            ("8", &retry_info(-5, -1), Ending::Postponed(answer("RESOURCE_EXHAUSTED", None))),
            ("8", &"%%%".to_owned(), Ending::Refused(answer("RESOURCE_EXHAUSTED", None))),
            ("8", &BASE64.encode(b"\xff"), Ending::Refused(answer("RESOURCE_EXHAUSTED", None))),
        ] {
            assert_eq!(of(&[("grpc-status", code), ("grpc-status-details-bin", details)]), expected);
        }
    }

    #[test]
    fn a_status_may_come_without_a_message_before_it() {
        let headers = trailers(&[("grpc-status", "14"), ("grpc-message", "shutting%20down")]);
        let Ending::Postponed(answer) = grpc(StatusCode::OK, &headers, &Body::default()) else {
            panic!("not tried again")
        };
        assert_eq!(answer.message, "shutting down");
    }

    #[test]
    fn what_was_taken_is_taken_whatever_the_message_looks_like() {
        let error_message = "too old".to_owned();
        let partial = ExportMetricsPartialSuccess { rejected_data_points: 2, error_message };
        let partly = ExportMetricsServiceResponse { partial_success: Some(partial) }.encode_to_vec();
        let odd = || Ending::Warned("the answer is not one of an OTLP receiver".to_owned());
        for (bytes, expected) in [
            (grpc::frame(false, b""), Ending::Taken),
            (grpc::frame(false, &partly), Ending::PartlyRejected { count: 2, message: "too old".to_owned() }),
            (grpc::frame(false, b"\xff\xff"), odd()),
            (grpc::frame(true, b"no gzip"), odd()),
            (Bytes::new(), odd()),
            (Bytes::from_static(b"\0\0\0\0\x09short"), odd()),
        ] {
            let body = Body {
                bytes: bytes.clone(),
                trailers: Some(trailers(&[("grpc-status", "0")])),
                failure: None,
            };
            assert_eq!(grpc(StatusCode::OK, &HeaderMap::new(), &body), expected, "{bytes:?}");
        }
    }

    #[test]
    fn without_a_status_of_grpc_that_of_http_decides() {
        for (status, expected) in [
            (200, "UNKNOWN"),
            (400, "INTERNAL"),
            (401, "UNAUTHENTICATED"),
            (403, "PERMISSION_DENIED"),
            (404, "UNIMPLEMENTED"),
            (500, "UNKNOWN"),
            (503, "UNAVAILABLE"),
        ] {
            let ending =
                grpc(StatusCode::from_u16(status).expect("one"), &HeaderMap::new(), &Body::default());
            let (is_tried_again, answer) = match ending {
                Ending::Postponed(answer) => (true, answer),
                Ending::Refused(answer) => (false, answer),
                other => panic!("{other:?}"),
            };
            assert_eq!((is_tried_again, &*answer.status), (status == 503, expected));
        }
    }

    #[test]
    fn a_connection_that_was_cut_before_the_status_has_answered_nothing() {
        let cut = Ending::Disconnected("connection reset".to_owned());
        let body = Body { failure: Some(cut.clone()), ..Body::default() };
        assert_eq!(grpc(StatusCode::OK, &HeaderMap::new(), &body), cut);
    }
}
