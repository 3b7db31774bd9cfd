//! `sortie report`

use std::path::PathBuf;

use clap::Args;

use super::{Format, Listen};
use crate::config::Overrides;

pub(super) const LONG: &str = "\
Show what the agent on this machine knows, without probing.

The running agent is asked over its page. Where none runs, what the last one had on show is read from its state \
directory, with the moment since which nobody has probed; nothing is written there, and nothing has to be writable. \
The result goes to stdout.

With --ticket it is the evidence pack for a support case, as Markdown or, with --format json, as JSON: the problem in \
words, which machine, what happened when, what every destination answered, what was ruled out and how, and commands to \
see the same with ordinary tools. With --redact, placeholders stand for what identifies the machine and the account.";

pub(super) const AFTER: &str = "\
Examples:
  sortie report                             what `sortie run` on this machine knows now
  sortie report --format json | jq .verdicts
  sortie report --listen 127.0.0.1:9600     an agent whose page is elsewhere
  sortie report --listen off                what the last agent left behind
  sortie report --ticket > ticket.md        the evidence pack for a support case
  sortie report --ticket --redact           the same without names, ids and own addresses

Exit codes:
  0  as expected, or open
  1  degraded: partial, throttled, refused or intercepted
  2  blocked against expectation, or open against it
  3  unknown: nothing leaves this machine, or there was too little evidence
  64 wrong command line, 70 no agent and nothing left behind, 78 wrong configuration";

/// `sortie report`
#[derive(Args, Clone, Debug)]
pub struct Report {
    /// How the report is written
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub format: Format,
    /// Write the evidence pack for a support case: Markdown, or JSON (schema sortie.ticket/1)
    #[arg(long)]
    pub ticket: bool,
    /// In a ticket: placeholders for subscription, machine, host name, own addresses and the like
    #[arg(long, requires = "ticket")]
    pub redact: bool,
    /// Configuration file of the agent [default: /etc/sortie/sortie.toml if it exists]
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub config: Option<PathBuf>,
    /// Where the agent is asked, or off [default: from the configuration, else 127.0.0.1:9525]
    #[arg(long, value_name = "ADDRESS|off")]
    pub listen: Option<Listen>,
}

impl Report {
    /// How a ticket is written; `None` where it cannot be in this format.
    pub fn ticket_format(&self) -> Option<TicketFormat> {
        match self.format {
            Format::Table => Some(TicketFormat::Markdown),
            Format::Json => Some(TicketFormat::Json),
            Format::Junit => None,
        }
    }

    /// The flags that beat the file.
    pub fn overrides(&self) -> Overrides {
        Overrides { listen: self.listen.map(|listen| listen.0), ..Overrides::default() }
    }
}

/// Faces of a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TicketFormat {
    /// For people, and for forms that take it.
    Markdown,
    /// The whole ticket, schema sortie.ticket/1.
    Json,
}
