//! `sortie completions`

use clap::Args;
use clap_complete::Shell;

pub(super) const AFTER: &str = "\
Examples:
  source <(sortie completions bash)
  sortie completions bash > /etc/bash_completion.d/sortie
  sortie completions zsh > \"${fpath[1]}/_sortie\"
  sortie completions fish > ~/.config/fish/completions/sortie.fish";

/// `sortie completions`
#[derive(Args, Clone, Debug)]
pub struct Completions {
    /// Shell that is to complete commands, flags and their values
    #[arg(value_name = "SHELL")]
    pub shell: Shell,
}
