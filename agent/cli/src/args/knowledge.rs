//! `sortie knowledge`

use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};
use sortie_core::knowledge::PROVIDERS;

pub(super) const LONG: &str = "\
Show what providers and relays document about outbound mail.

Which ports are open, which are blocked and for whom, how a block looks on the wire, how to have it lifted, and what \
each of it rests on: every fact has a date and a source. Nothing is asked of any network. The result goes to stdout.";

pub(super) const AFTER: &str = "\
Examples:
  sortie knowledge                          every provider and relay at a glance
  sortie knowledge azure                    by resource and subscription; how to be exempted
  sortie knowledge relays                   where mail can go instead, and how much of it
  sortie knowledge azure --format json | jq '.providers[].policy'";

/// Stands for the relays among the providers.
pub(crate) const RELAYS: &str = "relays";

/// `sortie knowledge`
#[derive(Args, Clone, Debug)]
pub struct Knowledge {
    /// Provider whose policy, procedures and sources are shown, or relays [default: all at a glance]
    #[arg(value_name = "PROVIDER", value_parser = topics())]
    pub topic: Option<String>,
    /// How it is written
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub format: KnowledgeFormat,
}

/// Faces of the knowledge base.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum KnowledgeFormat {
    /// For people
    #[default]
    Table,
    /// For programs, schema sortie.knowledge/1
    Json,
}

fn topics() -> PossibleValuesParser {
    PossibleValuesParser::new(PROVIDERS.iter().copied().chain([RELAYS]))
}
