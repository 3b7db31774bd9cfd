//! Answers over HTTP (OTLP specification, "OTLP/HTTP Response").

use std::time::{Duration, SystemTime};

use prost::Message as _;
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap, HeaderName, RETRY_AFTER};

use super::status::Status;
use super::{Body, success};
use crate::ship::ending::{Answer, Ending, cut};

/// What an answer means; `now` is read where the receiver names a date and does not say what it believes the time to be.
pub(in crate::ship) fn http(status: StatusCode, headers: &HeaderMap, body: &Body, now: SystemTime) -> Ending {
    if status.is_success() {
        return taken(headers, body);
    }
    let answer = Answer {
        status: status.as_str().to_owned().into(),
        message: message(headers, body),
        hold: retry_after(headers, now),
    };
    match status {
        // "The requests that receive a response status code listed in following table SHOULD be retried. All other `4xx`
        // or `5xx` response status codes MUST NOT be retried."
        StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => Ending::Postponed(answer),
        // Among them 413: "The client MUST NOT retry the request when it receives `HTTP 413 Content Too Large`". A
        // redirect is not followed: the headers may be secrets, and belong to one host.
        _ => Ending::Refused(answer),
    }
}

/// The status alone says that the receiver has the data.
fn taken(headers: &HeaderMap, body: &Body) -> Ending {
    if let Some(failure) = &body.failure {
        return Ending::Warned(format!("the answer broke off: {failure}"));
    }
    // Some receivers answer JSON whatever they were sent; what they took is their business.
    if content_type(headers).contains("json") {
        return Ending::Taken;
    }
    success(&body.bytes)
}

/// "The response body for all `HTTP 4xx` and `HTTP 5xx` responses MUST be a Protobuf-encoded Status message that describes
/// the problem." What stands before a receiver answers in words.
fn message(headers: &HeaderMap, body: &Body) -> String {
    let kind = content_type(headers);
    if kind.contains("protobuf") {
        return Status::decode(body.bytes.clone())
            .map_or_else(|_| String::new(), |status| cut(&status.message));
    }
    if kind.starts_with("text/plain") || kind.contains("json") {
        return cut(&String::from_utf8_lossy(&body.bytes));
    }
    String::new()
}

/// "The client SHOULD honour the waiting interval specified in the "Retry-After" header if it is present." It is a number
/// of seconds or a date (RFC 9110, 10.2.3); a date counts from the `Date` of the same answer, because clocks are wrong.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = text(headers, RETRY_AFTER)?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // A number beyond all numbers is a very long time.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let until = httpdate::parse_http_date(text).ok()?;
    let now = text_date(headers).unwrap_or(now);
    Some(until.duration_since(now).unwrap_or_default())
}

fn text_date(headers: &HeaderMap) -> Option<SystemTime> {
    httpdate::parse_http_date(text(headers, DATE)?).ok()
}

fn content_type(headers: &HeaderMap) -> &str {
    text(headers, CONTENT_TYPE).unwrap_or_default()
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use opentelemetry_http::Bytes;
    use opentelemetry_proto::tonic::collector::logs::v1::{
        ExportLogsPartialSuccess, ExportLogsServiceResponse,
    };
    use opentelemetry_proto::tonic::collector::metrics::v1::{
        ExportMetricsPartialSuccess, ExportMetricsServiceResponse,
    };

    use super::*;

    const PROTOBUF: (&str, &str) = ("content-type", "application/x-protobuf");
    const JSON: (&str, &str) = ("content-type", "application/json");

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let pair =
            |(name, value): &(&str, &str)| (name.parse().expect("a name"), value.parse().expect("a value"));
        pairs.iter().map(pair).collect::<Vec<(HeaderName, _)>>().into_iter().collect()
    }

    fn of(status: u16, pairs: &[(&str, &str)], body: &[u8]) -> Ending {
        let body = Body { bytes: Bytes::copy_from_slice(body), ..Body::default() };
        let now = httpdate::parse_http_date("Wed, 21 Oct 2026 07:00:00 GMT").expect("a date");
        http(StatusCode::from_u16(status).expect("a status"), &headers(pairs), &body, now)
    }

    fn points(rejected_data_points: i64, error_message: &str) -> Vec<u8> {
        let error_message = error_message.to_owned();
        let partial = ExportMetricsPartialSuccess { rejected_data_points, error_message };
        ExportMetricsServiceResponse { partial_success: Some(partial) }.encode_to_vec()
    }

    fn records(rejected_log_records: i64, error_message: &str) -> Vec<u8> {
        let error_message = error_message.to_owned();
        let partial = ExportLogsPartialSuccess { rejected_log_records, error_message };
        ExportLogsServiceResponse { partial_success: Some(partial) }.encode_to_vec()
    }

    fn answer(status: u16, message: &str, hold: Option<u64>) -> Answer {
        Answer {
            status: status.to_string().into(),
            message: message.to_owned(),
            hold: hold.map(Duration::from_secs),
        }
    }

    #[test]
    fn exactly_four_statuses_are_tried_again() {
        for status in (300..600).filter(|status| !(200..300).contains(status)) {
            let expected = match status {
                429 | 502 | 503 | 504 => Ending::Postponed(answer(status, "", None)),
                _ => Ending::Refused(answer(status, "", None)),
            };
            assert_eq!(of(status, &[], b""), expected);
        }
    }

    #[test]
    fn what_was_taken_is_taken_whatever_the_answer_looks_like() {
        let odd = || Ending::Warned("the answer is not one of an OTLP receiver".to_owned());
        let partly = |message: &str| Ending::PartlyRejected { count: 3, message: message.to_owned() };
        for (status, pairs, body, expected) in [
            (200, &[PROTOBUF], b"".to_vec(), Ending::Taken),
            (202, &[PROTOBUF], b"".to_vec(), Ending::Taken),
            (204, &[PROTOBUF], b"".to_vec(), Ending::Taken),
            (200, &[PROTOBUF], points(0, ""), Ending::Taken),
            (200, &[PROTOBUF], points(3, "too old"), partly("too old")),
            (200, &[PROTOBUF], records(3, "too old"), partly("too old")),
            (200, &[PROTOBUF], points(-3, ""), Ending::Taken),
            (
                200,
                &[PROTOBUF],
                points(0, "slow\ndown"),
                Ending::Warned("the receiver says: slow\\ndown".to_owned()),
            ),
            (200, &[JSON], b"{\"partialSuccess\":{}}".to_vec(), Ending::Taken),
            (200, &[("content-type", "text/html")], b"<html>Welcome".to_vec(), odd()),
            (200, &[PROTOBUF], b"\xff\xff\xff".to_vec(), odd()),
        ] {
            assert_eq!(of(status, pairs, &body), expected, "{status} {pairs:?}");
        }
    }

    #[test]
    fn an_answer_that_broke_off_after_a_yes_is_a_yes_and_after_a_no_a_no() {
        let body = Body { failure: Some(Ending::TimedOut), ..Body::default() };
        let of = |status| http(status, &HeaderMap::new(), &body, SystemTime::UNIX_EPOCH);
        assert_eq!(of(StatusCode::OK), Ending::Warned("the answer broke off: no answer in time".to_owned()));
        assert_eq!(of(StatusCode::BAD_REQUEST), Ending::Refused(answer(400, "", None)));
        assert_eq!(of(StatusCode::BAD_GATEWAY), Ending::Postponed(answer(502, "", None)));
    }

    #[test]
    fn the_wish_to_be_left_alone_is_read_in_seconds_and_as_a_date() {
        for (pairs, seconds) in [
            (&[("retry-after", "120")][..], Some(120)),
            (&[("retry-after", " 0 ")], Some(0)),
            (&[("retry-after", "Wed, 21 Oct 2026 07:02:00 GMT")], Some(120)),
            (
                // The receiver's clock is a year behind, and it knows how long it needs.
                &[
                    ("retry-after", "Tue, 21 Oct 2025 07:05:00 GMT"),
                    ("date", "Tue, 21 Oct 2025 07:00:00 GMT"),
                ],
                Some(300),
            ),
            (&[("retry-after", "Wed, 21 Oct 2026 06:00:00 GMT")], Some(0)),
            (&[("retry-after", "Wed, 21 Oct 2026 07:02:00 GMT"), ("date", "today")], Some(120)),
            (&[("retry-after", "99999999999999999999999")], Some(u64::MAX)),
            (&[("retry-after", "-1")], None),
            (&[("retry-after", "+1")], None),
            (&[("retry-after", "")], None),
            (&[("retry-after", "soon")], None),
            (&[], None),
        ] {
            assert_eq!(of(503, pairs, b""), Ending::Postponed(answer(503, "", seconds)), "{pairs:?}");
            assert_eq!(of(413, pairs, b""), Ending::Refused(answer(413, "", seconds)), "{pairs:?}");
        }
    }

    #[test]
    fn what_the_receiver_says_about_a_refusal_is_kept() {
        let status =
            Status { message: "out of order sample".to_owned(), ..Status::default() }.encode_to_vec();
        for (kind, body, message) in [
            ("application/x-protobuf", status.as_slice(), "out of order sample"),
            ("application/x-protobuf", b"\xff", ""),
            ("text/plain; charset=utf-8", b"no such tenant\n", "no such tenant"),
            ("application/json", b"{\"message\":\"no\"}", "{\"message\":\"no\"}"),
            ("text/html", b"<html>No", ""),
        ] {
            let ending = of(400, &[("content-type", kind)], body);
            assert_eq!(ending, Ending::Refused(answer(400, message, None)), "{kind}");
        }
    }
}
