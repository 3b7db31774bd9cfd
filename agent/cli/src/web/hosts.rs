//! Under which names the server answers: the guard against DNS rebinding.
//!
//! A website can point a name of its own at 127.0.0.1 and let its visitor's browser read whatever listens there. It
//! cannot point an IP literal, `localhost`, or a name that somebody listed here: those are answered, all others are not.

use std::net::IpAddr;

use hyper::http::uri::Authority;
use hyper::{Request, header};

/// The names of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hosts {
    names: Vec<String>,
}

/// Why a request is not answered.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum HostError {
    /// RFC 9112 §3.2: a server answers 400 to any request that has more than one, or one that cannot be read.
    #[error("a request needs exactly one valid Host header")]
    Malformed,
    /// HTTP/1.0 may leave it out; then nobody knows under which name the server was called.
    #[error("a request needs a Host header")]
    Missing,
    /// Somebody else's name.
    #[error("this agent does not answer to the name {0}")]
    Foreign(String),
}

impl Hosts {
    /// The machine's own name, and those of `[web] hosts`; `localhost` and IP literals always count.
    pub fn new(host_name: &str, allowed: &[String]) -> Self {
        let own = ["localhost", host_name].into_iter();
        let names = own.chain(allowed.iter().map(String::as_str)).map(normal);
        Self { names: names.filter(|name| !name.is_empty()).collect() }
    }

    /// Judges every name that a request carries: that of an absolute target, which wins over the header where it
    /// stands (RFC 9112 §3.2.2), and the header all the same.
    pub(super) fn admit<B>(&self, request: &Request<B>) -> Result<(), HostError> {
        if let Some(target) = request.uri().authority() {
            self.know(target)?;
        }
        let mut headers = request.headers().get_all(header::HOST).iter();
        let Some(host) = headers.next() else {
            let optional = request.version() < hyper::Version::HTTP_11;
            return Err(if optional { HostError::Missing } else { HostError::Malformed });
        };
        if headers.next().is_some() {
            return Err(HostError::Malformed);
        }
        self.know(&Authority::try_from(host.as_bytes()).map_err(|_| HostError::Malformed)?)
    }

    /// The port does not matter: a tunnel or a proxy may have another one.
    fn know(&self, authority: &Authority) -> Result<(), HostError> {
        let host = authority.host();
        let bare = host.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(host);
        let known = bare.parse::<IpAddr>().is_ok() || self.names.contains(&normal(host));
        // RFC 9110 §4.2.4: a user name before the host is a trick to make one name look like another.
        if known && !authority.as_str().contains('@') {
            Ok(())
        } else {
            Err(HostError::Foreign(authority.to_string()))
        }
    }
}

/// Names compare without case, and without the dot of the root.
fn normal(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use hyper::Version;

    use super::*;

    fn judged(target: &str, version: Version, hosts: &[&str]) -> Result<(), HostError> {
        let mut request = Request::builder().uri(target).version(version);
        for host in hosts {
            request = request.header(header::HOST, *host);
        }
        let own = Hosts::new("Mail-1", &["page.example.com".to_owned()]);
        own.admit(&request.body(()).expect("a request"))
    }

    #[test]
    fn literals_localhost_and_the_machines_own_names_are_answered_on_any_port() {
        for host in [
            "127.0.0.1:9525",
            "127.0.0.1",
            "198.51.100.7:80",
            "[::1]:9525",
            "[2001:db8::1]",
            "localhost",
            "LocalHost.:1",
            "mail-1:9525",
            "MAIL-1",
            "page.example.com:443",
        ] {
            assert_eq!(judged("/", Version::HTTP_11, &[host]), Ok(()), "{host}");
        }
    }

    #[test]
    fn every_other_name_is_foreign() {
        for host in [
            "evil.example",
            "evil.example:9525",
            "localhost.evil.example",
            "mail-1.evil.example",
            "localhost@evil.example",
            "evil.example@localhost",
            "2130706433",
            "0x7f.1",
            "127.0.0.1.evil.example",
        ] {
            let foreign = Err(HostError::Foreign(host.to_owned()));
            assert_eq!(judged("/", Version::HTTP_11, &[host]), foreign, "{host}");
        }
    }

    #[test]
    fn a_request_names_its_host_exactly_once() {
        for hosts in [&[][..], &["localhost", "localhost"], &[""], &["a b"], &["[::1"], &["localhost/x"]] {
            assert_eq!(judged("/", Version::HTTP_11, hosts), Err(HostError::Malformed), "{hosts:?}");
        }
        assert_eq!(judged("/", Version::HTTP_10, &[]), Err(HostError::Missing));
    }

    #[test]
    fn an_absolute_target_is_judged_beside_the_header() {
        let judge = |target, host| judged(target, Version::HTTP_11, &[host]).is_ok();
        assert!(judge("http://127.0.0.1:9525/livez", "127.0.0.1:9525"));
        assert!(judge("http://[::1]/livez", "localhost"));
        assert!(!judge("http://evil.example/livez", "localhost"));
        assert!(!judge("http://localhost@evil.example/livez", "localhost"));
        assert!(!judge("http://localhost/livez", "evil.example"));
    }

    #[test]
    fn a_machine_without_a_name_is_not_called_by_none() {
        assert_eq!(Hosts::new("", &[]), Hosts { names: vec!["localhost".to_owned()] });
    }
}
