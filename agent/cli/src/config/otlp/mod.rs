//! `[otlp]`: where telemetry goes, how it is spoken, and what is kept for a receiver that is away.

mod client_cert;
mod proxy;
mod sentences;
mod signal;

use std::ops::RangeInclusive;
use std::time::Duration;

use sortie_telemetry::Signal;
use toml::Spanned;

pub use self::client_cert::ClientCert;
pub use self::proxy::Proxy;
pub use self::signal::SignalEndpoint;
use super::diagnose::Problem;
use super::file_ref::FileRef;
use super::headers::Headers;
use super::section::Section;
use super::url::{RECEIVER, url};
use super::value;

/// Turns something off that is on by itself.
pub(super) const OFF: &str = "off";

/// Metrics more often than once a second cost more than what they measure.
pub(super) const INTERVAL: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(3_600);
/// Told to who steps over these bounds.
pub(super) const INTERVAL_WHY: &str = "faster floods the receiver, slower leaves gaps in every graph";

/// A TLS handshake with another continent takes most of a second; who has not answered after two minutes has
/// forgotten, and the export is still there to be sent again.
pub(super) const TIMEOUT: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(120);
/// Told to who steps over these bounds.
pub(super) const TIMEOUT_WHY: &str =
    "shorter gives up on slow receivers, longer waits for ones that are gone";

/// What is older than a month no backend takes any more.
pub(super) const MAX_AGE: RangeInclusive<Duration> =
    Duration::from_secs(60)..=Duration::from_secs(30 * 86_400);

/// Below this a single export might not fit; above it a small VM's disk is at risk.
pub(super) const MAX_BYTES: RangeInclusive<u64> = (1 << 20)..=(16 << 30);

/// How OTLP is spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// `http/protobuf`
    #[default]
    HttpProtobuf,
    /// `grpc`
    Grpc,
}

impl Protocol {
    pub(super) const WORDS: [(&str, Self); 2] = [("http/protobuf", Self::HttpProtobuf), ("grpc", Self::Grpc)];
}

/// How requests are packed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compression {
    /// RFC 1952, which every receiver has to understand (OTLP specification, "OTLP/HTTP").
    #[default]
    Gzip,
    /// Not at all.
    None,
}

impl Compression {
    pub(super) const WORDS: [(&str, Self); 2] = [("gzip", Self::Gzip), ("none", Self::None)];
}

/// `[otlp]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Otlp {
    /// The receiver of all that has no other. Absent: nothing but what has one is exported.
    pub endpoint: Option<String>,
    /// Where metrics go instead.
    pub metrics_endpoint: SignalEndpoint,
    /// Where events go instead.
    pub logs_endpoint: SignalEndpoint,
    /// How it is spoken to; [`SignalEndpoint::At`] goes with `http/protobuf` only.
    pub protocol: Protocol,
    /// How requests are packed.
    pub compression: Compression,
    /// How long one request may take.
    pub timeout: Duration,
    /// Sent with every request. No key of the file, which more people read than may: see [`super::Environment`].
    pub headers: Headers,
    /// More of them, in a file that few may read; of one name that of `headers` wins.
    pub headers_file: Option<FileRef>,
    /// Whom to believe instead of the authorities of the system.
    pub ca_file: Option<FileRef>,
    /// Who this agent is to the receiver.
    pub client_cert: Option<ClientCert>,
    /// Who passes requests on.
    pub proxy: Proxy,
    /// Time between two exports of metrics.
    pub interval: Duration,
    /// What waits longer than this is given up.
    pub max_age: Duration,
    /// What waits takes no more than this on disk.
    pub max_bytes: u64,
}

impl Default for Otlp {
    fn default() -> Self {
        Self {
            endpoint: None,
            metrics_endpoint: SignalEndpoint::Shared,
            logs_endpoint: SignalEndpoint::Shared,
            protocol: Protocol::HttpProtobuf,
            compression: Compression::Gzip,
            // OpenTelemetry specification, "OTLP Exporter Configuration".
            timeout: Duration::from_secs(10),
            headers: Headers::default(),
            headers_file: None,
            ca_file: None,
            client_cert: None,
            proxy: Proxy::Environment,
            interval: Duration::from_secs(60),
            max_age: Duration::from_secs(86_400),
            max_bytes: 32 << 20,
        }
    }
}

impl Otlp {
    /// Whether a signal goes anywhere.
    pub fn exports(&self, signal: Signal) -> bool {
        match self.endpoint_of(signal) {
            SignalEndpoint::Shared => self.endpoint.is_some(),
            SignalEndpoint::Off => false,
            SignalEndpoint::At(_) => true,
        }
    }

    /// What is said of where a signal goes.
    pub fn endpoint_of(&self, signal: Signal) -> &SignalEndpoint {
        match signal {
            Signal::Metrics => &self.metrics_endpoint,
            Signal::Events => &self.logs_endpoint,
        }
    }

    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        let defaults = Self::default();
        let endpoint = section.value("endpoint", |v| url(&value::text(v)?, &RECEIVER));
        let metrics = section.value("metrics_endpoint", SignalEndpoint::read);
        let logs = section.value("logs_endpoint", SignalEndpoint::read);
        let protocol = section.value("protocol", |v| value::word(v, &Protocol::WORDS));
        let compression = section.value("compression", |v| value::word(v, &Compression::WORDS));
        let timeout = section.value("timeout", |v| value::duration(v, &TIMEOUT, TIMEOUT_WHY));
        let headers_file = section.value("headers_file", FileRef::read);
        let ca_file = section.value("ca_file", FileRef::read);
        let client_cert = ClientCert::read(section);
        let proxy = section.value("proxy", Proxy::read);
        let interval = section.value("interval", |v| value::duration(v, &INTERVAL, INTERVAL_WHY));
        let max_age = section.value("max_age", |v| {
            value::duration(
                v,
                &MAX_AGE,
                "an outage shorter than this loses nothing, older data is refused by receivers",
            )
        });
        let max_bytes = section.value("max_bytes", |v| {
            value::bytes(v, &MAX_BYTES, "one export has to fit, and the disk belongs to others too")
        });
        for (key, own) in [("metrics_endpoint", &metrics), ("logs_endpoint", &logs)] {
            check_protocol(key, own.as_ref(), protocol.as_ref(), section);
        }
        Self {
            endpoint: endpoint.map(Spanned::into_inner),
            metrics_endpoint: metrics.map_or(defaults.metrics_endpoint, Spanned::into_inner),
            logs_endpoint: logs.map_or(defaults.logs_endpoint, Spanned::into_inner),
            protocol: protocol.map_or(defaults.protocol, Spanned::into_inner),
            compression: compression.map_or(defaults.compression, Spanned::into_inner),
            timeout: timeout.map_or(defaults.timeout, Spanned::into_inner),
            headers: defaults.headers,
            headers_file: headers_file.map(Spanned::into_inner),
            ca_file: ca_file.map(Spanned::into_inner),
            client_cert,
            proxy: proxy.map_or(defaults.proxy, Spanned::into_inner),
            interval: interval.map_or(defaults.interval, Spanned::into_inner),
            max_age: max_age.map_or(defaults.max_age, Spanned::into_inner),
            max_bytes: max_bytes.map_or(defaults.max_bytes, Spanned::into_inner),
        }
    }
}

/// A URL that is used as it is means nothing to gRPC, where the path is the name of the method.
fn check_protocol(
    key: &str,
    endpoint: Option<&Spanned<SignalEndpoint>>,
    protocol: Option<&Spanned<Protocol>>,
    section: &mut Section<'_, '_>,
) {
    let (Some(endpoint), Some(protocol)) = (endpoint, protocol) else { return };
    if matches!(endpoint.get_ref(), SignalEndpoint::At(_)) && *protocol.get_ref() == Protocol::Grpc {
        let title = format!("`otlp.{key}` does not go with the protocol grpc");
        section.refuse(
            Problem::new(title, endpoint.span(), "gRPC has no URL of its own for each signal")
                .other(protocol.span(), "the protocol")
                .hint(format!(
                    "take `{key}` out, so that `endpoint` is used, or set `protocol` to \"http/protobuf\""
                )),
        );
    }
}
