//! `sortie man`

use std::path::PathBuf;

use clap::{Args, ValueHint};

pub(super) const AFTER: &str = "\
Examples:
  sortie man | man -l -
  sortie man config show | man -l -
  sortie man --output /usr/share/man/man1";

/// `sortie man`
#[derive(Args, Clone, Debug)]
pub struct Man {
    /// Command whose page is printed, for example config show [default: the page of sortie itself]
    #[arg(value_name = "COMMAND")]
    pub command: Vec<String>,
    /// Directory into which all pages are written, as sortie.1, sortie-check.1 and so on
    #[arg(long, short, value_name = "DIRECTORY", value_hint = ValueHint::DirPath, conflicts_with = "command")]
    pub output: Option<PathBuf>,
}
