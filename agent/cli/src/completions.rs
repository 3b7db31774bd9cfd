//! Shell completions, from the same definition of the command line as its help.

use clap::CommandFactory as _;
use clap_complete::{Shell, generate};

use crate::args::Cli;

/// The script that makes a shell complete `sortie`.
pub fn script(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    generate(shell, &mut Cli::command(), "sortie", &mut script);
    script
}
