//! `sortie verify`

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use clap::{Args, ValueEnum};
use sortie_core::expect::Expectation;
use sortie_core::target::{Family, Port};

use super::{port, subscription, within};
use crate::config::{EngineChoice, Overrides};
use crate::prometheus::Header;

/// None at all where one look is enough; who wants to see more than a day of it runs the agent.
const SOAK: RangeInclusive<Duration> = Duration::ZERO..=Duration::from_secs(86_400);
/// Thirty looks of one operator, which a throttle does not survive.
const SOAK_USUAL: Duration = Duration::from_secs(600);
/// One round needs a second or two where servers answer; an exemption that is not there after a week has been forgotten.
const DEADLINE: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(7 * 86_400);

pub(super) const LONG: &str = "\
Wait until an exemption takes effect, and say what stands in its way if it does not.

The destinations are asked again and again until port 25 is open, and go on to be asked for as long as it has to stay \
so. At the deadline the reason is told: the machine has not been deallocated since, its traffic does not go straight \
to the internet, a security group denies the port, the destinations refuse, this machine's own firewall stops it, or \
the platform still does. With --prometheus it is a whole subscription that is waited for, as its agents report. The \
result goes to stdout, progress to stderr.";

pub(super) const AFTER: &str = "\
Examples:
  sortie verify                                        wait up to 2 hours until port 25 is open for 10 minutes
  sortie verify --since 2026-11-26T09:00:00Z           the moment of the exemption: who booted before it must be deallocated
  sortie verify --for 0s --deadline 1m                 one look, for a script
  sortie verify --format junit > verify.xml            for a pipeline
  sortie verify --expect blocked --for 5m              a block that is meant to be
  sortie verify --prometheus https://prometheus.example --subscription 5b1d2f34-9c1e-4f6e-8f0f-2f6c1d9a7e10

Exit codes:
  0  as expected for as long as was asked
  1  degraded at the deadline: partial, throttled, refused or intercepted, or as expected only now and then
  2  blocked at the deadline, or open against expectation
  3  unknown: nothing leaves this machine, there was too little evidence or time, or agents are silent
  64 wrong command line, 70 failure of sortie itself, 78 wrong configuration, 130 interrupted";

/// `sortie verify`
#[derive(Args, Clone, Debug)]
pub struct Verify {
    /// What is waited for
    #[arg(long, value_name = "STATE", default_value = "open")]
    pub expect: Goal,
    /// When the exemption was granted, RFC 3339, for example 2026-11-26T09:00:00Z
    #[arg(long, value_name = "TIME", value_parser = since)]
    pub since: Option<SystemTime>,
    /// How long it has to stay as expected [default: 10m, or half of the deadline where that is shorter]
    #[arg(long = "for", value_name = "DURATION", value_parser = soak)]
    pub soak: Option<Duration>,
    /// How long to wait at the most; a judgement that was begun is finished
    #[arg(long, value_name = "DURATION", default_value = "2h", value_parser = deadline)]
    pub deadline: Duration,
    /// How the result is written
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub format: VerifyFormat,
    /// The port to verify
    #[arg(long, value_name = "PORT", default_value = "25", value_parser = port)]
    pub port: Port,
    /// IP family to verify (repeatable) [default: from the configuration, else both]
    #[arg(long = "family", value_name = "FAMILY", value_parser = ["ipv4", "ipv6"])]
    pub families: Vec<String>,
    /// Which engine probes [default: from the configuration, else auto]
    #[arg(long, value_name = "ENGINE", conflicts_with = "prometheus")]
    pub engine: Option<EngineChoice>,
    /// Configuration file [default: /etc/sortie/sortie.toml if it exists]
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, conflicts_with = "prometheus")]
    pub config: Option<PathBuf>,
    /// Ask a Prometheus API what the agents of a subscription report, instead of probing
    #[arg(long, value_name = "URL", requires = "subscription")]
    pub prometheus: Option<String>,
    /// The subscription whose machines are waited for
    #[arg(long, value_name = "ID", requires = "prometheus", value_parser = subscription)]
    pub subscription: Option<String>,
    /// File with the token for the Prometheus API
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, requires = "prometheus")]
    pub bearer_token_file: Option<PathBuf>,
    /// A header of every question to the Prometheus API, such as the tenant X-Scope-OrgID=mail (repeatable)
    #[arg(long = "header", value_name = "NAME=VALUE", requires = "prometheus")]
    pub headers: Vec<Header>,
    /// Judge at the pace of a demonstration: only for a network in which nothing is lost and nothing is far
    #[arg(long, hide = true, conflicts_with = "prometheus")]
    pub demonstration: bool,
    /// No progress on stderr
    #[arg(long, short)]
    pub quiet: bool,
}

/// Faces of a verification.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum VerifyFormat {
    /// For people
    #[default]
    Table,
    /// For programs, schema sortie.verification/1
    Json,
    /// One test case for each port and family, or for each machine of a subscription
    Junit,
}

/// What may be waited for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Goal {
    /// Mail leaves
    #[default]
    Open,
    /// Mail is stopped
    Blocked,
}

impl Goal {
    /// As verdicts are compared with it.
    pub fn expectation(self) -> Expectation {
        match self {
            Self::Open => Expectation::Open,
            Self::Blocked => Expectation::Blocked,
        }
    }
}

/// Flags that contradict each other. A usage error: the exit code is 64.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// It could never be seen for long enough.
    #[error(
        "--for {} is longer than --deadline {}: it could never be seen for so long",
        humantime::format_duration(*.soak),
        humantime::format_duration(*.deadline)
    )]
    SoakBeyondDeadline {
        /// As given.
        soak: Duration,
        /// As given.
        deadline: Duration,
    },
}

impl Verify {
    /// Refuses what cannot be fulfilled.
    pub fn check(&self) -> Result<(), VerifyError> {
        let (soak, deadline) = (self.soak(), self.deadline);
        if soak > deadline { Err(VerifyError::SoakBeyondDeadline { soak, deadline }) } else { Ok(()) }
    }

    /// How long it has to stay as expected.
    pub fn soak(&self) -> Duration {
        self.soak.unwrap_or(SOAK_USUAL.min(self.deadline / 2))
    }

    /// The families that were named, in their usual order; none where it is for the configuration to say.
    pub fn families(&self) -> Vec<Family> {
        let named = |family: &Family| self.families.iter().any(|name| name == family.code());
        Family::ALL.into_iter().filter(named).collect()
    }

    /// The flags that beat the file.
    pub fn overrides(&self) -> Overrides {
        Overrides {
            engine: self.engine,
            families: self.families(),
            demonstration: self.demonstration,
            ..Overrides::default()
        }
    }
}

/// A moment that has been, in RFC 3339 with any offset from UTC.
fn since(text: &str) -> Result<SystemTime, String> {
    let wrong =
        || "expected a moment of RFC 3339, for example 2026-11-26T09:00:00Z or 2026-11-26T10:00:00+01:00";
    let at = moment(text).ok_or_else(|| wrong().to_owned())?;
    if at > SystemTime::now() {
        return Err("it lies in the future, by the clock of this machine".to_owned());
    }
    Ok(at)
}

fn moment(text: &str) -> Option<SystemTime> {
    if let Ok(at) = humantime::parse_rfc3339(text) {
        return Some(at);
    }
    // RFC 3339 §5.6: time-numoffset = ("+" / "-") time-hour ":" time-minute
    let (local, offset) = text.split_at_checked(text.len().checked_sub("+00:00".len())?)?;
    let (sign, offset) = offset.split_at_checked(1)?;
    let (hours, minutes) = offset.split_once(':')?;
    let number = |digits: &str, below: u64| {
        let is_number = digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit());
        digits.parse::<u64>().ok().filter(|n| is_number && *n < below)
    };
    let offset = Duration::from_secs(number(hours, 24)? * 3_600 + number(minutes, 60)? * 60);
    let local = humantime::parse_rfc3339(&format!("{local}Z")).ok()?;
    match sign {
        "+" => local.checked_sub(offset),
        "-" => local.checked_add(offset),
        _ => None,
    }
}

fn soak(text: &str) -> Result<Duration, String> {
    within(&SOAK, text)
}

fn deadline(text: &str) -> Result<Duration, String> {
    within(&DEADLINE, text)
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::super::{Cli, Command};
    use super::*;

    fn parsed(flags: &[&str]) -> Result<Verify, String> {
        let cli = Cli::try_parse_from(["sortie", "verify"].iter().chain(flags));
        match cli.map_err(|error| error.to_string())?.command {
            Command::Verify(verify) => Ok(verify),
            other => Err(format!("{other:?}")),
        }
    }

    #[test]
    fn without_flags_port_25_has_to_be_open_for_ten_minutes_within_two_hours() {
        let verify = parsed(&[]).expect("every flag has a default");
        assert_eq!((verify.expect, verify.port, verify.since), (Goal::Open, Port::SMTP, None));
        assert_eq!((verify.soak().as_secs(), verify.deadline.as_secs()), (600, 7_200));
        let short = parsed(&["--deadline", "1m"]).expect("nothing contradicts it");
        assert_eq!((short.soak().as_secs(), short.check()), (30, Ok(())));
        assert_eq!(verify.check(), Ok(()));
    }

    #[test]
    fn a_moment_may_have_any_offset() {
        let at = |text| since(text).map(|at| humantime::format_rfc3339_seconds(at).to_string());
        for (text, utc) in [
            ("2025-11-26T09:00:00Z", "2025-11-26T09:00:00Z"),
            ("2025-11-26T09:00:00.250Z", "2025-11-26T09:00:00Z"),
            ("2025-11-26T09:00:00+01:00", "2025-11-26T08:00:00Z"),
            ("2025-11-26T22:30:00-05:30", "2025-11-27T04:00:00Z"),
        ] {
            assert_eq!(at(text), Ok(utc.to_owned()), "{text}");
        }
    }

    #[test]
    fn bad_values_and_combinations_are_refused_where_they_stand() {
        for flags in [
            &["--since", "yesterday"][..],
            &["--since", "2025-11-26"],
            &["--since", "2025-11-26T09:00:00"],
            &["--since", "2025-11-26T09:00:00+1:00"],
            &["--since", "2025-11-26T09:00:00+24:00"],
            &["--since", "2025-11-26T09:00:00+0100"],
            &["--since", "2025-11-26T09:00:0ä:00"],
            &["--since", "9999-01-01T00:00:00Z"],
            &["--expect", "any"],
            &["--for", "25h"],
            &["--deadline", "0s"],
            &["--deadline", "8d"],
            &["--port", "0"],
            &["--format", "xml"],
            &["host:25"],
            &["--prometheus", "https://p.example"],
            &["--subscription", "5b1d2f34"],
            &["--bearer-token-file", "/token"],
            &["--header", "X-Scope-OrgID=mail"],
            &["--prometheus", "https://p.example", "--subscription", ""],
            &["--prometheus", "https://p.example", "--subscription", "a b"],
            &["--prometheus", "https://p.example", "--subscription", "1", "--engine", "raw"],
            &["--prometheus", "https://p.example", "--subscription", "1", "--config", "/dev/null"],
        ] {
            assert!(parsed(flags).is_err(), "{flags:?}");
        }
        let soak = parsed(&["--for", "3h"]).expect("each is good by itself").check();
        let error = soak.expect_err("it could never be fulfilled").to_string();
        assert_eq!(error, "--for 3h is longer than --deadline 2h: it could never be seen for so long");
    }
}
