//! Lays the environment over a configuration, and refuses what does not go with it.
//!
//! Each layer was checked by itself; here is what only the two of them together can have wrong.

use super::{
    CLIENT_CERTIFICATE, CLIENT_KEY, Environment, EnvironmentError, LOGS_ENDPOINT, METRICS_ENDPOINT, PROTOCOL,
};
use crate::config::Config;
use crate::config::file_ref::{CREDENTIALS, FileRef};
use crate::config::otlp::{ClientCert, Otlp, Protocol, SignalEndpoint};
use crate::config::section::Refusal;

impl Config {
    /// The same configuration with the environment's values in place.
    pub fn within(mut self, environment: &Environment) -> Result<Self, EnvironmentError> {
        self.otlp = self.otlp.within(environment)?;
        if environment.credentials.is_none() {
            let waiting = self.otlp.files().into_iter().filter(|(_, file)| file.is_credential());
            self.warnings.extend(waiting.map(|(key, file)| {
                let path = file.path().display();
                format!("otlp.{key} is a credential and {CREDENTIALS} is not set: {path} is taken for it")
            }));
        }
        Ok(self)
    }
}

impl Otlp {
    fn within(self, environment: &Environment) -> Result<Self, EnvironmentError> {
        let given = environment.clone();
        let (certificate, key) = self.client_cert.map(|pair| (pair.certificate, pair.key)).unzip();
        let mut otlp = Self {
            endpoint: given.endpoint.or(self.endpoint),
            metrics_endpoint: given.metrics_endpoint.unwrap_or(self.metrics_endpoint),
            logs_endpoint: given.logs_endpoint.unwrap_or(self.logs_endpoint),
            protocol: given.protocol.unwrap_or(self.protocol),
            compression: given.compression.unwrap_or(self.compression),
            timeout: given.timeout.unwrap_or(self.timeout),
            headers: given.headers.unwrap_or(self.headers),
            ca_file: given.ca_file.or(self.ca_file),
            client_cert: pair(given.client_cert.or(certificate), given.client_key.or(key))?,
            interval: given.interval.unwrap_or(self.interval),
            ..self
        };
        if given.disabled {
            otlp.endpoint = None;
        }
        if given.disabled || given.metrics_off {
            otlp.metrics_endpoint = SignalEndpoint::Off;
        }
        if given.disabled || given.logs_off {
            otlp.logs_endpoint = SignalEndpoint::Off;
        }
        otlp.check_protocol(environment)?;
        Ok(otlp.with_credentials(environment))
    }

    /// As [`super::super::otlp`] refuses it in the file. At least one of the two was said by the environment.
    fn check_protocol(&self, environment: &Environment) -> Result<(), EnvironmentError> {
        let own = [
            (METRICS_ENDPOINT, &environment.metrics_endpoint, "metrics_endpoint", &self.metrics_endpoint),
            (LOGS_ENDPOINT, &environment.logs_endpoint, "logs_endpoint", &self.logs_endpoint),
        ];
        let urls = own.into_iter().find(|(.., in_force)| matches!(in_force, SignalEndpoint::At(_)));
        let Some((variable, given, key, _)) = urls.filter(|_| self.protocol == Protocol::Grpc) else {
            return Ok(());
        };
        let label = "gRPC has no URL of its own for each signal";
        let (variable, problem, hint) = if given.is_some() {
            let hint = "unset it, so that one endpoint is used for all, or speak http/protobuf";
            (variable, "does not go with the protocol grpc".to_owned(), hint)
        } else {
            let hint =
                "take the key out of the file, so that one endpoint is used for all, or speak http/protobuf";
            (PROTOCOL, format!("is grpc, which does not go with `otlp.{key}`"), hint)
        };
        Err(EnvironmentError { variable, refusal: Refusal::new(problem, label, hint) })
    }

    fn with_credentials(self, environment: &Environment) -> Self {
        let Some(directory) = environment.credentials.as_deref() else { return self };
        let found = |file: FileRef| file.among(directory);
        Self {
            headers_file: self.headers_file.map(found),
            ca_file: self.ca_file.map(found),
            client_cert: self
                .client_cert
                .map(|pair| ClientCert { certificate: found(pair.certificate), key: found(pair.key) }),
            ..self
        }
    }

    /// Every file that is named, with its key.
    fn files(&self) -> Vec<(&'static str, &FileRef)> {
        let single = [("headers_file", &self.headers_file), ("ca_file", &self.ca_file)];
        let single = single.into_iter().filter_map(|(key, file)| Some((key, file.as_ref()?)));
        let pair = self.client_cert.iter();
        let pair = pair.flat_map(|pair| [("client_cert", &pair.certificate), ("client_key", &pair.key)]);
        single.chain(pair).collect()
    }
}

/// A certificate with its key. The file has both or none, so one that is alone was given by the environment.
fn pair(certificate: Option<FileRef>, key: Option<FileRef>) -> Result<Option<ClientCert>, EnvironmentError> {
    let (variable, other) = match (certificate, key) {
        (None, None) => return Ok(None),
        (Some(certificate), Some(key)) => return Ok(Some(ClientCert { certificate, key })),
        (Some(_), None) => (CLIENT_CERTIFICATE, CLIENT_KEY),
        (None, Some(_)) => (CLIENT_KEY, CLIENT_CERTIFICATE),
    };
    let problem = format!("is set and {other} is not");
    let refusal = Refusal::new(problem, "each is of no use without the other", "set both, or neither");
    Err(EnvironmentError { variable, refusal })
}
