//! What a step showed, as one sentence without a full stop.

use std::fmt;
use std::net::IpAddr;

use crate::observation::DnsFailure;
use crate::relay::{Miss, Seen, Stage, Step};
use crate::smtp::{Reply, is_masked};

/// A step in words.
pub(super) struct Sentence<'a>(pub(super) &'a Step);

impl fmt::Display for Sentence<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Step { stage, took, seen } = self.0;
        match seen {
            Seen::Resolved(addresses) => f.write_str(&listed(addresses.iter().map(IpAddr::to_string))),
            Seen::Unresolved(failure) => f.write_str(unresolved(*failure)),
            Seen::Connected(ip) => write!(f, "{ip} answered"),
            Seen::NotConnected(misses) => f.write_str(&listed(misses.iter().map(missed))),
            Seen::Replied(reply) => replied(f, *stage, reply),
            Seen::NotSmtp(text) => write!(f, "what answers does not speak SMTP: {text:?}"),
            Seen::Silent => write!(f, "no answer within {:.1} s", took.as_secs_f64()),
            Seen::Closed => f.write_str("the server closed the connection"),
            Seen::Broken(errno) => write!(f, "the connection broke: {errno}"),
            Seen::NotOffered => f.write_str("STARTTLS is not offered"),
            Seen::Injected(bytes) => write!(
                f,
                "{bytes} bytes in the clear followed the consent to STARTTLS: somebody injects commands"
            ),
            Seen::Secured { version, cipher } => write!(f, "{version}, {cipher}"),
            Seen::NotSecured(why) => write!(f, "TLS does not begin: {why}"),
            Seen::Presented(certificate) => {
                f.write_str(&self::certificate(certificate.subject.as_deref(), certificate.expires_in_days))
            }
        }
    }
}

/// A certificate that nothing is wrong with.
pub(super) fn certificate(subject: Option<&str>, expires_in_days: Option<i64>) -> String {
    let subject = subject.unwrap_or("no name that can be read");
    let until = expires_in_days.map(|left| format!(", expires in {}", days(left))).unwrap_or_default();
    format!("{subject}, trusted{until}")
}

/// `1 day`, `61 days`.
pub(super) fn days(number: i64) -> String {
    format!("{number} {}", if number == 1 { "day" } else { "days" })
}

fn replied(f: &mut fmt::Formatter<'_>, stage: Stage, Reply { code, text, .. }: &Reply) -> fmt::Result {
    let asked = match stage {
        Stage::Greeting if is_masked(text) => "a device on the way has masked the greeting: ",
        Stage::Greeting if *code != 220 => "the server turns this machine away: ",
        Stage::Ehlo | Stage::EhloTls if *code != 250 => "EHLO is refused: ",
        Stage::StartTls => "STARTTLS is refused: ",
        _ => "",
    };
    write!(f, "{asked}{code} {text}")
}

fn unresolved(failure: DnsFailure) -> &'static str {
    match failure {
        DnsFailure::NxDomain => "the name does not exist",
        DnsFailure::NoData => "the name has no address",
        DnsFailure::ServFail => "the name server failed to find the name",
        DnsFailure::Refused => "the name server refused the question",
        DnsFailure::Timeout => "no name server answered",
        DnsFailure::Broken => "no name server is configured, or its answer could not be read",
        DnsFailure::Bogus => "the name leads to an address that no server on the internet can have",
    }
}

fn missed((ip, miss): &(IpAddr, Miss)) -> String {
    match miss {
        Miss::Silent => format!("{ip} did not answer"),
        Miss::Refused => format!("{ip} refused the connection"),
        Miss::Failed(errno) => format!("{ip} could not be reached: {errno}"),
    }
}

fn listed(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(", ")
}
