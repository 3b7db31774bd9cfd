//! The way out: HTTP/1.1, TLS by rustls with ring and the certificates of the system.
//!
//! The exporter reports "network error" and logs the rest where nobody reads it. This client stands between the two
//! and keeps how the request ended. Redirects are not followed: the headers may be secrets, and belong to one host.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;

use super::ending::{self, Ending};
use super::{PushError, TIMEOUT};

#[derive(Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    ending: Mutex<Option<Ending>>,
}

impl Client {
    pub(super) fn new(headers: HeaderMap, tls: bool) -> Result<Self, PushError> {
        // Refused where somebody else in this process was first, who chose the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .default_headers(headers)
            .redirect(Policy::none())
            .timeout(TIMEOUT)
            .pool_max_idle_per_host(1);
        if !tls {
            // The certificates of the system take memory, and on a small image there are none.
            builder = builder.tls_certs_only([]);
        }
        let http = builder.build().map_err(|error| PushError::Client(ending::root_cause(&error)))?;
        Ok(Self { http, ending: Mutex::default() })
    }

    /// How the latest request ended, once.
    pub(super) fn take_ending(&self) -> Option<Ending> {
        self.ending.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let answer = self.http.send_bytes(request).await;
        let ending = match &answer {
            Ok(response) => Ending::of(response),
            Err(error) => Ending::without_answer(&**error),
        };
        *self.ending.lock().unwrap_or_else(PoisonError::into_inner) = Some(ending);
        answer
    }
}
