//! How one export ended.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::time::Duration;

use opentelemetry_http::{Bytes, Response};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceResponse;
use prost::Message as _;
use reqwest::header::{CONTENT_TYPE, HeaderName, RETRY_AFTER};

/// What a receiver says about itself is cut here, in characters: it goes into a log.
const MESSAGE_MOST: usize = 200;

/// How one export ended. As text it finishes the sentence "metrics do not reach the receiver: …".
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// The receiver took all of it.
    Taken,
    /// The receiver took the rest (OTLP specification, "Partial Success").
    PointsRejected { count: i64, message: String },
    /// An answer that means no.
    Refused { status: u16, retry_after: Option<Duration> },
    /// No answer in time.
    TimedOut,
    /// Names, TCP, TLS.
    Disconnected(String),
    /// Anything else.
    Other(String),
}

impl Ending {
    pub(super) fn of(response: &Response<Bytes>) -> Self {
        let status = response.status();
        if !status.is_success() {
            let seconds = header(response, RETRY_AFTER).and_then(|text| text.parse().ok());
            return Self::Refused { status: status.as_u16(), retry_after: seconds.map(Duration::from_secs) };
        }
        // Some receivers answer JSON whatever they were sent; what they took is their business.
        if header(response, CONTENT_TYPE).is_some_and(|kind| kind.contains("json")) {
            return Self::Taken;
        }
        match ExportMetricsServiceResponse::decode(response.body().clone()) {
            Ok(ExportMetricsServiceResponse { partial_success: Some(partial) })
                if partial.rejected_data_points > 0 =>
            {
                let message = partial.error_message.chars().take(MESSAGE_MOST).collect();
                Self::PointsRejected { count: partial.rejected_data_points, message }
            }
            Ok(_) => Self::Taken,
            Err(_) => Self::Other(format!("the answer {status} is not one of an OTLP receiver")),
        }
    }

    pub(super) fn without_answer(error: &(dyn Error + 'static)) -> Self {
        match error.downcast_ref::<reqwest::Error>() {
            Some(error) if error.is_timeout() => Self::TimedOut,
            Some(error) => Self::Disconnected(root_cause(error)),
            None => Self::Other(root_cause(error)),
        }
    }

    /// The word by which endings are counted; `None` where all was taken.
    pub(super) fn error_type(&self) -> Option<Cow<'static, str>> {
        match self {
            Self::Taken => None,
            Self::PointsRejected { .. } => Some("points_rejected".into()),
            Self::Refused { status, .. } => Some(status.to_string().into()),
            Self::TimedOut => Some("timeout".into()),
            Self::Disconnected(_) => Some("connection".into()),
            Self::Other(_) => Some("_OTHER".into()),
        }
    }

    /// For how long the receiver wants to be left alone.
    pub(super) fn hold(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Taken => f.write_str("they do"),
            Self::PointsRejected { count, message } => {
                write!(f, "{count} points were rejected: {}", message.escape_debug())
            }
            Self::Refused { status, .. } => write!(f, "the receiver answered {status}"),
            Self::TimedOut => f.write_str("no answer in time"),
            Self::Disconnected(cause) | Self::Other(cause) => f.write_str(cause),
        }
    }
}

/// The innermost error: the outer ones repeat that a request failed, and to which URL.
pub(super) fn root_cause(error: &(dyn Error + 'static)) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

fn header(response: &Response<Bytes>, name: HeaderName) -> Option<&str> {
    response.headers().get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsPartialSuccess;

    use super::*;
    use crate::registry::{self, Holds};

    fn partial(rejected_data_points: i64, error_message: &str) -> Vec<u8> {
        let partial =
            ExportMetricsPartialSuccess { rejected_data_points, error_message: error_message.to_owned() };
        ExportMetricsServiceResponse { partial_success: Some(partial) }.encode_to_vec()
    }

    fn answer(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Response<Bytes> {
        let builder = headers.iter().fold(Response::builder().status(status), |b, (k, v)| b.header(*k, *v));
        builder.body(Bytes::copy_from_slice(body)).expect("a response")
    }

    #[test]
    fn an_answer_means_what_the_protocol_says() {
        let refused = |status, seconds: Option<u64>| Ending::Refused {
            status,
            retry_after: seconds.map(Duration::from_secs),
        };
        let not_otlp = Ending::Other("the answer 200 OK is not one of an OTLP receiver".to_owned());
        for (status, headers, body, expected) in [
            (200, &[][..], b"".to_vec(), Ending::Taken),
            (204, &[], b"".to_vec(), Ending::Taken),
            (200, &[], partial(0, "a hint"), Ending::Taken),
            (
                200,
                &[("content-type", "application/json")],
                b"{\"partialSuccess\":{}}".to_vec(),
                Ending::Taken,
            ),
            (
                200,
                &[],
                partial(3, "too old"),
                Ending::PointsRejected { count: 3, message: "too old".to_owned() },
            ),
            (200, &[("content-type", "text/html")], b"<html>Welcome".to_vec(), not_otlp),
            (400, &[], b"".to_vec(), refused(400, None)),
            (307, &[("location", "http://elsewhere")], b"".to_vec(), refused(307, None)),
            (503, &[("retry-after", "120")], b"".to_vec(), refused(503, Some(120))),
            (503, &[("retry-after", "Wed, 21 Oct 2026 07:28:00 GMT")], b"".to_vec(), refused(503, None)),
            (503, &[("retry-after", "-1")], b"".to_vec(), refused(503, None)),
        ] {
            assert_eq!(Ending::of(&answer(status, headers, &body)), expected, "{status} {headers:?}");
        }
    }

    #[test]
    fn what_a_receiver_says_about_itself_is_cut_and_escaped() {
        let ending = Ending::of(&answer(200, &[], &partial(1, &format!("\u{1b}[31m{}", "x".repeat(5_000)))));
        let text = ending.to_string();
        assert!(text.len() < 300 && !text.contains('\u{1b}'), "{text}");
    }

    #[test]
    fn each_kind_of_ending_is_counted_under_one_word() {
        let Holds::Text(told) = registry::ERROR_TYPE.holds else { panic!("a status is any text") };
        for (ending, word) in [
            (Ending::Taken, None),
            (Ending::PointsRejected { count: 1, message: "secret".to_owned() }, Some("points_rejected")),
            (Ending::Refused { status: 503, retry_after: None }, Some("503")),
            (Ending::TimedOut, Some("timeout")),
            (Ending::Disconnected("gateway said no".to_owned()), Some("connection")),
            (Ending::Other("something".to_owned()), Some("_OTHER")),
        ] {
            assert_eq!(ending.error_type().as_deref(), word);
            assert!(word.is_none_or(|word| told.contains(&word)), "{word:?} is not in the registry");
        }
    }
}
