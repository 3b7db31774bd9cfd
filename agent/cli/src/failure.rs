//! How an error ends the process: what is said on stderr, and with which exit code.

use sortie_net::OpenError;

use crate::args::VerifyError;
use crate::config::{ConfigError, OverrideError};
use crate::configure::FileExists;
use crate::exit;
use crate::man::UnknownCommand;
use crate::prometheus::UrlError;
use crate::report::{NoTicket, NothingKnown};
use crate::selection::SelectionError;
use crate::text::printable;

/// The exit code that belongs to an error.
pub fn code(error: &anyhow::Error) -> u8 {
    let usage = error.is::<SelectionError>()
        || error.is::<OverrideError>()
        || error.is::<VerifyError>()
        || error.is::<UrlError>()
        || error.is::<OpenError>()
        || error.is::<FileExists>()
        || error.is::<NoTicket>()
        || error.is::<UnknownCommand>();
    if error.is::<ConfigError>() {
        exit::CONFIG
    } else if usage {
        exit::USAGE
    } else {
        exit::INTERNAL
    }
}

/// The error as text for a terminal, with a line break at the end.
pub fn render(error: &anyhow::Error, colour: bool) -> String {
    if let Some(config) = error.downcast_ref::<ConfigError>() {
        return config.render(colour);
    }
    let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
    let mut text = format!("error: {}\n", printable(&causes.join(": ")));
    if let Some(nothing) = error.downcast_ref::<NothingKnown>() {
        text.push_str("\nhint: ");
        text.push_str(nothing.hint());
        text.push('\n');
    }
    if code(error) == exit::USAGE {
        text.push_str("\nFor more information, try '--help'.\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_user_wrote_is_a_users_error() {
        let selection = SelectionError::Roster(sortie_core::target::TargetError::NoTargets);
        assert_eq!(code(&anyhow::Error::new(selection)), exit::USAGE);
        let internal = anyhow::anyhow!("failed to open a socket\u{7}").context("failed to start");
        assert_eq!(code(&internal), exit::INTERNAL);
        assert_eq!(render(&internal, false), "error: failed to start: failed to open a socket\\u{7}\n");
    }
}
