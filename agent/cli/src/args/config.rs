//! `sortie config`

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum, ValueHint};

use super::Settings;

pub(super) const LONG: &str = "\
Write, check and explain the configuration.

One TOML file, every key optional. A flag beats an environment variable, which beats the file, which beats the default.";

pub(super) const AFTER: &str = "\
Examples:
  sortie config init --output sortie.toml       every key with its default, commented out
  sortie config check sortie.toml               fine, or every mistake at once
  sortie config show --interval 30s             what is in force, and who says so
  sortie config show --format json | jq '.settings[] | select(.origin != \"default\")'
  sortie config schema > sortie.schema.json     for editors that complete TOML";

/// The commands below `sortie config`.
#[derive(Clone, Debug, Subcommand)]
pub enum ConfigCommand {
    /// Write a file with every key, its default and a sentence, all commented out
    Init(Init),
    /// Say whether a file is fine, or everything that is wrong with it
    Check(CheckFile),
    /// Show every value in force, and where it comes from
    Show(Show),
    /// Print the JSON Schema of the file (draft 2020-12)
    Schema,
}

/// `sortie config init`
#[derive(Args, Clone, Debug)]
pub struct Init {
    /// File to write, which must not exist yet [default: standard output]
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
}

/// `sortie config check`
#[derive(Args, Clone, Debug)]
pub struct CheckFile {
    /// File to check, or - for standard input [default: /etc/sortie/sortie.toml if it exists]
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: Option<PathBuf>,
}

/// `sortie config show`
#[derive(Args, Clone, Debug)]
pub struct Show {
    /// Where the configuration is, and what beats it.
    #[command(flatten)]
    pub settings: Settings,
    /// How the values are written
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub format: ShowFormat,
}

/// Faces of the values in force.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ShowFormat {
    /// For people
    #[default]
    Table,
    /// For programs, schema sortie.settings/1
    Json,
    /// As a configuration file that says the same
    Toml,
}
