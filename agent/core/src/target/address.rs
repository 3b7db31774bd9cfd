//! Addresses as people write them.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use super::{Port, TargetError};

/// Longest host name (RFC 1035 §2.3.4, presentation form without the trailing dot).
const NAME_MAX: usize = 253;

/// Where an address comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Host {
    /// An address as it stands.
    Literal(IpAddr),
    /// A name, resolved to every A and AAAA record.
    Name(String),
    /// The mail exchangers of a domain (RFC 5321 §5.1).
    Mx(String),
}

/// A destination as people write it: `host:port`, `192.0.2.1:25`, `[2001:db8::1]:25`, `mx:example.com:25`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    /// Name, literal or mail domain.
    pub host: Host,
    /// Port on that host.
    pub port: Port,
}

impl Address {
    /// Parses an address whose port may be left out.
    pub fn parse(text: &str, default_port: Option<Port>) -> Result<Self, TargetError> {
        let bad = || TargetError::Address(text.escape_debug().to_string());
        let (mx, rest) = match text.strip_prefix("mx:") {
            // `mx:25` is port 25 of a host that is called mx, since no domain is a number.
            Some(rest) if rest.parse::<u16>().is_err() => (true, rest),
            _ => (false, text),
        };
        // A bare IPv6 literal has colons of its own and no port.
        let (host, port) = if let Ok(ip) = rest.parse::<IpAddr>() {
            (ip.to_string(), None)
        } else if let Some(inner) = rest.strip_prefix('[') {
            let (literal, after) = inner.split_once(']').ok_or_else(bad)?;
            let ip: std::net::Ipv6Addr = literal.parse().map_err(|_| bad())?;
            let port = match after {
                "" => None,
                _ => Some(after.strip_prefix(':').ok_or_else(bad)?),
            };
            (ip.to_string(), port)
        } else {
            match rest.rsplit_once(':') {
                Some((host, port)) => (host.to_owned(), Some(port)),
                None => (rest.to_owned(), None),
            }
        };
        let port = match port {
            Some(port) => port.parse()?,
            None => default_port.ok_or_else(|| TargetError::NoPort(text.to_owned()))?,
        };
        let host = match host.parse::<IpAddr>() {
            Ok(_) if mx => return Err(bad()),
            Ok(ip) => Host::Literal(ip.to_canonical()),
            Err(_) => {
                let name = host.trim_end_matches('.').to_ascii_lowercase();
                if !is_host_name(&name) {
                    return Err(bad());
                }
                if mx { Host::Mx(name) } else { Host::Name(name) }
            }
        };
        Ok(Self { host, port })
    }

    /// The host as written, without port.
    pub fn host_text(&self) -> String {
        match &self.host {
            Host::Literal(ip) => ip.to_string(),
            Host::Name(name) => name.clone(),
            Host::Mx(domain) => format!("mx:{domain}"),
        }
    }
}

impl FromStr for Address {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        Self::parse(text, None)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Literal(IpAddr::V6(ip)) => write!(f, "[{ip}]:{}", self.port),
            _ => write!(f, "{}:{}", self.host_text(), self.port),
        }
    }
}

/// RFC 1123 §2.1 letters, digits and hyphens, with the underscore that real zones carry.
fn is_host_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= NAME_MAX
        // All digits and dots is a mistyped IPv4 literal, never a name (RFC 1123 §2.1).
        && name.bytes().any(|b| b.is_ascii_alphabetic())
        && name.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Result<String, String> {
        Address::parse(text, Some(Port::SMTP)).map(|a| a.to_string()).map_err(|e| e.to_string())
    }

    #[test]
    fn addresses_read_back_as_written() {
        for (text, expected) in [
            ("gmail-smtp-in.l.google.com:25", "gmail-smtp-in.l.google.com:25"),
            ("MX.Example.COM.:587", "mx.example.com:587"),
            ("192.0.2.1:2525", "192.0.2.1:2525"),
            ("192.0.2.1", "192.0.2.1:25"),
            ("[2001:db8::1]:587", "[2001:db8::1]:587"),
            ("[2001:db8::1]", "[2001:db8::1]:25"),
            ("2001:db8::1", "[2001:db8::1]:25"),
            ("[::ffff:192.0.2.1]:25", "192.0.2.1:25"),
            ("mx:example.com:25", "mx:example.com:25"),
            ("mx:example.com", "mx:example.com:25"),
            ("mx", "mx:25"),
            ("mx:587", "mx:587"),
        ] {
            assert_eq!(address(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn addresses_that_name_nothing_are_refused() {
        for text in [
            "",
            ":25",
            "host:",
            "host:0",
            "host:65536",
            "host:25x",
            "ho st:25",
            "-a.example:25",
            "a..b:25",
            "[2001:db8::1:25",
            "[192.0.2.1]:25",
            "[2001:db8::1]25",
            "mx:192.0.2.1:25",
            "1.2.3:25",
            "\u{1b}[31m:25",
            "999.1.1.1:25",
        ] {
            assert!(address(text).is_err(), "{text:?} was accepted");
        }
    }
}
