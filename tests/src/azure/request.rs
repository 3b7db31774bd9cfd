//! A request as it came, and what was made of it.

use std::fmt;
use std::time::SystemTime;

use hyper::body::Bytes;
use hyper::header::AUTHORIZATION;
use hyper::{HeaderMap, Method};
use percent_encoding::percent_decode_str;

/// Who was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// The instance metadata service.
    Imds,
    /// Azure Resource Manager.
    Arm,
    /// A host that nobody should ask: redirects lead there.
    Elsewhere,
    /// A proxy that nobody should use.
    Proxy,
}

/// What can be asked; each is met in its own way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Question {
    Versions,
    Instance,
    Token,
    Subscription,
    Billing,
    Machine,
    InstanceView,
    /// The primary interface.
    Interface,
    OtherInterface,
    /// `effectiveRouteTable`, an operation.
    Routes,
    /// What became of it.
    Operation,
    /// `networkWatchers`
    Watchers,
    /// `ipFlowVerify`
    Flow,
}

/// One request.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Request {
    /// The only value of a parameter; `None` where it is missing, and where it is there twice.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        let mut values = self.query.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
        values.next().filter(|_| values.next().is_none())
    }

    /// Whether a parameter is there more than once.
    pub(super) fn repeats_itself(&self) -> bool {
        let mut names: Vec<_> = self.query.iter().map(|(name, _)| name).collect();
        names.sort();
        names.windows(2).any(|pair| pair[0] == pair[1])
    }

    /// What stands behind `Bearer`.
    pub(super) fn bearer(&self) -> Option<&str> {
        self.headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
    }
}

/// Names and values of a query.
pub(super) fn query(text: &str) -> Vec<(String, String)> {
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name), decoded(value))
        })
        .collect()
}

/// A request that was made, in the order of arrival.
#[derive(Clone, Debug)]
pub struct Asked {
    pub at: SystemTime,
    pub service: Service,
    /// `None` where there is nothing of this kind.
    pub question: Option<Question>,
    pub method: Method,
    /// Path and query.
    pub target: String,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// The status of the answer; `None` where there never is one.
    pub answered: Option<u16>,
}

impl Asked {
    /// All of it as text, for whoever looks for something that must not be there.
    pub fn text(&self) -> String {
        let lines: Vec<_> = self
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))
            .collect();
        let lines = lines.join("\n");
        format!("{} {}\n{lines}\n\n{}", self.method, self.target, String::from_utf8_lossy(&self.body))
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = humantime::format_rfc3339_millis(self.at);
        write!(f, "{at} {:?}: {} {}, answered {:?}", self.service, self.method, self.target, self.answered)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_that_is_there_twice_is_none() {
        let request = Request {
            method: Method::GET,
            path: "/".to_owned(),
            query: query("api-version=2018-02-01&resource=https%3A%2F%2Fmanagement.azure.com%2F&a=1&a=2"),
            headers: HeaderMap::new(),
            body: Bytes::new(),
        };
        assert_eq!(request.parameter("resource"), Some("https://management.azure.com/"));
        assert_eq!((request.parameter("a"), request.parameter("b")), (None, None));
        assert!(request.repeats_itself());
    }
}
