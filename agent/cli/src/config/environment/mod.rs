//! What the environment says beats what the file says: the variables that OpenTelemetry gives to every exporter.
//!
//! They are read as its specification has them ("OTLP Exporter Configuration", "SDK Environment Variables"): an empty
//! value is an absent one, and intervals are milliseconds. Other than there, a value that makes no sense is refused:
//! telemetry that silently goes nowhere is not noticed until it is needed. No message repeats a value, since some are
//! secrets.

mod layer;
#[cfg(test)]
mod tests;
mod variables;

use std::borrow::Cow;
use std::ffi::OsString;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use toml::de::DeValue;

use super::file_ref::{CREDENTIALS, FileRef};
use super::headers::Headers;
use super::otlp::{self, Compression, Protocol, SignalEndpoint};
use super::section::Refusal;
use super::url::{RECEIVER, url};
use super::value::{self, Read};
pub(super) use variables::*;

/// Values given by the environment; `None` leaves the file's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// [`SDK_DISABLED`]: nothing is exported.
    pub disabled: bool,
    /// [`METRICS_EXPORTER`]: no metrics are exported.
    pub metrics_off: bool,
    /// [`LOGS_EXPORTER`]: no events are exported.
    pub logs_off: bool,
    /// [`ENDPOINT`]
    pub endpoint: Option<String>,
    /// [`METRICS_ENDPOINT`]
    pub metrics_endpoint: Option<SignalEndpoint>,
    /// [`LOGS_ENDPOINT`]
    pub logs_endpoint: Option<SignalEndpoint>,
    /// [`PROTOCOL`]
    pub protocol: Option<Protocol>,
    /// [`COMPRESSION`]
    pub compression: Option<Compression>,
    /// [`TIMEOUT`]
    pub timeout: Option<Duration>,
    /// [`HEADERS`]
    pub headers: Option<Headers>,
    /// [`CERTIFICATE`]
    pub ca_file: Option<FileRef>,
    /// [`CLIENT_CERTIFICATE`]
    pub client_cert: Option<FileRef>,
    /// [`CLIENT_KEY`]
    pub client_key: Option<FileRef>,
    /// [`INTERVAL`]
    pub interval: Option<Duration>,
    /// [`CREDENTIALS`]: where the service manager keeps them.
    pub credentials: Option<PathBuf>,
    unheeded: Vec<String>,
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
            if let Some(name) = name.to_str()
                && !value.is_empty()
            {
                environment.take(name, &value)?;
            }
        }
        environment.unheeded.sort();
        Ok(environment)
    }

    /// Sentences about variables that others would act on.
    pub fn unheeded(&self) -> impl Iterator<Item = String> {
        self.unheeded.iter().cloned()
    }

    fn take(&mut self, name: &str, value: &OsString) -> Result<(), EnvironmentError> {
        match name {
            SDK_DISABLED => self.disabled = self.is(SDK_DISABLED, value, "true", "false"),
            METRICS_EXPORTER => self.metrics_off = self.is(METRICS_EXPORTER, value, "none", "otlp"),
            LOGS_EXPORTER => self.logs_off = self.is(LOGS_EXPORTER, value, "none", "otlp"),
            ENDPOINT => self.endpoint = Some(read(ENDPOINT, value, |v| url(v, &RECEIVER))?),
            METRICS_ENDPOINT => {
                self.metrics_endpoint = Some(read(METRICS_ENDPOINT, value, SignalEndpoint::parse)?);
            }
            LOGS_ENDPOINT => self.logs_endpoint = Some(read(LOGS_ENDPOINT, value, SignalEndpoint::parse)?),
            PROTOCOL => self.protocol = Some(read(PROTOCOL, value, |v| word(v, &Protocol::WORDS))?),
            COMPRESSION => {
                self.compression = Some(read(COMPRESSION, value, |v| word(v, &Compression::WORDS))?);
            }
            TIMEOUT => {
                let bounded = |v: &str| milliseconds(v, &otlp::TIMEOUT, otlp::TIMEOUT_WHY);
                self.timeout = Some(read(TIMEOUT, value, bounded)?);
            }
            HEADERS => self.headers = Some(read(HEADERS, value, Headers::parse)?),
            CERTIFICATE => self.ca_file = Some(read(CERTIFICATE, value, FileRef::parse)?),
            CLIENT_CERTIFICATE => self.client_cert = Some(read(CLIENT_CERTIFICATE, value, FileRef::parse)?),
            CLIENT_KEY => self.client_key = Some(read(CLIENT_KEY, value, FileRef::parse)?),
            INTERVAL => {
                let bounded = |v: &str| milliseconds(v, &otlp::INTERVAL, otlp::INTERVAL_WHY);
                self.interval = Some(read(INTERVAL, value, bounded)?);
            }
            CREDENTIALS => {
                let hint = "the service manager sets it, for a unit with LoadCredential=";
                let directory = |v: &str| value::absolute_path(v, hint);
                self.credentials = Some(read(CREDENTIALS, value, directory)?);
            }
            _ => self.unheeded.extend(unread(name)),
        }
        Ok(())
    }

    /// Whether a variable says `yes`; anything but `yes` and `no` means nothing, and is not refused, since the
    /// specification has more words for other programs.
    fn is(&mut self, variable: &str, value: &OsString, yes: &str, no: &str) -> bool {
        let says = |word: &str| value.to_str().is_some_and(|text| text.trim().eq_ignore_ascii_case(word));
        if !says(yes) && !says(no) {
            let sentence = format!("{variable} is neither {yes} nor {no}, and changes nothing");
            self.unheeded.push(sentence);
        }
        says(yes)
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

/// In capitals or not, as the specification wants it of the environment ("Configuration types", enum).
fn word<T: Copy>(text: &str, words: &[(&str, T)]) -> Read<T> {
    value::word(&DeValue::String(Cow::Owned(text.trim().to_ascii_lowercase())), words)
}

fn milliseconds(text: &str, bounds: &RangeInclusive<Duration>, why: &str) -> Read<Duration> {
    let hint = "write a whole number of milliseconds without a unit, for example 60000";
    let number: u64 = text
        .trim()
        .parse()
        .map_err(|_| Refusal::new("must be a number of milliseconds", "not a whole number", hint))?;
    value::within(Duration::from_millis(number), bounds, |d| format!("{} ms", d.as_millis()), why)
}
