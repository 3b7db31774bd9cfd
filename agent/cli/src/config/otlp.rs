//! `[otlp]`: where telemetry goes.

use std::ops::RangeInclusive;
use std::time::Duration;

use toml::Spanned;

use super::headers::Headers;
use super::section::Section;
use super::value;

/// Metrics more often than once a second cost more than what they measure.
pub(super) const INTERVAL: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(3_600);
/// Told to who steps over these bounds.
pub(super) const INTERVAL_WHY: &str = "faster floods the receiver, slower leaves gaps in every graph";

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

/// `[otlp]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Otlp {
    /// The receiver. Absent: nothing is exported.
    pub endpoint: Option<String>,
    /// How it is spoken to.
    pub protocol: Protocol,
    /// Sent with every request. No key of the file, which more people read than may: see [`super::Environment`].
    pub headers: Headers,
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
            protocol: Protocol::HttpProtobuf,
            headers: Headers::default(),
            interval: Duration::from_secs(60),
            max_age: Duration::from_secs(86_400),
            max_bytes: 32 << 20,
        }
    }
}

impl Otlp {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        let defaults = Self::default();
        let endpoint = section.value("endpoint", |v| value::url(&value::text(v)?, true));
        let protocol = section.value("protocol", |v| value::word(v, &Protocol::WORDS));
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
        Self {
            endpoint: endpoint.map(Spanned::into_inner),
            protocol: protocol.map_or(defaults.protocol, Spanned::into_inner),
            headers: defaults.headers,
            interval: interval.map_or(defaults.interval, Spanned::into_inner),
            max_age: max_age.map_or(defaults.max_age, Spanned::into_inner),
            max_bytes: max_bytes.map_or(defaults.max_bytes, Spanned::into_inner),
        }
    }
}
