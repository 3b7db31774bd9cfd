//! Answers, and what every one of them says to a browser: trust this page with nothing but itself.

use std::time::Duration;

use hyper::body::Bytes;
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};

use super::body::Body;

/// An answer on its way.
pub(super) type Answer = Response<Body>;

pub(super) const HTML: &str = "text/html; charset=utf-8";
pub(super) const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";

/// On every answer. Even if a greeting found its way into the page as markup, it could load, send and frame nothing.
const GUARDS: [(HeaderName, &str); 5] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

/// An answer of the given type that nobody stores.
pub(super) fn whole(status: StatusCode, content_type: &'static str, bytes: Bytes) -> Answer {
    typed(status, content_type, Body::Whole(bytes))
}

/// A sentence or two for people.
pub(super) fn text(status: StatusCode, text: impl Into<Bytes>) -> Answer {
    whole(status, TEXT, text.into())
}

/// An answer with a body of any kind.
pub(super) fn typed(status: StatusCode, content_type: &'static str, body: Body) -> Answer {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    for (name, value) in GUARDS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    answer
}

/// Adds or replaces a header.
pub(super) fn with(mut answer: Answer, name: HeaderName, value: impl Into<HeaderValue>) -> Answer {
    answer.headers_mut().insert(name, value.into());
    answer
}

/// Asks the client to come back.
pub(super) fn retry_after(answer: Answer, pause: Duration) -> Answer {
    with(answer, header::RETRY_AFTER, pause.as_secs())
}

/// Ends the connection after this answer, which makes room for the next one.
pub(super) fn closing(answer: Answer) -> Answer {
    with(answer, header::CONNECTION, HeaderValue::from_static("close"))
}
