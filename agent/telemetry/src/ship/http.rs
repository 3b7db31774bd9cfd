//! OTLP over HTTP: a POST to the path of the signal (OTLP specification, "OTLP/HTTP Request").

use reqwest::Url;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue};

use crate::spool::Signal;

/// Adds the path of a signal to the URL of a receiver; fails where it has none to add to.
pub(super) fn extend(url: &mut Url, signal: Signal) -> Result<(), ()> {
    let path = match signal {
        Signal::Metrics => ["v1", "metrics"],
        Signal::Events => ["v1", "logs"],
    };
    url.path_segments_mut()?.pop_if_empty().extend(path);
    Ok(())
}

/// The headers of every request.
pub(super) fn headers(gzip: bool) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf"));
    // "The client MAY gzip the content and in that case MUST include "Content-Encoding: gzip" request header."
    if gzip {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    headers
}
