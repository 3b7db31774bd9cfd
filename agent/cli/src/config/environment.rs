//! What the environment says beats what the file says: the variables that OpenTelemetry gives to every exporter.
//!
//! They are read as its specification has them ("OTLP Exporter Configuration", "SDK Environment Variables"): an empty
//! value is an absent one, and intervals are milliseconds. Other than there, a value that makes no sense is refused:
//! telemetry that silently goes nowhere is not noticed until it is needed. No message repeats a value, since some are
//! secrets.

use std::borrow::Cow;
use std::ffi::OsString;
use std::time::Duration;

use toml::de::DeValue;

use super::Config;
use super::headers::Headers;
use super::otlp::{self, Protocol};
use super::section::Refusal;
use super::value::{self, Read};

/// Base URL of the receiver.
pub(super) const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
/// How OTLP is spoken.
pub(super) const PROTOCOL: &str = "OTEL_EXPORTER_OTLP_PROTOCOL";
/// Headers of every request.
pub(super) const HEADERS: &str = "OTEL_EXPORTER_OTLP_HEADERS";
/// Milliseconds between two exports of metrics.
pub(super) const INTERVAL: &str = "OTEL_METRIC_EXPORT_INTERVAL";

/// Variables of this family that are not read are named in a warning.
const FAMILY: &str = "OTEL_EXPORTER_OTLP_";

/// Values given by the environment; `None` leaves the file's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// [`ENDPOINT`]
    pub endpoint: Option<String>,
    /// [`PROTOCOL`]
    pub protocol: Option<Protocol>,
    /// [`HEADERS`]
    pub headers: Option<Headers>,
    /// [`INTERVAL`]
    pub interval: Option<Duration>,
    unread: Vec<String>,
}

/// A variable that is refused. The exit code is that of a wrong file, 78.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the environment variable {variable} {}: {}\n\nhint: {}", .refusal.problem, .refusal.label, .refusal.hint)]
pub struct EnvironmentError {
    variable: &'static str,
    refusal: Refusal,
}

impl Environment {
    /// Picks out of all variables those that Sortie knows.
    pub fn read(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Result<Self, EnvironmentError> {
        let mut environment = Self::default();
        for (name, value) in variables {
            let Some(name) = name.to_str() else { continue };
            if value.is_empty() {
                continue;
            }
            match name {
                ENDPOINT => environment.endpoint = Some(read(ENDPOINT, &value, |v| value::url(v, true))?),
                PROTOCOL => environment.protocol = Some(read(PROTOCOL, &value, protocol)?),
                HEADERS => environment.headers = Some(read(HEADERS, &value, Headers::parse)?),
                INTERVAL => environment.interval = Some(read(INTERVAL, &value, milliseconds)?),
                _ if name.starts_with(FAMILY) => environment.unread.push(name.to_owned()),
                _ => {}
            }
        }
        environment.unread.sort();
        Ok(environment)
    }

    /// Sentences about variables that others would act on.
    pub fn unheeded(&self) -> impl Iterator<Item = String> {
        let read = format!("{ENDPOINT}, {PROTOCOL}, {HEADERS} and {INTERVAL}");
        self.unread.iter().map(move |name| format!("{name} is set, but not read: sortie reads {read}"))
    }
}

impl Config {
    /// The same configuration with the environment's values in place.
    #[must_use]
    pub fn within(mut self, environment: &Environment) -> Self {
        if let Some(endpoint) = &environment.endpoint {
            self.otlp.endpoint = Some(endpoint.clone());
        }
        if let Some(protocol) = environment.protocol {
            self.otlp.protocol = protocol;
        }
        if let Some(headers) = &environment.headers {
            self.otlp.headers = headers.clone();
        }
        if let Some(interval) = environment.interval {
            self.otlp.interval = interval;
        }
        self
    }
}

fn read<T>(
    variable: &'static str,
    value: &OsString,
    parse: impl FnOnce(&str) -> Read<T>,
) -> Result<T, EnvironmentError> {
    let text = value.to_str().ok_or_else(|| Refusal::new("must be text", "not UTF-8", "write it anew"));
    text.and_then(parse).map_err(|refusal| EnvironmentError { variable, refusal })
}

fn protocol(text: &str) -> Read<Protocol> {
    value::word(&DeValue::String(Cow::Borrowed(text)), &Protocol::WORDS)
}

fn milliseconds(text: &str) -> Read<Duration> {
    let hint = "write a whole number of milliseconds without a unit, for example 60000";
    let number: u64 = text
        .trim()
        .parse()
        .map_err(|_| Refusal::new("must be a number of milliseconds", "not a whole number", hint))?;
    value::within(
        Duration::from_millis(number),
        &otlp::INTERVAL,
        |d| format!("{} ms", d.as_millis()),
        otlp::INTERVAL_WHY,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::defaults;

    fn environment(variables: &[(&str, &str)]) -> Result<Environment, String> {
        let variables = variables.iter().map(|(name, value)| (name.into(), value.into()));
        Environment::read(variables).map_err(|error| error.to_string())
    }

    #[test]
    fn the_environment_beats_the_file_and_leaves_the_rest() {
        let environment = environment(&[
            (ENDPOINT, "http://gateway:4318"),
            (PROTOCOL, "grpc"),
            (HEADERS, "authorization=Basic%20eA%3D%3D, x-tenant = mail"),
            (INTERVAL, "30000"),
            ("PATH", "/bin"),
        ]);
        let otlp = defaults().within(&environment.expect("good")).otlp;
        assert_eq!(otlp.endpoint.as_deref(), Some("http://gateway:4318"));
        assert_eq!((otlp.protocol, otlp.interval), (Protocol::Grpc, Duration::from_secs(30)));
        let headers: Vec<_> = otlp.headers.iter().collect();
        assert_eq!(headers, [("authorization", "Basic eA=="), ("x-tenant", "mail")]);
        assert_eq!(otlp.max_age, defaults().otlp.max_age);
    }

    #[test]
    fn an_empty_variable_is_an_absent_one() {
        let none = environment(&[(ENDPOINT, ""), (PROTOCOL, ""), (HEADERS, ""), (INTERVAL, "")]);
        assert_eq!(none, Ok(Environment::default()));
    }

    #[test]
    fn nonsense_is_refused_by_name_and_never_repeated() {
        for (variable, value, problem) in [
            (ENDPOINT, "gateway:4318", "must be a URL"),
            (ENDPOINT, "https://user:s3cret@gateway:4318", "user and password do not belong here"),
            (PROTOCOL, "http/json", "must be one of http/protobuf, grpc"),
            (INTERVAL, "60s", "must be a number of milliseconds"),
            (INTERVAL, "-1", "must be a number of milliseconds"),
            (INTERVAL, "10", "must be at least 1000 ms"),
            (INTERVAL, "99999999999", "must be at most 3600000 ms"),
            (HEADERS, "s3cret", "must be a list of headers"),
            (HEADERS, "bad name=s3cret", "must be a list of headers"),
            (HEADERS, "x=s3cret%0d%0ay: z", "must be a list of headers"),
        ] {
            let error = environment(&[(variable, value)]).expect_err(value);
            assert!(error.starts_with(&format!("the environment variable {variable} ")), "{error}");
            assert!(error.contains(problem) && error.contains("\n\nhint: "), "{error}");
            assert!(!error.contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn a_variable_that_is_not_read_is_named() {
        let environment = environment(&[("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://x")]).expect("good");
        let sentences: Vec<_> = environment.unheeded().collect();
        assert!(sentences[0].starts_with("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT is set, but not read"));
    }
}
