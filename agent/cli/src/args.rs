//! What can be typed. Values that depend on the configuration are judged later ([`crate::selection`],
//! [`crate::config::Overrides`]); whatever can be refused by looking at it is refused here.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ColorChoice, Parser, Subcommand, ValueEnum};
use sortie_core::target::{Family, Port};

use crate::config::{EngineChoice, Overrides, PortExpectation};

/// A check with one round needs a few seconds; one that is still at it after an hour has no reader any more.
const TIMEOUT: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(3_600);

/// Can mail leave this machine, and if not, who is stopping it?
#[derive(Clone, Debug, Parser)]
#[command(name = "sortie", version, about, propagate_version = false, arg_required_else_help = true)]
#[command(
    after_help = "Exit codes: 64 for a wrong command line, 70 for a failure of sortie itself, 78 for a wrong configuration."
)]
pub struct Cli {
    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: ColorChoice,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands of this version.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Probe once and say whether mail can leave this machine
    #[command(long_about = CHECK_LONG, after_long_help = CHECK_AFTER)]
    #[command(after_help = "Use --help for examples and exit codes.")]
    Check(Check),
    /// Probe for as long as it runs and log every change
    #[command(long_about = RUN_LONG, after_long_help = RUN_AFTER)]
    Run(Run),
}

const CHECK_LONG: &str = "\
Probe once and say whether mail can leave this machine.

Real TCP handshakes go to port 25 and 587 of several independent mail operators, and to a control beside each of \
them. One round is enough when servers answer; silence is confirmed before anybody is blamed. The result goes to \
stdout, progress to stderr.";

const CHECK_AFTER: &str = "\
Examples:
  sortie check                              both ports, built-in destinations
  sortie check --port 25 --family ipv4      one verdict
  sortie check mx.example.com               your own destination, port 25
  sortie check mx:example.com [2001:db8::1]:587
  sortie check --expect blocked             exit 0 when port 25 is blocked
  sortie check --format json | jq .verdicts

Exit codes:
  0  as expected, or open
  1  degraded: partial, throttled, refused or intercepted
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
    /// No progress on stderr
    #[arg(long, short)]
    pub quiet: bool,
}

const RUN_LONG: &str = "\
Probe for as long as it runs and log every change.

In a settled state each round asks one operator and its control, in turn; the moment it disagrees with the settled \
state, all of them are asked. SIGTERM and SIGINT end it cleanly.";

const RUN_AFTER: &str = "\
Examples:
  sortie run
  sortie run --config ./sortie.toml --log-level debug";

/// `sortie run`
#[derive(Args, Clone, Debug)]
pub struct Run {
    /// Configuration file [default: /etc/sortie/sortie.toml if it exists]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Which engine probes [default: from the configuration, else auto]
    #[arg(long, value_name = "ENGINE")]
    pub engine: Option<EngineChoice>,
    /// Time between two rounds, for example 60s or 5m [default: from the configuration, else 60s]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub interval: Option<Duration>,
    /// Least important messages to log
    #[arg(long, value_name = "LEVEL", default_value = "info")]
    pub log_level: LogLevel,
}

/// Faces of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Table,
    /// The whole report, schema sortie.report/1
    Json,
    /// One test case per port and family
    Junit,
}

/// What may be expected on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Expect {
    /// Mail should leave
    Open,
    /// Mail should be blocked
    Blocked,
    /// Either is right
    Any,
}

/// Importance of log messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogLevel {
    /// What sortie could not do
    Error,
    /// What is probably not as intended
    Warn,
    /// Every change of state
    #[default]
    Info,
    /// Every round
    Debug,
    /// Every packet
    Trace,
}

impl Check {
    /// The flags that beat the file.
    pub fn overrides(&self) -> Overrides {
        let named = |family: &Family| self.families.iter().any(|name| name == family.code());
        Overrides {
            engine: self.engine,
            families: Family::ALL.into_iter().filter(named).collect(),
            interval: None,
            port_25: self.expect.map(|expect| match expect {
                Expect::Open => PortExpectation::Open,
                Expect::Blocked => PortExpectation::Blocked,
                Expect::Any => PortExpectation::Any,
            }),
        }
    }
}

impl Run {
    /// The flags that beat the file.
    pub fn overrides(&self) -> Overrides {
        Overrides { engine: self.engine, interval: self.interval, ..Overrides::default() }
    }
}

fn port(text: &str) -> Result<Port, String> {
    text.parse().map_err(|_| "expected a number from 1 to 65535".to_owned())
}

fn duration(text: &str) -> Result<Duration, String> {
    let example = "expected a number and a unit, for example 500ms, 60s or 15m";
    humantime::parse_duration(text).map_err(|_| example.to_owned())
}

fn timeout(text: &str) -> Result<Duration, String> {
    let given = duration(text)?;
    let show = |d: &Duration| humantime::format_duration(*d).to_string();
    if TIMEOUT.contains(&given) {
        return Ok(given);
    }
    Err(format!("expected from {} to {}", show(TIMEOUT.start()), show(TIMEOUT.end())))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_tree_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn repeated_flags_add_up_and_families_keep_their_order() {
        let cli = Cli::try_parse_from([
            "sortie", "check", "--port", "25", "--port", "587", "--family", "ipv6", "--family", "ipv4",
        ]);
        let Ok(Cli { command: Command::Check(check), .. }) = cli else {
            panic!("a good command line was refused")
        };
        assert_eq!(check.ports, [Port::SMTP, Port::SUBMISSION]);
        assert_eq!(check.overrides().families, Family::ALL);
    }

    #[test]
    fn bad_values_are_refused_where_they_stand() {
        for flags in [
            ["--port", "0"],
            ["--port", "65536"],
            ["--family", "ipv5"],
            ["--timeout", "10"],
            ["--timeout", "0s"],
            ["--timeout", "2h"],
            ["--format", "xml"],
            ["--engine", "turbo"],
            ["--expect", "closed"],
        ] {
            assert!(Cli::try_parse_from(["sortie", "check"].into_iter().chain(flags)).is_err(), "{flags:?}");
        }
    }
}
