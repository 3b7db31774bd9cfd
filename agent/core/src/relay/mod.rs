//! Relays: the submission servers that this machine hands its mail to, asked in one polite conversation.
//!
//! ```text
//! resolve ─▶ connect ─▶ greeting ─▶ ehlo ─▶ starttls ─▶ certificate ─▶ ehlo_tls ─▶ auth_offered ─▶ quit
//!                      └─────────────────── steps ──────────────────▶ judge ─▶ usable · degraded · unusable
//! ```
//!
//! A [`Conversation`] is what was seen, without opinion; [`judge`] alone says what it means. Whoever speaks TLS from the
//! first byte has no `ehlo` before it, and greets afterwards; whoever speaks none stops at `ehlo`. Nothing here is evidence
//! about a port: one server convicts nobody.

mod judge;

use std::net::IpAddr;
use std::time::Duration;

use crate::errno::Errno;
use crate::observation::DnsFailure;
use crate::smtp::Reply;
use crate::target::Address;

pub use self::judge::{Judged, Judgement, judge};

/// A certificate is renewed a month before its end (Let's Encrypt, ACME clients): one that is this near to it was forgotten.
pub const EXPIRES_SOON_DAYS: i64 = 14;

/// How TLS begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsMode {
    /// By STARTTLS (RFC 3207).
    StartTls,
    /// From the first byte (RFC 8314).
    Implicit,
    /// Never.
    None,
}

/// Where a conversation can fail: a closed vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The name has an address.
    Resolve,
    /// A handshake of TCP is completed.
    Connect,
    /// The server says who it is.
    Greeting,
    /// It says what it offers in the clear.
    Ehlo,
    /// TLS begins, by the command or from the first byte.
    StartTls,
    /// The server is who it is meant to be.
    Certificate,
    /// It says what it offers under TLS.
    EhloTls,
    /// There is a way to log in, and only a safe one.
    AuthOffered,
    /// It says goodbye.
    Quit,
}

impl Stage {
    /// Every stage, in order.
    pub const ALL: [Self; 9] = [
        Self::Resolve,
        Self::Connect,
        Self::Greeting,
        Self::Ehlo,
        Self::StartTls,
        Self::Certificate,
        Self::EhloTls,
        Self::AuthOffered,
        Self::Quit,
    ];

    /// The word in reports.
    pub fn code(self) -> &'static str {
        match self {
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::Greeting => "greeting",
            Self::Ehlo => "ehlo",
            Self::StartTls => "starttls",
            Self::Certificate => "certificate",
            Self::EhloTls => "ehlo_tls",
            Self::AuthOffered => "auth_offered",
            Self::Quit => "quit",
        }
    }
}

/// Whether mail can be handed over: a closed vocabulary, the order is that of alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Usability {
    /// Nothing is in the way.
    Usable,
    /// Mail can be handed over, and something is not as it should be.
    Degraded,
    /// No careful client hands mail over.
    Unusable,
}

impl Usability {
    /// Every result.
    pub const ALL: [Self; 3] = [Self::Usable, Self::Degraded, Self::Unusable];

    /// The word in reports, metrics and events.
    pub fn code(self) -> &'static str {
        match self {
            Self::Usable => "usable",
            Self::Degraded => "degraded",
            Self::Unusable => "unusable",
        }
    }
}

/// What was seen of one relay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversation {
    /// As configured.
    pub address: Address,
    /// As configured.
    pub tls: TlsMode,
    /// In the order in which they were made; the last one is where it ended.
    pub steps: Vec<Step>,
}

/// One step of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Which.
    pub stage: Stage,
    /// How long it took.
    pub took: Duration,
    /// What came of it.
    pub seen: Seen,
}

/// What came of a step. Texts that came from outside are printable and short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// The name has these addresses.
    Resolved(Vec<IpAddr>),
    /// It has none.
    Unresolved(DnsFailure),
    /// The handshake with this address was completed.
    Connected(IpAddr),
    /// None was, with any of these addresses.
    NotConnected(Vec<(IpAddr, Miss)>),
    /// One whole reply.
    Replied(Reply),
    /// The beginning of something that is no SMTP.
    NotSmtp(String),
    /// No whole answer within the time of the step.
    Silent,
    /// The server ended the connection.
    Closed,
    /// The connection broke.
    Broken(Errno),
    /// STARTTLS was not among the server's offers, and was not asked for.
    NotOffered,
    /// Bytes stood behind the server's consent to STARTTLS, in the clear, and would have been taken for its own.
    Injected(usize),
    /// TLS has begun.
    Secured {
        /// `TLSv1.3`
        version: String,
        /// By its IANA name.
        cipher: String,
    },
    /// It has not, and why.
    NotSecured(String),
    /// What the server showed of itself under TLS.
    Presented(Certificate),
}

/// Why an address was not connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Miss {
    /// No answer in time.
    Silent,
    /// A reset.
    Refused,
    /// What the kernel said otherwise.
    Failed(Errno),
}

/// A certificate, as far as it tells who the server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Its common name, else its first DNS name; `None` where it cannot be read.
    pub subject: Option<String>,
    /// Whether this machine trusts it, whatever name is on it.
    pub trust: Trust,
    /// Whether the configured name is on it.
    pub name_matches: bool,
    /// Whole days until its end, below zero when that is over; `None` where it cannot be read.
    pub expires_in_days: Option<i64>,
}

/// Whether this machine trusts a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// An authority of this machine's list stands behind it.
    Trusted,
    /// None does.
    UnknownIssuer,
    /// Its time, or that of one in its chain, is over.
    Expired,
    /// Its time has not begun.
    NotYetValid,
    /// Something else is wrong with it.
    Broken(String),
    /// The list of this machine is empty, so nobody can say.
    NoRoots,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_told_apart() {
        let stages: std::collections::BTreeSet<_> = Stage::ALL.map(Stage::code).into();
        assert_eq!(stages.len(), Stage::ALL.len());
        assert!(Usability::ALL.is_sorted(), "the order is that of alarm");
    }
}
