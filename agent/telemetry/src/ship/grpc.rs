//! OTLP over gRPC: one unary call, which is a POST over HTTP/2 whose status comes in the trailers.
//!
//! What a gRPC library would add is the codec, and a codec would compress anew what is stored compressed. So the only part
//! of the protocol that stands here is the five bytes before a message (gRPC over HTTP2, "Length-Prefixed-Message");
//! HTTP/2, its connections and their ends are those of the HTTP client.

use std::time::Duration;

use opentelemetry_http::Bytes;
use reqwest::Url;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, TE};

use super::payload;
use crate::spool::Signal;

/// Compressed-Flag and Message-Length.
const PREFIX: usize = 5;

/// Of an answer's message, before compression, in bytes: a number and a sentence.
const MESSAGE_MOST: u64 = 1 << 16;

/// The URL of a signal's Export.
pub(super) fn url(receiver: &Url, signal: Signal) -> Url {
    let mut url = receiver.clone();
    url.set_path(match signal {
        Signal::Metrics => "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
        Signal::Events => "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
    });
    url
}

/// The headers of every call.
pub(super) fn headers(gzip: bool, timeout: Duration) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc+proto"));
    // "Used to detect incompatible proxies. […] must be "trailers" for gRPC."
    headers.insert(TE, HeaderValue::from_static("trailers"));
    headers.insert(
        HeaderName::from_static("grpc-encoding"),
        HeaderValue::from_static(if gzip { "gzip" } else { "identity" }),
    );
    headers
        .insert(HeaderName::from_static("grpc-accept-encoding"), HeaderValue::from_static("identity,gzip"));
    // "TimeoutValue → {positive integer as ASCII string of at most 8 digits}"
    if let Ok(timeout) = HeaderValue::try_from(format!("{}m", timeout.as_millis().min(99_999_999))) {
        headers.insert(HeaderName::from_static("grpc-timeout"), timeout);
    }
    headers
}

/// A message with what stands before it.
pub(super) fn frame(is_compressed: bool, message: &[u8]) -> Bytes {
    let mut frame = Vec::with_capacity(PREFIX + message.len());
    frame.push(u8::from(is_compressed));
    // A payload is no longer than 20 MiB.
    frame.extend(u32::try_from(message.len()).unwrap_or(u32::MAX).to_be_bytes());
    frame.extend(message);
    frame.into()
}

/// The message of an answer, `None` where there is none.
pub(super) fn message(body: &[u8]) -> Option<Vec<u8>> {
    let (prefix, message) = body.split_first_chunk::<PREFIX>()?;
    let [flag, length @ ..] = *prefix;
    let message = message.get(..usize::try_from(u32::from_be_bytes(length)).ok()?)?;
    match flag {
        0 => Some(message.to_vec()),
        _ => payload::gunzip(message, MESSAGE_MOST),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_its_length_before_it() {
        assert_eq!(&*frame(true, b"abc"), b"\x01\0\0\0\x03abc");
        for bytes in [&b"abc"[..], b""] {
            assert_eq!(message(&frame(false, bytes)).as_deref(), Some(bytes));
        }
        for torn in [&b""[..], b"\0\0\0\0", b"\0\0\0\0\x04abc", b"\0\xff\xff\xff\xffabc"] {
            assert_eq!(message(torn), None, "{torn:?}");
        }
    }

    #[test]
    fn a_timeout_is_told_in_eight_digits_at_most() {
        for (timeout, text) in
            [(Duration::from_secs(10), "10000m"), (Duration::from_secs(86_400 * 365), "99999999m")]
        {
            assert_eq!(headers(true, timeout)["grpc-timeout"], text);
        }
    }

    #[test]
    fn the_path_is_that_of_the_service() {
        let receiver = Url::parse("http://gateway:4317").expect("a URL");
        assert_eq!(
            url(&receiver, Signal::Metrics).as_str(),
            "http://gateway:4317/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"
        );
        assert_eq!(
            url(&receiver, Signal::Events).as_str(),
            "http://gateway:4317/opentelemetry.proto.collector.logs.v1.LogsService/Export"
        );
    }
}
