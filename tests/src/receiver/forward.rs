//! Passing a request on to who takes it for real, untouched, and its answer back.

use std::io;
use std::net::SocketAddr;

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::header::{CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use hyper::{HeaderMap, Request, Response, Uri};

use super::answer::{AnswerBody, whole};
use crate::exchange::{Reply, exchange};
use crate::otlp::Protocol;

/// What belongs to one connection and not to the request (RFC 9110 section 7.6.1), or is written anew.
const OWN: [hyper::header::HeaderName; 4] = [CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING];

/// The answer and its code; `None` where nobody answers, so that the sender sees what it would have seen.
pub(super) async fn forward(
    to: SocketAddr,
    protocol: Protocol,
    path: &str,
    headers: &HeaderMap,
    body: Bytes,
) -> Option<(Response<AnswerBody>, Option<u16>)> {
    let uri = match protocol {
        Protocol::Http => path.parse().ok()?,
        Protocol::Grpc => {
            Uri::builder().scheme("http").authority(to.to_string()).path_and_query(path).build().ok()?
        }
    };
    let mut request = Request::post(uri).body(Full::new(body)).ok()?;
    copy(headers, request.headers_mut());
    if protocol == Protocol::Http {
        request.headers_mut().insert(HOST, to.to_string().parse().ok()?);
    }
    let reply = exchange(to, protocol, request).await.ok()?;
    let code = match protocol {
        Protocol::Http => Some(reply.status),
        Protocol::Grpc => grpc_status(&reply),
    };
    Some((back(reply), code))
}

fn back(reply: Reply) -> Response<AnswerBody> {
    let body = if reply.trailers.is_empty() {
        whole(reply.body)
    } else {
        let trailers = reply.trailers;
        let body = Full::new(reply.body).map_err(|never| match never {});
        body.with_trailers(async move { Some(Ok::<_, io::Error>(trailers)) }).boxed()
    };
    let mut response = Response::new(body);
    *response.status_mut() = reply.status.try_into().expect("it was a status before");
    copy(&reply.headers, response.headers_mut());
    response
}

fn copy(from: &HeaderMap, to: &mut HeaderMap) {
    for (name, value) in from.iter().filter(|(name, _)| !OWN.contains(name)) {
        to.append(name, value.clone());
    }
}

fn grpc_status(reply: &Reply) -> Option<u16> {
    let status = reply.trailers.get("grpc-status").or_else(|| reply.headers.get("grpc-status"))?;
    status.to_str().ok()?.parse().ok()
}
