//! What is probed: operators, addresses and roles, parsed once and never invalid afterwards.
//!
//! Independence is counted in operators (the organisation that runs a destination), never in addresses. A control
//! is the same operator or host on another port, so that its silence says "this destination is gone" and its answer
//! says "the way to it is open".

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::IpAddr;
use std::num::NonZeroU16;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Fewest independent operators with which anybody is convicted.
///
/// With two, one dead destination is half of the evidence (facts: P(two of five dead) is 10⁻³, three 10⁻⁵).
pub const MIN_OPERATORS: usize = 3;

/// Longest operator name that is accepted, in characters: it becomes a column of a table.
const OPERATOR_MAX: usize = 64;

/// Longest host name (RFC 1035 §2.3.4, presentation form without the trailing dot).
const NAME_MAX: usize = 253;

/// A TCP port, never zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Port(NonZeroU16);

impl Port {
    /// Mail between servers (RFC 5321 §4.5.4.2).
    pub const SMTP: Self = Self(NonZeroU16::new(25).expect("25 is not zero"));
    /// Message submission (RFC 6409 §3.1).
    pub const SUBMISSION: Self = Self(NonZeroU16::new(587).expect("587 is not zero"));

    /// The port, unless the number is zero.
    pub fn new(number: u16) -> Option<Self> {
        NonZeroU16::new(number).map(Self)
    }

    /// The number on the wire.
    pub fn number(self) -> u16 {
        self.0.get()
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Port {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        text.parse().map(Self).map_err(|_| TargetError::Port(text.to_owned()))
    }
}

/// The IP family; every verdict belongs to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// IPv4
    Ipv4,
    /// IPv6
    Ipv6,
}

impl Family {
    /// Both families, in the order in which people expect them.
    pub const ALL: [Self; 2] = [Self::Ipv4, Self::Ipv6];

    /// The family of an address. A v4-mapped IPv6 address leaves the machine as IPv4.
    pub fn of(ip: IpAddr) -> Self {
        match ip.to_canonical() {
            IpAddr::V4(_) => Self::Ipv4,
            IpAddr::V6(_) => Self::Ipv6,
        }
    }

    /// The word of the closed vocabulary (`network.type`).
    pub fn code(self) -> &'static str {
        match self {
            Self::Ipv4 => "ipv4",
            Self::Ipv6 => "ipv6",
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ipv4 => "IPv4",
            Self::Ipv6 => "IPv6",
        })
    }
}

/// Why an address is probed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The port under test.
    Subject,
    /// A subject known to accept from anywhere.
    Anchor,
    /// Same operator or host, another port.
    Control,
}

impl Role {
    /// Whether the observation speaks about the port under test.
    pub fn is_subject(self) -> bool {
        matches!(self, Self::Subject | Self::Anchor)
    }
}

/// The organisation that runs a destination.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Operator(String);

impl Operator {
    /// An operator's name: one to 64 printable characters.
    pub fn new(name: &str) -> Result<Self, TargetError> {
        let name = name.trim();
        let printable = name.chars().all(|c| !c.is_control());
        if name.is_empty() || name.chars().count() > OPERATOR_MAX || !printable {
            return Err(TargetError::Operator(name.escape_debug().to_string()));
        }
        Ok(Self(name.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

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

/// One subject of one operator, with the control that makes its silence mean something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    operator: Operator,
    address: Address,
    control: Option<Address>,
    anchor: bool,
}

impl Target {
    /// A target, unless the control could not control anything.
    pub fn new(
        operator: Operator,
        address: Address,
        control: Option<Address>,
        anchor: bool,
    ) -> Result<Self, TargetError> {
        if let Some(control) = &control
            && control.port == address.port
        {
            return Err(if *control == address {
                TargetError::ControlIsSubject(address)
            } else {
                TargetError::ControlSamePort { subject: address, control: control.clone() }
            });
        }
        Ok(Self { operator, address, control, anchor })
    }

    /// Who runs it.
    pub fn operator(&self) -> &Operator {
        &self.operator
    }

    /// The address under test.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The same operator on another port, where one is known.
    pub fn control(&self) -> Option<&Address> {
        self.control.as_ref()
    }

    /// [`Role::Anchor`] or [`Role::Subject`].
    pub fn role(&self) -> Role {
        if self.anchor { Role::Anchor } else { Role::Subject }
    }
}

/// Everything that one agent probes: at least one target, and the controls that belong to nobody's mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roster {
    targets: Vec<Target>,
    globals: Vec<Address>,
}

impl Roster {
    /// A roster, unless two entries contradict each other.
    ///
    /// Fewer than [`MIN_OPERATORS`] operators are accepted: the verdict then says that it can convict nobody.
    pub fn new(targets: Vec<Target>, globals: Vec<Address>) -> Result<Self, TargetError> {
        if targets.is_empty() {
            return Err(TargetError::NoTargets);
        }
        let mut seen: BTreeMap<&Address, &Operator> = BTreeMap::new();
        for target in &targets {
            match seen.insert(&target.address, &target.operator) {
                Some(other) if other == &target.operator => {
                    return Err(TargetError::Twice(target.address.clone()));
                }
                Some(other) => {
                    return Err(TargetError::SharedAddress {
                        address: target.address.clone(),
                        first: other.clone(),
                        second: target.operator.clone(),
                    });
                }
                None => {}
            }
        }
        Ok(Self { targets, globals })
    }

    /// The targets in the order of the configuration.
    pub fn targets(&self) -> &[Target] {
        &self.targets
    }

    /// Controls outside mail, for example a web server of a large operator.
    pub fn globals(&self) -> &[Address] {
        &self.globals
    }

    /// The ports under test, ascending.
    pub fn ports(&self) -> Vec<Port> {
        self.targets.iter().map(|t| t.address.port).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// The operators that have a subject on `port`, in name order.
    pub fn operators(&self, port: Port) -> Vec<&Operator> {
        let on_port = self.targets.iter().filter(|t| t.address.port == port);
        on_port.map(Target::operator).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// The same roster with only those targets that `keep` accepts.
    pub fn retain(&self, keep: impl Fn(&Target) -> bool) -> Result<Self, TargetError> {
        Self::new(self.targets.iter().filter(|t| keep(t)).cloned().collect(), self.globals.clone())
    }
}

/// Why a target or a roster was refused. The texts finish the sentence "this configuration is refused: …".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// Not `host:port`, a literal, or `mx:domain:port`.
    #[error("`{0}` is no address: expected host:port, 192.0.2.1:25, [2001:db8::1]:25 or mx:example.com:25")]
    Address(String),
    /// An address without port where none is implied.
    #[error("`{0}` has no port: expected host:port")]
    NoPort(String),
    /// Not a number from 1 to 65535.
    #[error("`{0}` is no port: expected a number from 1 to 65535")]
    Port(String),
    /// Empty, too long, or with control characters.
    #[error("`{0}` is no operator: expected a name of 1 to 64 printable characters")]
    Operator(String),
    /// The subject as its own control.
    #[error("the control of {0} is the subject itself: a control is another port of the same operator")]
    ControlIsSubject(Address),
    /// A control on the port under test is stopped by the same block.
    #[error("the control {control} of {subject} is on the port under test: a block would stop both")]
    ControlSamePort {
        /// The port under test.
        subject: Address,
        /// The control on the same port.
        control: Address,
    },
    /// The same subject listed twice for one operator.
    #[error("{0} is listed twice")]
    Twice(Address),
    /// One address under two operators counts as one destination, not two.
    #[error("{address} is listed for {first} and for {second}: independence is counted in operators")]
    SharedAddress {
        /// The address in question.
        address: Address,
        /// Who has it first.
        first: Operator,
        /// Who has it again.
        second: Operator,
    },
    /// Nothing to probe.
    #[error("there is no target to probe")]
    NoTargets,
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

    #[test]
    fn a_control_on_the_port_under_test_is_refused() {
        let operator = Operator::new("google").expect("valid");
        let at = |text: &str| text.parse::<Address>().expect("valid");
        let target = |control| Target::new(operator.clone(), at("a.example:25"), Some(control), false);
        assert!(matches!(target(at("a.example:25")), Err(TargetError::ControlIsSubject(_))));
        assert!(matches!(target(at("b.example:25")), Err(TargetError::ControlSamePort { .. })));
        assert!(target(at("b.example:587")).is_ok());
    }

    #[test]
    fn one_address_cannot_be_two_operators() {
        let target = |operator: &str| {
            let operator = Operator::new(operator).expect("valid");
            Target::new(operator, "a.example:25".parse().expect("valid"), None, false).expect("valid")
        };
        assert!(matches!(
            Roster::new(vec![target("a"), target("b")], vec![]),
            Err(TargetError::SharedAddress { .. })
        ));
        assert!(matches!(Roster::new(vec![target("a"), target("a")], vec![]), Err(TargetError::Twice(_))));
        assert!(matches!(Roster::new(vec![], vec![]), Err(TargetError::NoTargets)));
    }
}
