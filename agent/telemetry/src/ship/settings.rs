//! Where to, how, and with what to prove who we are. Whatever is wrong is said before anything is sent.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use reqwest::Url;
use reqwest::header::HeaderMap;

use super::error::ShipError;
use super::headers::{self, HeaderError};
use super::{grpc, http};
use crate::spool::Signal;

/// How long one export may take (OpenTelemetry specification, `OTEL_EXPORTER_OTLP_TIMEOUT`).
const TIMEOUT: Duration = Duration::from_secs(10);

/// Waits are up to five intervals: beyond a day, what waits is too old before it is sent.
const INTERVAL_MOST: Duration = Duration::from_secs(86_400);

/// Where exports go, and how.
#[derive(Clone, PartialEq, Eq)]
pub struct ShipSettings {
    /// Where metrics go; where it is absent they are not shipped.
    pub metrics: Option<Endpoint>,
    /// Where events go; where it is absent they are not shipped.
    pub events: Option<Endpoint>,
    /// How OTLP is spoken.
    pub protocol: Protocol,
    /// Whether exports travel compressed.
    pub compression: Compression,
    /// From the connection to the end of the answer.
    pub timeout: Duration,
    /// Sent with each request, for example for authorization.
    pub headers: Vec<(String, String)>,
    /// Holds more of them, of which those in `headers` win; it is read for each request.
    pub headers_file: Option<PathBuf>,
    /// Certificates that receivers are verified with, in place of those of the system.
    pub ca_file: Option<PathBuf>,
    /// Our own certificate, for receivers that ask for one.
    pub client_cert: Option<PathBuf>,
    /// Its private key.
    pub client_key: Option<PathBuf>,
    /// Who passes requests on.
    pub proxy: Proxy,
    /// Time between two exports of metrics: all waits follow from it.
    pub interval: Duration,
}

/// A receiver.
#[derive(Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// Of every signal, without the path of the signal: `https://gateway:4318`.
    Receiver(String),
    /// Of one signal, used as it is: `https://gateway:4318/v1/metrics`.
    Signal(String),
}

/// The HTTP proxy on the way to a receiver; there is none on the way to this machine itself.
#[derive(Clone, Default, PartialEq, Eq)]
pub enum Proxy {
    /// What `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` say.
    #[default]
    Environment,
    /// None, whatever the environment says.
    Off,
    /// This one, whatever the environment says.
    Url(String),
}

/// How OTLP is spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// Protobuf over HTTP.
    #[default]
    Http,
    /// gRPC.
    Grpc,
}

/// Whether exports travel compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compression {
    /// As they are stored.
    #[default]
    Gzip,
    /// For receivers that do not do without.
    None,
}

impl ShipSettings {
    /// Both signals to one receiver, with everything else as it is by default.
    pub fn to(receiver: &str, interval: Duration) -> Self {
        Self {
            metrics: Some(Endpoint::Receiver(receiver.to_owned())),
            events: Some(Endpoint::Receiver(receiver.to_owned())),
            protocol: Protocol::default(),
            compression: Compression::default(),
            timeout: TIMEOUT,
            headers: Vec::new(),
            headers_file: None,
            ca_file: None,
            client_cert: None,
            client_key: None,
            proxy: Proxy::Environment,
            interval,
        }
    }

    /// The URL to which exports of a signal are sent (OTLP exporter specification, "Endpoint URLs for OTLP/HTTP").
    pub(super) fn url(&self, signal: Signal) -> Result<Option<Url>, ShipError> {
        let endpoint = match signal {
            Signal::Metrics => &self.metrics,
            Signal::Events => &self.events,
        };
        let Some(endpoint) = endpoint else { return Ok(None) };
        let refused =
            |reason: &str| ShipError::Endpoint { endpoint: endpoint.shown(), reason: reason.to_owned() };
        let mut url =
            Url::parse(endpoint.text()).map_err(|error| refused(&format!("{error}{}", self.hint())))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(refused(&format!("neither http nor https{}", self.hint())));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refused("a password in it would be in every log, use a header"));
        }
        match (self.protocol, endpoint) {
            (Protocol::Grpc, _) if url.path() != "/" => {
                Err(refused("a receiver of gRPC has no path, use `http/protobuf` or leave it out"))
            }
            (Protocol::Grpc, _) => Ok(Some(grpc::url(&url, signal))),
            (Protocol::Http, Endpoint::Signal(_)) => Ok(Some(url)),
            (Protocol::Http, Endpoint::Receiver(_)) => {
                http::extend(&mut url, signal).map_err(|()| refused("no host"))?;
                Ok(Some(url))
            }
        }
    }

    pub(super) fn checked_interval(&self) -> Result<Duration, ShipError> {
        let is_good = !self.interval.is_zero() && self.interval <= INTERVAL_MOST;
        if is_good { Ok(self.interval) } else { Err(ShipError::Interval) }
    }

    pub(super) fn checked_timeout(&self) -> Result<Duration, ShipError> {
        if self.timeout.is_zero() { Err(ShipError::Timeout) } else { Ok(self.timeout) }
    }

    pub(super) fn checked_headers(&self) -> Result<HeaderMap, ShipError> {
        let refused = |name: &str, reason: HeaderError| ShipError::Header {
            name: name.to_owned(),
            reason: reason.to_string(),
        };
        let header = |(name, value): &(String, String)| {
            headers::header(name, value).map_err(|reason| refused(name, reason))
        };
        self.headers.iter().map(header).collect()
    }

    /// The proxy for a receiver, where one is set.
    pub(super) fn checked_proxy(&self) -> Result<Option<reqwest::Proxy>, ShipError> {
        let Proxy::Url(proxy) = &self.proxy else { return Ok(None) };
        let refused = |reason: &str| ShipError::Proxy(format!("{reason}, write it like http://proxy:3128"));
        let url = Url::parse(proxy).map_err(|error| refused(&error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(refused("it is neither http nor https"));
        }
        reqwest::Proxy::all(url).map(Some).map_err(|_| refused("it has no host"))
    }

    fn hint(&self) -> &'static str {
        match self.protocol {
            Protocol::Http => ", write it like https://gateway:4318",
            Protocol::Grpc => ", write it like https://gateway:4317",
        }
    }
}

/// Whether this host is the machine itself: no proxy could reach it.
pub(super) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let address = host.parse().map(|address: IpAddr| address.to_canonical());
    host == "localhost" || host.ends_with(".localhost") || address.is_ok_and(|address| address.is_loopback())
}

impl Endpoint {
    fn text(&self) -> &str {
        match self {
            Self::Receiver(url) | Self::Signal(url) => url,
        }
    }

    fn shown(&self) -> String {
        let text = self.text();
        if text.contains('@') {
            "…".to_owned()
        } else {
            text.split('?').next().unwrap_or_default().to_owned()
        }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Self::Receiver(_) => "Receiver",
            Self::Signal(_) => "Signal",
        };
        f.debug_tuple(kind).field(&self.shown()).finish()
    }
}

/// There may be a password in it.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Environment => "Environment",
            Self::Off => "Off",
            Self::Url(_) => "Url(…)",
        })
    }
}

impl fmt::Debug for ShipSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("ShipSettings")
            .field("metrics", &self.metrics)
            .field("events", &self.events)
            .field("protocol", &self.protocol)
            .field("compression", &self.compression)
            .field("timeout", &self.timeout)
            .field("headers", &names)
            .field("headers_file", &self.headers_file)
            .field("ca_file", &self.ca_file)
            .field("client_cert", &self.client_cert)
            .field("client_key", &self.client_key)
            .field("proxy", &self.proxy)
            .field("interval", &self.interval)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn settings(endpoint: &str) -> ShipSettings {
        ShipSettings::to(endpoint, MINUTE)
    }

    fn of_signal(endpoint: &str) -> ShipSettings {
        ShipSettings { metrics: Some(Endpoint::Signal(endpoint.to_owned())), ..settings("http://gateway") }
    }

    fn url(settings: &ShipSettings, signal: Signal) -> String {
        settings.url(signal).expect("an endpoint").expect("one that is set").into()
    }

    #[test]
    fn the_path_of_the_signal_is_added_to_that_of_the_receiver() {
        for (endpoint, metrics, events) in [
            ("https://gateway:4318", "https://gateway:4318/v1/metrics", "https://gateway:4318/v1/logs"),
            ("https://gateway:4318/", "https://gateway:4318/v1/metrics", "https://gateway:4318/v1/logs"),
            ("http://gateway/otlp", "http://gateway/otlp/v1/metrics", "http://gateway/otlp/v1/logs"),
            (
                "http://[2001:db8::1]:4318/otlp/",
                "http://[2001:db8::1]:4318/otlp/v1/metrics",
                "http://[2001:db8::1]:4318/otlp/v1/logs",
            ),
            (
                "https://gateway/otlp?tenant=a",
                "https://gateway/otlp/v1/metrics?tenant=a",
                "https://gateway/otlp/v1/logs?tenant=a",
            ),
        ] {
            assert_eq!(url(&settings(endpoint), Signal::Metrics), metrics);
            assert_eq!(url(&settings(endpoint), Signal::Events), events);
        }
    }

    #[test]
    fn an_endpoint_of_one_signal_is_used_as_it_is() {
        for (endpoint, expected) in [
            ("https://gateway:4318/ingest", "https://gateway:4318/ingest"),
            ("https://gateway:4318", "https://gateway:4318/"),
        ] {
            assert_eq!(url(&of_signal(endpoint), Signal::Metrics), expected);
        }
        let absent = ShipSettings { events: None, ..settings("http://gateway") };
        assert!(absent.url(Signal::Events).expect("nothing wrong").is_none());
    }

    #[test]
    fn an_endpoint_that_is_none_says_why() {
        for (endpoint, reason) in [
            ("gateway:4318", "`gateway:4318` is no OTLP endpoint: neither http nor https, write it like"),
            ("gateway", "`gateway` is no OTLP endpoint: relative URL without a base, write it like"),
            ("grpc://gateway:4317", "`grpc://gateway:4317` is no OTLP endpoint: neither http nor https"),
            ("http://", "`http://` is no OTLP endpoint: empty host"),
            ("https://me:secret@gateway", "`…` is no OTLP endpoint: a password in it would be in every log"),
            ("https//me:secret@gateway", "`…` is no OTLP endpoint: relative URL without a base"),
        ] {
            for settings in [settings(endpoint), of_signal(endpoint)] {
                let error = settings.url(Signal::Metrics).expect_err(endpoint).to_string();
                assert!(error.starts_with(reason), "{error}");
                assert!(!error.contains("secret"), "{error}");
            }
        }
    }

    #[test]
    fn a_receiver_of_grpc_has_no_path() {
        let grpc = |endpoint| ShipSettings { protocol: Protocol::Grpc, ..settings(endpoint) };
        assert!(url(&grpc("https://gateway:4317/"), Signal::Events).ends_with(".LogsService/Export"));
        let error = grpc("https://gateway:4317/otlp").url(Signal::Metrics).expect_err("a path").to_string();
        assert!(error.contains("has no path"), "{error}");
        let error = grpc("gateway").url(Signal::Metrics).expect_err("no URL").to_string();
        assert!(error.ends_with("write it like https://gateway:4317"), "{error}");
    }

    #[test]
    fn a_header_that_cannot_be_sent_is_named_and_not_shown() {
        for (name, value, reason) in [
            ("x api", "secret", "its name has characters that no header may have"),
            ("", "secret", "its name has characters that no header may have"),
            ("x-api", "secret\r\n", "its value has characters that no header may have"),
            ("Content-Encoding", "secret", "Sortie sets it itself"),
        ] {
            let headers = vec![(name.to_owned(), value.to_owned())];
            let settings = ShipSettings { headers, ..settings("http://gateway") };
            let refused = settings.checked_headers().expect_err(name);
            assert_eq!(refused.to_string(), format!("the OTLP header `{name}` is refused: {reason}"));
            assert!(!format!("{refused:?}").contains("secret"), "{refused:?}");
        }
    }

    #[test]
    fn a_proxy_that_is_none_says_why() {
        for (proxy, reason) in [
            ("proxy:3128", "it is neither http nor https"),
            ("socks5://me:secret@proxy", "it is neither http nor https"),
            ("proxy", "relative URL without a base"),
            ("http://", "empty host"),
        ] {
            let settings = ShipSettings { proxy: Proxy::Url(proxy.to_owned()), ..settings("http://gateway") };
            let error = settings.checked_proxy().expect_err(proxy).to_string();
            assert!(error.contains(reason) && !error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn an_interval_of_zero_or_of_ages_is_refused() {
        for interval in [Duration::ZERO, Duration::from_secs(86_401), Duration::MAX] {
            let refused = ShipSettings::to("http://gateway", interval).checked_interval();
            assert!(matches!(refused, Err(ShipError::Interval)), "{interval:?}");
        }
    }

    #[test]
    fn the_machine_itself_is_known_by_all_its_names() {
        for (endpoint, expected) in [
            ("http://localhost:4318", true),
            ("http://otel.localhost", true),
            ("http://127.1.2.3", true),
            ("http://[::1]:4318", true),
            ("http://[::ffff:127.0.0.1]:4318", true),
            ("http://gateway", false),
            ("http://192.0.2.1", false),
        ] {
            assert_eq!(is_loopback(&Url::parse(endpoint).expect("a URL")), expected, "{endpoint}");
        }
    }

    #[test]
    fn a_secret_is_in_no_debug_output() {
        let settings = ShipSettings {
            headers: vec![("authorization".to_owned(), "Bearer secret".to_owned())],
            proxy: Proxy::Url("http://me:secret@proxy:3128".to_owned()),
            ..settings("http://gateway?key=secret")
        };
        let headers = settings.checked_headers().expect("well-formed");
        let shown = format!("{settings:?} {headers:?}");
        assert!(shown.contains("authorization") && !shown.contains("secret"), "{shown}");
    }
}
