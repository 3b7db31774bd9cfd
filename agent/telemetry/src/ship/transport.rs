//! One request: from stored exports to how it ended.

use std::error::Error;
use std::fmt;
use std::time::{Duration, SystemTime};

use http_body_util::BodyExt;
use opentelemetry_http::{Bytes, Response};
use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::answer::{self, Body};
use super::client::client;
use super::ending::Ending;
use super::error::ShipError;
use super::headers::HeadersFile;
use super::payload::Payload;
use super::settings::{Compression, Protocol, ShipSettings};
use super::{REPLAY_HEADER, grpc, http};
use crate::spool::Signal;

/// Of an answer, in bytes: a number and a sentence, or the page of what stands in a receiver's place.
const ANSWER_MOST: usize = 64 << 10;

/// Of an answer, in bytes, that are read to come to its end: what a gRPC receiver may answer by default. What goes on
/// beyond that goes on for ever, and costs as much of this machine as its network gives.
const READ_MOST: usize = 4 << 20;

/// The way to the receivers. A clone uses the same connections.
#[derive(Clone)]
pub(super) struct Transport {
    protocol: Protocol,
    gzip: bool,
    timeout: Duration,
    headers: HeaderMap,
    headers_file: Option<HeadersFile>,
    ways: Vec<Way>,
}

#[derive(Clone)]
struct Way {
    signal: Signal,
    url: Url,
    client: reqwest::Client,
}

impl Transport {
    pub(super) fn new(settings: &ShipSettings) -> Result<Self, ShipError> {
        let timeout = settings.checked_timeout()?;
        let gzip = settings.compression == Compression::Gzip;
        let mut headers = settings.checked_headers()?;
        headers.extend(match settings.protocol {
            Protocol::Http => http::headers(gzip),
            Protocol::Grpc => grpc::headers(gzip, timeout),
        });
        let ways = ways(settings, timeout)?;
        let has_identity = settings.client_cert.is_some();
        if has_identity != settings.client_key.is_some() {
            return Err(ShipError::HalfIdentity);
        }
        let headers_file = settings.headers_file.clone().map(HeadersFile::new);
        Ok(Self { protocol: settings.protocol, gzip, timeout, headers, headers_file, ways })
    }

    /// The signals that are shipped.
    pub(super) fn signals(&self) -> impl Iterator<Item = Signal> {
        self.ways.iter().map(|way| way.signal)
    }

    /// Where exports of a signal go, as a log may show it: a query may hold a key, and the paths of gRPC say nothing.
    pub(super) fn shown(&self, signal: Signal) -> Option<String> {
        let mut url = self.ways.iter().find(|way| way.signal == signal)?.url.clone();
        url.set_query(None);
        if self.protocol == Protocol::Grpc {
            url.set_path("");
        }
        Some(url.into())
    }

    /// Sends the first of these exports, as many as one request carries, and says how many they were.
    pub(super) async fn send(
        &mut self,
        signal: Signal,
        stored: &[Bytes],
        is_replay: bool,
    ) -> (usize, Ending) {
        let headers = match self.headers(is_replay).await {
            Ok(headers) => headers,
            Err(ending) => return (stored.len(), ending),
        };
        let Ok(Payload { count, message }) = Payload::new(stored, self.gzip) else {
            return (1, Ending::Unreadable);
        };
        let Some(way) = self.ways.iter().find(|way| way.signal == signal) else {
            return (count, Ending::Unready("no endpoint is set".to_owned()));
        };
        let body = match self.protocol {
            Protocol::Http => message,
            Protocol::Grpc => grpc::frame(self.gzip, &message),
        };
        let request = way.client.post(way.url.clone()).headers(headers).body(body);
        let ending = match request.send().await {
            Ok(response) => self.ending(response).await,
            Err(error) => Ending::without_answer(&error),
        };
        (count, ending)
    }

    async fn headers(&mut self, is_replay: bool) -> Result<HeaderMap, Ending> {
        let mut headers = HeaderMap::new();
        if let Some(file) = &mut self.headers_file {
            let read = tokio::time::timeout(self.timeout, file.read()).await;
            let late = || "failed to read the headers file in time".to_owned();
            headers = read.unwrap_or_else(|_| Err(late())).map_err(Ending::Unready)?;
        }
        // Of one name, what the settings say replaces what the file says.
        headers.extend(self.headers.clone());
        if is_replay {
            headers.insert(HeaderName::from_static(REPLAY_HEADER), HeaderValue::from_static("1"));
        }
        Ok(headers)
    }

    async fn ending(&self, response: reqwest::Response) -> Ending {
        let (parts, body) = Response::from(response).into_parts();
        let body = received(body).await;
        match self.protocol {
            Protocol::Http => answer::http(parts.status, &parts.headers, &body, SystemTime::now()),
            Protocol::Grpc => answer::grpc(parts.status, &parts.headers, &body),
        }
    }
}

/// Reads an answer to its end, which is where gRPC has its status, and keeps as much of it as an answer has.
async fn received<B>(mut body: B) -> Body
where
    B: BodyExt<Data = Bytes, Error: Error + 'static> + Unpin,
{
    let (mut bytes, mut read) = (Vec::new(), 0);
    let (mut trailers, mut failure) = (None, None);
    while let Some(frame) = body.frame().await {
        let frame = match frame {
            Ok(frame) => frame,
            Err(error) => {
                failure = Some(Ending::without_answer(&error));
                break;
            }
        };
        match frame.into_data() {
            Ok(data) => {
                let room = ANSWER_MOST.saturating_sub(bytes.len());
                bytes.extend_from_slice(&data[..room.min(data.len())]);
                read += data.len();
                if read > READ_MOST {
                    failure = Some(Ending::Disconnected("it does not end".to_owned()));
                    break;
                }
            }
            Err(frame) => trailers = frame.into_trailers().ok(),
        }
    }
    Body { bytes: bytes.into(), trailers, failure }
}

/// One client for each receiver, so that signals which go to the same share a connection.
fn ways(settings: &ShipSettings, timeout: Duration) -> Result<Vec<Way>, ShipError> {
    let mut ways: Vec<Way> = Vec::new();
    for signal in Signal::ALL {
        let Some(url) = settings.url(signal)? else { continue };
        let known = ways.iter().find(|way| way.url.origin() == url.origin());
        let client = known.map_or_else(|| client(settings, &url, timeout), |way| Ok(way.client.clone()))?;
        ways.push(Way { signal, url, client });
    }
    if ways.is_empty() { Err(ShipError::NoEndpoint) } else { Ok(ways) }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: Vec<_> = self.signals().filter_map(|signal| self.shown(signal)).collect();
        f.debug_struct("Transport").field("ways", &shown).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::stream;
    use http_body_util::StreamBody;
    use hyper::body::Frame;

    use super::*;

    #[tokio::test]
    async fn an_answer_that_does_not_end_is_read_no_further_than_one_that_does() {
        let page = Bytes::from(vec![b'x'; 64 << 10]);
        for (chunks, failure) in [
            (2, None),
            (READ_MOST / page.len(), None),
            (usize::MAX, Some(Ending::Disconnected("it does not end".to_owned()))),
        ] {
            let frame = |_| Ok::<_, Infallible>(Frame::data(page.clone()));
            let body = received(StreamBody::new(stream::iter((0..chunks).map(frame)))).await;
            assert_eq!((body.bytes.len(), body.failure), (ANSWER_MOST, failure), "{chunks}");
        }
    }
}
