//! `sortie check`

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use sortie_core::target::{Family, Port};

use super::{Expect, Format, duration, port};
use crate::config::{EngineChoice, Overrides, PortExpectation};

/// A check with one round needs a few seconds; one that is still at it after an hour has no reader any more.
const TIMEOUT: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(3_600);

pub(super) const LONG: &str = "\
Probe once and say whether mail can leave this machine.

Real TCP handshakes go to port 25 and 587 of several independent mail operators, and to a control beside each of \
them. One round is enough when servers answer; silence is confirmed before anybody is blamed. Meanwhile the \
configured relays are spoken to, as far as a mail program would go before it shows a password; not where destinations \
or other ports are named. The result goes to stdout, progress to stderr.";

pub(super) const AFTER: &str = "\
Examples:
  sortie check                              both ports, built-in destinations
  sortie check --port 25 --family ipv4      one verdict
  sortie check mx.example.com               your own destination, port 25
  sortie check mx:example.com [2001:db8::1]:587
  sortie check --expect blocked             exit 0 when port 25 is blocked
  sortie check --format json | jq .verdicts

Exit codes:
  0  as expected, or open
  1  degraded: partial, throttled, refused or intercepted, or a required relay is unusable
  2  blocked against expectation, or open against it
  3  unknown: nothing leaves this machine, or there was too little evidence
  64 wrong command line, 70 failure of sortie itself, 78 wrong configuration";

/// `sortie check`
#[expect(clippy::doc_markdown, reason = "the help shows these words as they stand")]
#[derive(Args, Clone, Debug)]
pub struct Check {
    /// Destinations: host:port, 192.0.2.1:25, [2001:db8::1]:25 or mx:example.com:25
    ///
    /// Without a port --port decides, else 25. Without any address the configured destinations are probed, else the
    /// built-in ones. With fewer than three independent operators nobody is convicted.
    #[arg(value_name = "ADDRESS")]
    pub addresses: Vec<String>,
    /// How the result is written
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub format: Format,
    /// Show every packet sent and received, and the rules and weights that were applied
    #[arg(long)]
    pub explain: bool,
    /// Which engine probes [default: from the configuration, else auto]
    #[arg(long, value_name = "ENGINE")]
    pub engine: Option<EngineChoice>,
    /// Configuration file [default: /etc/sortie/sortie.toml if it exists]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Port of addresses that have none; without addresses, the port to give a verdict for (repeatable)
    #[arg(long = "port", value_name = "PORT", value_parser = port)]
    pub ports: Vec<Port>,
    /// IP family to probe (repeatable) [default: from the configuration, else both]
    #[arg(long = "family", value_name = "FAMILY", value_parser = ["ipv4", "ipv6"])]
    pub families: Vec<String>,
    /// Longest time for the whole check; what is not known by then is said to be unknown
    #[arg(long, value_name = "DURATION", value_parser = timeout)]
    pub timeout: Option<Duration>,
    /// What is right for port 25 [default: from the configuration]
    #[arg(long, value_name = "STATE")]
    pub expect: Option<Expect>,
    /// Judge at the pace of a demonstration: only for a network in which nothing is lost and nothing is far
    #[arg(long, hide = true)]
    pub demonstration: bool,
    /// No progress on stderr
    #[arg(long, short)]
    pub quiet: bool,
}

impl Check {
    /// The flags that beat the file.
    pub fn overrides(&self) -> Overrides {
        let named = |family: &Family| self.families.iter().any(|name| name == family.code());
        Overrides {
            engine: self.engine,
            families: Family::ALL.into_iter().filter(named).collect(),
            demonstration: self.demonstration,
            port_25: self.expect.map(|expect| match expect {
                Expect::Open => PortExpectation::Open,
                Expect::Blocked => PortExpectation::Blocked,
                Expect::Any => PortExpectation::Any,
            }),
            ..Overrides::default()
        }
    }
}

fn timeout(text: &str) -> Result<Duration, String> {
    let given = duration(text)?;
    let show = |d: &Duration| humantime::format_duration(*d).to_string();
    if TIMEOUT.contains(&given) {
        return Ok(given);
    }
    Err(format!("expected from {} to {}", show(TIMEOUT.start()), show(TIMEOUT.end())))
}
