//! What is allowed in `[otlp]` and most likely not meant.

use super::{Otlp, SignalEndpoint};

impl Otlp {
    /// A sentence for each.
    pub(in crate::config) fn sentences(&self) -> Vec<String> {
        let own = [
            ("metrics_endpoint", &self.metrics_endpoint, "v1/metrics"),
            ("logs_endpoint", &self.logs_endpoint, "v1/logs"),
        ];
        let mut sentences: Vec<String> = own
            .iter()
            .filter_map(|(key, endpoint, usual)| match endpoint {
                SignalEndpoint::At(url) if is_bare(url) => Some(format!(
                    "otlp.{key} has no path and is used as it is: most receivers expect one that ends in {usual}"
                )),
                _ => None,
            })
            .collect();
        let shared = own.iter().any(|(_, endpoint, _)| **endpoint == SignalEndpoint::Shared);
        let mut urls = own.iter().filter_map(|(_, endpoint, _)| match endpoint {
            SignalEndpoint::At(url) => Some(url),
            SignalEndpoint::Shared | SignalEndpoint::Off => None,
        });
        let mut all = self.endpoint.iter().filter(|_| shared).chain(urls.by_ref()).peekable();
        let pointless = all.peek().is_some() && all.all(|url| url.starts_with("http://"));
        let keys = [("ca_file", self.ca_file.is_some()), ("client_cert", self.client_cert.is_some())];
        for (key, _) in keys.into_iter().filter(|(_, given)| *given && pointless) {
            sentences.push(format!("otlp.{key} is not used: no endpoint begins with https"));
        }
        sentences
    }
}

/// Whether a URL ends with its host and port.
fn is_bare(url: &str) -> bool {
    url.split_once("://").is_none_or(|(_, rest)| rest.trim_end_matches('/').find('/').is_none())
}
