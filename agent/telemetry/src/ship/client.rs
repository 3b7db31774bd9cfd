//! The HTTP client under both protocols: TLS by rustls with ring, HTTP/1.1 for OTLP over HTTP, HTTP/2 for gRPC.
//!
//! Redirects are not followed, because the headers may be secrets and belong to one host. Nothing is retried behind our
//! back: each attempt is counted, and the lane decides on the next.

use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Certificate, ClientBuilder, Identity, Url, retry};

use super::ending::root_cause;
use super::error::ShipError;
use super::settings::{Protocol, Proxy, ShipSettings, is_loopback};

/// What we are called.
const USER_AGENT: &str = concat!("sortie/", env!("CARGO_PKG_VERSION"));

/// A connection over HTTP/2 outlives a request that timed out on it, and where its other end has vanished each one after
/// it would. So the other end is asked whether it lives after this part of the timeout, and is gone after as long again.
const LIFE_SIGNS_PER_TIMEOUT: u32 = 3;

/// A client for the receiver at this URL.
pub(super) fn client(
    settings: &ShipSettings,
    url: &Url,
    timeout: Duration,
) -> Result<reqwest::Client, ShipError> {
    // Refused where somebody else in this process was first, who chose the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let is_tls = url.scheme() == "https";
    let builder = reqwest::Client::builder()
        .user_agent(USER_AGENT)
        .redirect(Policy::none())
        .retry(retry::never())
        .timeout(timeout)
        .pool_max_idle_per_host(1);
    let builder = with_version(builder, settings.protocol, timeout);
    let builder = with_proxy(builder, settings, url)?;
    let builder = if is_tls {
        with_certificates(builder, settings)?
    } else {
        // The certificates of the system take memory, and on a small image there are none.
        builder.tls_certs_only([])
    };
    builder.build().map_err(|error| ShipError::Client(root_cause(&error)))
}

fn with_version(builder: ClientBuilder, protocol: Protocol, timeout: Duration) -> ClientBuilder {
    let sign = timeout / LIFE_SIGNS_PER_TIMEOUT;
    match protocol {
        Protocol::Http => builder.http1_only(),
        Protocol::Grpc => {
            builder.http2_prior_knowledge().http2_keep_alive_interval(sign).http2_keep_alive_timeout(sign)
        }
    }
}

fn with_proxy(
    builder: ClientBuilder,
    settings: &ShipSettings,
    url: &Url,
) -> Result<ClientBuilder, ShipError> {
    let proxy = settings.checked_proxy()?;
    if is_loopback(url) || settings.proxy == Proxy::Off {
        return Ok(builder.no_proxy());
    }
    match (proxy, settings.protocol, url.scheme()) {
        // A proxy passes TLS through unseen, and what it sees it must understand: HTTP/2 without TLS hardly any does.
        (Some(_), Protocol::Grpc, "http") => Err(ShipError::Proxy(
            "gRPC without TLS goes through no proxy, use https:// or `http/protobuf`".to_owned(),
        )),
        (None, Protocol::Grpc, "http") => Ok(builder.no_proxy()),
        (Some(proxy), ..) => Ok(builder.proxy(proxy)),
        // As the environment has it: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY.
        (None, ..) => Ok(builder),
    }
}

fn with_certificates(
    mut builder: ClientBuilder,
    settings: &ShipSettings,
) -> Result<ClientBuilder, ShipError> {
    if let Some(path) = &settings.ca_file {
        let what = "CA certificates";
        let pem = read(what, path)?;
        let refused = |reason: &str| ShipError::File { what, path: path.clone(), reason: reason.to_owned() };
        let certificates =
            Certificate::from_pem_bundle(&pem).map_err(|error| refused(&root_cause(&error)))?;
        if certificates.is_empty() {
            return Err(refused("no certificate in PEM is in it"));
        }
        builder = builder.tls_certs_only(certificates);
    }
    match (&settings.client_cert, &settings.client_key) {
        (Some(certificate), Some(key)) => {
            let mut pem = read("client certificate", certificate)?;
            pem.push(b'\n');
            pem.extend(read("client key", key)?);
            let refused = |error| ShipError::File {
                what: "client certificate and key",
                path: certificate.clone(),
                reason: root_cause(&error),
            };
            Ok(builder.identity(Identity::from_pem(&pem).map_err(refused)?))
        }
        _ => Ok(builder),
    }
}

fn read(what: &'static str, path: &Path) -> Result<Vec<u8>, ShipError> {
    let failed = |error: std::io::Error| ShipError::File {
        what,
        path: PathBuf::from(path),
        reason: error.to_string(),
    };
    std::fs::read(path).map_err(failed)
}
