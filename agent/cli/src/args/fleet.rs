//! `sortie fleet`

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use sortie_core::target::Port;

use super::{subscription, within};
use crate::prometheus::Header;

/// Every look is a handful of queries over the fleet, and agents report each minute.
const WATCH: RangeInclusive<Duration> = Duration::from_secs(5)..=Duration::from_secs(3_600);
/// Half of the interval at which agents report.
const WATCH_USUAL: &str = "30s";
/// From where silence can be told from an export that is late, to what a Prometheus loads for the largest fleet.
const WINDOW: RangeInclusive<Duration> = Duration::from_secs(600)..=Duration::from_secs(86_400);
/// Beyond it a list is for a program, which asks Prometheus itself.
const VMS_MOST: u16 = 1_000;
/// The word for machines outside any subscription.
pub(crate) const NO_SUBSCRIPTION: &str = "none";

pub(super) const LONG: &str = "\
Show how a whole fleet stands, as its agents report to a Prometheus API: a row for each subscription, with what is \
expected there and what is observed, since when, how many VMs are open, blocked or silent, and what to do. Nothing is \
probed.

Port 25 is always shown, port 587 where something is wrong with it. The sums are those that the shipped recording \
rules keep; without these rules Prometheus is asked to count, which is slower. A state that a destination or a lost \
network explains is not a block.";

pub(super) const AFTER: &str = "\
Examples:
  sortie fleet --prometheus https://prometheus.example            how every subscription stands
  sortie fleet --prometheus http://127.0.0.1:9090 --watch         again and again, in place
  sortie fleet --prometheus http://127.0.0.1:9090 --vms           the VMs behind it, by name
  sortie fleet --prometheus http://127.0.0.1:9090 --format json   for a program

Exit codes:
  0  every subscription is as expected
  1  degraded or mixed: some VMs are not as expected, or not all mail leaves
  2  a subscription is blocked against expectation, or unexpectedly open
  3  unknown: nobody reports, too many are silent, nothing leaves, or the answer is not whole
  64 wrong command line, 70 no answer or failure of sortie itself
  130 interrupted before the first table
With --watch the code is that of the last table.";

/// `sortie fleet`
#[derive(Args, Clone, Debug)]
pub struct Fleet {
    /// The Prometheus API that the agents report to
    #[arg(long, value_name = "URL", required = true)]
    pub prometheus: String,
    /// Only this subscription, or none for machines outside any (repeatable)
    #[arg(long = "subscription", value_name = "ID", value_parser = subscription)]
    pub subscriptions: Vec<String>,
    /// Only this region
    #[arg(long, value_name = "REGION", value_parser = region)]
    pub region: Option<String>,
    /// Only this port, or all [default: 25, and 587 where something is wrong with it]
    #[arg(long, value_name = "PORT", value_parser = ports)]
    pub port: Option<Ports>,
    /// List the VMs that are not as expected, at most so many, or 20
    #[arg(long, value_name = "MOST", num_args = 0..=1, default_missing_value = "20", value_parser = clap::value_parser!(u16).range(1..=i64::from(VMS_MOST)))]
    pub vms: Option<u16>,
    /// What comes first
    #[arg(long, value_name = "ORDER", default_value = "worst")]
    pub sort: Sort,
    /// Look again and again until Ctrl-C, at this interval or every 30s
    #[arg(long, value_name = "INTERVAL", num_args = 0..=1, default_missing_value = WATCH_USUAL, value_parser = watch)]
    pub watch: Option<Duration>,
    /// Who was heard within this time and is not now is silent
    #[arg(long, value_name = "DURATION", default_value = "6h", value_parser = window)]
    pub window: Duration,
    /// How it is written
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub format: FleetFormat,
    /// File with the token for the Prometheus API
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, visible_alias = "token-file")]
    pub bearer_token_file: Option<PathBuf>,
    /// A header of every question, such as the tenant X-Scope-OrgID=mail; no secrets, processes are listed (repeatable)
    #[arg(long = "header", value_name = "NAME=VALUE")]
    pub headers: Vec<Header>,
}

/// Faces of a fleet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum FleetFormat {
    /// For people
    #[default]
    Table,
    /// For programs, schema sortie.fleet/1; with --watch one document a line
    Json,
}

/// Orders of the rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Sort {
    /// What needs somebody first
    #[default]
    Worst,
    /// By the id of the subscription
    Subscription,
    /// The largest first
    Vms,
    /// Those with the most blocked VMs first
    Blocked,
    /// Those with the most silent VMs first
    Silent,
    /// The latest change first
    Since,
}

/// Which ports are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ports {
    /// All that agents report.
    All,
    /// This one.
    One(Port),
}

fn ports(text: &str) -> Result<Ports, String> {
    if text == "all" {
        return Ok(Ports::All);
    }
    text.parse().map(Ports::One).map_err(|_| "expected a number from 1 to 65535, or all".to_owned())
}

/// It becomes part of a query, where it is quoted.
fn region(text: &str) -> Result<String, String> {
    subscription(text).map_err(|_| "expected the name of a region, for example westeurope".to_owned())
}

fn watch(text: &str) -> Result<Duration, String> {
    within(&WATCH, text)
}

fn window(text: &str) -> Result<Duration, String> {
    within(&WINDOW, text)
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::super::{Cli, Command};
    use super::*;

    fn parsed(flags: &[&str]) -> Result<Fleet, String> {
        let cli = Cli::try_parse_from(["sortie", "fleet"].iter().chain(flags));
        match cli.map_err(|error| error.to_string())?.command {
            Command::Fleet(fleet) => Ok(fleet),
            other => Err(format!("{other:?}")),
        }
    }

    const URL: [&str; 2] = ["--prometheus", "https://p.example"];

    #[test]
    fn flags_without_a_value_have_one() {
        let plain = parsed(&URL).expect("the URL is enough");
        assert_eq!((plain.vms, plain.watch, plain.port), (None, None, None));
        assert_eq!((plain.window.as_secs(), plain.sort), (21_600, Sort::Worst));
        let usual = parsed(&[&URL[..], &["--vms", "--watch"]].concat()).expect("both have defaults");
        assert_eq!((usual.vms, usual.watch), (Some(20), Some(Duration::from_secs(30))));
        let given = parsed(&[&URL[..], &["--vms", "5", "--watch", "1m", "--port", "all"]].concat());
        let given = given.expect("they are good");
        assert_eq!((given.vms, given.watch), (Some(5), Some(Duration::from_secs(60))));
        assert_eq!(given.port, Some(Ports::All));
    }

    #[test]
    fn bad_values_are_refused_where_they_stand() {
        assert!(parsed(&[]).is_err(), "nobody is asked");
        for flags in [
            &["--port", "0"][..],
            &["--port", "smtp"],
            &["--vms", "0"],
            &["--vms", "1001"],
            &["--watch", "1s"],
            &["--watch", "2h"],
            &["--window", "5m"],
            &["--window", "25h"],
            &["--subscription", ""],
            &["--subscription", "a b"],
            &["--region", "a\nb"],
            &["--sort", "best"],
            &["--format", "junit"],
            &["25"],
        ] {
            assert!(parsed(&[&URL[..], flags].concat()).is_err(), "{flags:?}");
        }
    }
}
