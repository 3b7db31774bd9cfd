//! Where to, how often, and with which headers.

use std::fmt;
use std::time::Duration;

use opentelemetry_otlp::ExporterBuildError;
use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

/// Where metrics go.
#[derive(Clone, PartialEq, Eq)]
pub struct PushSettings {
    /// The receiver without the path of the signal, for example `https://gateway:4318`.
    pub endpoint: String,
    /// Time between two exports.
    pub interval: Duration,
    /// Sent with each request, for example for authorization.
    pub headers: Vec<(String, String)>,
}

/// Why nothing can be pushed.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// Not an address of a receiver.
    #[error("`{}` is no OTLP endpoint: {reason}, write it like https://gateway:4318", endpoint.escape_debug())]
    Endpoint {
        /// As it was given.
        endpoint: String,
        /// What is wrong with it.
        reason: String,
    },
    /// An interval of zero.
    #[error("the time between two exports of metrics must not be zero")]
    Interval,
    /// Nothing that HTTP could carry. The value is not shown: it may be a secret.
    #[error("the OTLP header `{}` is refused: its {part} has characters that no header may have", name.escape_debug())]
    Header {
        /// The header in question.
        name: String,
        /// `name` or `value`.
        part: &'static str,
    },
    /// TLS could not be prepared.
    #[error(
        "failed to prepare for OTLP over HTTP: {0}, see whether the package ca-certificates is installed"
    )]
    Client(String),
    /// The exporter refused its settings.
    #[error("failed to prepare the OTLP exporter")]
    Exporter(#[from] ExporterBuildError),
}

impl PushSettings {
    /// The URL of the metrics of this receiver (OTLP specification, "OTLP/HTTP Request").
    pub(super) fn url(&self) -> Result<Url, PushError> {
        let refused =
            |reason: &str| PushError::Endpoint { endpoint: self.endpoint.clone(), reason: reason.to_owned() };
        let mut url = Url::parse(&self.endpoint).map_err(|error| refused(&error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(refused("neither http nor https"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(PushError::Endpoint {
                endpoint: "…".to_owned(),
                reason: "a password in it would be in every log, use a header".to_owned(),
            });
        }
        url.path_segments_mut().map_err(|()| refused("no host"))?.pop_if_empty().extend(["v1", "metrics"]);
        Ok(url)
    }

    pub(super) fn checked_interval(&self) -> Result<Duration, PushError> {
        if self.interval.is_zero() { Err(PushError::Interval) } else { Ok(self.interval) }
    }

    pub(super) fn checked_headers(&self) -> Result<HeaderMap, PushError> {
        let refused = |name: &str, part| PushError::Header { name: name.to_owned(), part };
        let header = |(name, value): &(String, String)| {
            let key = HeaderName::try_from(name).map_err(|_| refused(name, "name"))?;
            let mut value = HeaderValue::try_from(value).map_err(|_| refused(name, "value"))?;
            value.set_sensitive(true);
            Ok((key, value))
        };
        self.headers.iter().map(header).collect()
    }
}

impl fmt::Debug for PushSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("PushSettings")
            .field("endpoint", &self.endpoint)
            .field("interval", &self.interval)
            .field("headers", &names)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(endpoint: &str, headers: &[(&str, &str)]) -> PushSettings {
        PushSettings {
            endpoint: endpoint.to_owned(),
            interval: Duration::from_secs(60),
            headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        }
    }

    #[test]
    fn the_path_of_the_signal_is_added_to_that_of_the_receiver() {
        for (endpoint, expected) in [
            ("https://gateway:4318", "https://gateway:4318/v1/metrics"),
            ("https://gateway:4318/", "https://gateway:4318/v1/metrics"),
            ("http://gateway/otlp", "http://gateway/otlp/v1/metrics"),
            ("http://[2001:db8::1]:4318/otlp/", "http://[2001:db8::1]:4318/otlp/v1/metrics"),
            ("https://gateway/otlp?tenant=a", "https://gateway/otlp/v1/metrics?tenant=a"),
        ] {
            assert_eq!(settings(endpoint, &[]).url().expect(endpoint).as_str(), expected);
        }
    }

    #[test]
    fn an_endpoint_that_is_none_says_why() {
        for (endpoint, reason) in [
            ("gateway:4318", "`gateway:4318` is no OTLP endpoint: neither http nor https"),
            ("gateway", "`gateway` is no OTLP endpoint: relative URL without a base"),
            ("grpc://gateway:4317", "`grpc://gateway:4317` is no OTLP endpoint: neither http nor https"),
            ("http://", "`http://` is no OTLP endpoint: empty host"),
            ("https://me:secret@gateway", "`…` is no OTLP endpoint: a password in it would be in every log"),
        ] {
            let error = settings(endpoint, &[]).url().expect_err(endpoint).to_string();
            assert!(error.starts_with(reason), "{error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn a_header_that_http_cannot_carry_is_named_and_not_shown() {
        for (name, value, part) in
            [("x api", "secret", "name"), ("", "secret", "name"), ("x-api", "secret\r\n", "value")]
        {
            let refused = settings("http://gateway", &[(name, value)]).checked_headers().expect_err(name);
            assert!(matches!(&refused, PushError::Header { part: p, .. } if *p == part), "{refused:?}");
            assert!(!format!("{refused} {refused:?}").contains("secret"), "{refused:?}");
        }
    }

    #[test]
    fn a_secret_is_in_no_debug_output() {
        let settings = settings("http://gateway", &[("authorization", "Bearer secret")]);
        let headers = settings.checked_headers().expect("well-formed");
        let shown = format!("{settings:?} {headers:?}");
        assert!(shown.contains("authorization") && !shown.contains("secret"), "{shown}");
    }
}
