//! What can be typed. Values that depend on the configuration are judged later ([`crate::selection`],
//! [`crate::config::Overrides`]); whatever can be refused by looking at it is refused here.

mod check;
mod completions;
mod config;
mod demo;
mod doctor;
mod fleet;
mod knowledge;
mod man;
mod report;
mod run;
mod settings;
mod verify;

use std::ops::RangeInclusive;
use std::time::Duration;

use clap::{ColorChoice, Parser, Subcommand, ValueEnum};
use sortie_core::target::Port;

pub use self::check::Check;
pub use self::completions::Completions;
pub use self::config::{CheckFile, ConfigCommand, Init, Show, ShowFormat};
pub use self::demo::{Demo, DemoWorld};
pub use self::doctor::{Doctor, DoctorFormat};
pub(crate) use self::fleet::NO_SUBSCRIPTION;
pub use self::fleet::{Fleet, FleetFormat, Ports, Sort};
pub(crate) use self::knowledge::RELAYS;
pub use self::knowledge::{Knowledge, KnowledgeFormat};
pub use self::man::Man;
pub use self::report::{Report, TicketFormat};
pub use self::run::Run;
pub use self::settings::{Listen, Settings};
pub use self::verify::{Goal, Verify, VerifyError, VerifyFormat};

/// Can mail leave this machine, and if not, who is stopping it?
#[derive(Clone, Debug, Parser)]
#[command(name = "sortie", version, propagate_version = false, arg_required_else_help = true)]
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
    #[command(long_about = check::LONG, after_long_help = check::AFTER)]
    #[command(after_help = "Use --help for examples and exit codes.")]
    Check(Check),
    /// Wait until an exemption takes effect, and say what stands in its way
    #[command(long_about = verify::LONG, after_long_help = verify::AFTER)]
    #[command(after_help = "Use --help for examples and exit codes.")]
    Verify(Verify),
    /// Show how a whole fleet stands, as its agents report to Prometheus
    #[command(long_about = fleet::LONG, after_long_help = fleet::AFTER)]
    #[command(after_help = "Use --help for examples and exit codes.")]
    Fleet(Fleet),
    /// Keep watch: a page, metrics, and a line in the log for every change
    #[command(long_about = run::LONG, after_long_help = run::AFTER)]
    Run(Run),
    /// Show what the agent on this machine knows, without probing
    #[command(long_about = report::LONG, after_long_help = report::AFTER)]
    Report(Report),
    /// Look at this machine for whatever may stop mail or sortie here, without touching anything
    #[command(long_about = doctor::LONG, after_long_help = doctor::AFTER)]
    Doctor(Doctor),
    /// Show it at work in a whole cloud on this machine
    #[command(long_about = demo::LONG, after_long_help = demo::AFTER)]
    Demo(Demo),
    /// Write, check and explain the configuration
    #[command(subcommand, long_about = config::LONG, after_long_help = config::AFTER)]
    Config(ConfigCommand),
    /// Show what providers and relays document about outbound mail
    #[command(long_about = knowledge::LONG, after_long_help = knowledge::AFTER)]
    Knowledge(Knowledge),
    /// Print the script that makes a shell complete sortie
    #[command(after_long_help = completions::AFTER)]
    Completions(Completions),
    /// Print the manual page, or write the pages of all commands
    #[command(after_long_help = man::AFTER)]
    Man(Man),
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
}

pub(super) fn port(text: &str) -> Result<Port, String> {
    text.parse().map_err(|_| "expected a number from 1 to 65535".to_owned())
}

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let example = "expected a number and a unit, for example 500ms, 60s or 15m";
    humantime::parse_duration(text).map_err(|_| example.to_owned())
}

pub(super) fn within(bounds: &RangeInclusive<Duration>, text: &str) -> Result<Duration, String> {
    let given = duration(text)?;
    let show = |d: &Duration| humantime::format_duration(*d).to_string();
    if bounds.contains(&given) {
        return Ok(given);
    }
    Err(format!("expected from {} to {}", show(bounds.start()), show(bounds.end())))
}

/// Longer than the id of any account of any cloud.
const SUBSCRIPTION_MOST: usize = 128;

/// It becomes part of a query, where it is quoted; what no cloud gives out is not asked for.
pub(super) fn subscription(text: &str) -> Result<String, String> {
    let is_sane = |c: char| c.is_ascii_graphic();
    if !text.is_empty() && text.len() <= SUBSCRIPTION_MOST && text.chars().all(is_sane) {
        return Ok(text.to_owned());
    }
    Err("expected the id of a subscription, for example 5b1d2f34-9c1e-4f6e-8f0f-2f6c1d9a7e10".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use sortie_core::target::Family;

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
