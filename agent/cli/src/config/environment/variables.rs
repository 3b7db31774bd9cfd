//! The names of the variables, and what is said about those that are not read.

/// Anything but `true` changes nothing.
pub(in crate::config) const SDK_DISABLED: &str = "OTEL_SDK_DISABLED";
/// Whether metrics are exported at all.
pub(in crate::config) const METRICS_EXPORTER: &str = "OTEL_METRICS_EXPORTER";
/// Whether events are exported at all.
pub(in crate::config) const LOGS_EXPORTER: &str = "OTEL_LOGS_EXPORTER";
/// Base URL of the receiver.
pub(in crate::config) const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
/// Where metrics go, as it is.
pub(in crate::config) const METRICS_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT";
/// Where events go, as it is.
pub(in crate::config) const LOGS_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT";
/// How OTLP is spoken.
pub(in crate::config) const PROTOCOL: &str = "OTEL_EXPORTER_OTLP_PROTOCOL";
/// How requests are packed.
pub(in crate::config) const COMPRESSION: &str = "OTEL_EXPORTER_OTLP_COMPRESSION";
/// Milliseconds that one request may take.
pub(in crate::config) const TIMEOUT: &str = "OTEL_EXPORTER_OTLP_TIMEOUT";
/// Headers of every request.
pub(in crate::config) const HEADERS: &str = "OTEL_EXPORTER_OTLP_HEADERS";
/// Whom to believe.
pub(in crate::config) const CERTIFICATE: &str = "OTEL_EXPORTER_OTLP_CERTIFICATE";
/// Who this agent is.
pub(in crate::config) const CLIENT_CERTIFICATE: &str = "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE";
/// The key to it.
pub(in crate::config) const CLIENT_KEY: &str = "OTEL_EXPORTER_OTLP_CLIENT_KEY";
/// Milliseconds between two exports of metrics.
pub(in crate::config) const INTERVAL: &str = "OTEL_METRIC_EXPORT_INTERVAL";

/// What the variables of an exporter begin with.
const FAMILY: &str = "OTEL_EXPORTER_OTLP_";

/// Signals that Sortie has, and which its settings are shared by.
const SIGNALS: [&str; 2] = ["METRICS_", "LOGS_"];

/// A signal that it has not: what is said about it is for other programs.
const TRACES: &str = "TRACES_";

/// Settings of the family that hold for every signal.
const SHARED: [&str; 7] =
    [PROTOCOL, COMPRESSION, TIMEOUT, HEADERS, CERTIFICATE, CLIENT_CERTIFICATE, CLIENT_KEY];

/// A sentence about a variable that is not read, where it is one of the family. Metrics and events take one way to one
/// receiver, or to one for each; in all else they do not differ.
pub(super) fn unread(name: &str) -> Option<String> {
    let rest = name.strip_prefix(FAMILY).filter(|rest| !rest.starts_with(TRACES))?;
    let of_signal = SIGNALS.iter().find_map(|signal| rest.strip_prefix(signal));
    let shared =
        SHARED.iter().find(|shared| of_signal.is_some_and(|key| shared.strip_prefix(FAMILY) == Some(key)));
    Some(match shared {
        Some(shared) => format!("{name} is set, but not read: {shared} holds for metrics and events"),
        None => format!("{name} is set, but not read: sortie has no such setting"),
    })
}
