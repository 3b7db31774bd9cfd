//! Manual pages, from the same definition of the command line as its help.

use std::fs;
use std::io;
use std::path::Path;

use anyhow::Context as _;
use clap::{Command, CommandFactory as _};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use crate::args::Cli;

/// A page that there is none of. A usage error: the exit code is 64.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no command `{0}`")]
pub struct UnknownCommand(String);

/// The page of `sortie`, or of the command below it with these names.
pub fn page(names: &[String]) -> anyhow::Result<Vec<u8>> {
    let root = command();
    let found = names.iter().try_fold(&root, |command, name| command.find_subcommand(name));
    let found = found.ok_or_else(|| UnknownCommand(names.join(" ")))?;
    render(found).context("failed to write a page into memory")
}

/// Writes the pages of all commands into a directory.
pub fn write_all(directory: &Path) -> io::Result<()> {
    let root = command();
    let mut pending = vec![&root];
    while let Some(command) = pending.pop() {
        let name = command.get_display_name().unwrap_or_else(|| command.get_name());
        fs::write(directory.join(format!("{name}.1")), render(command)?)?;
        pending.extend(command.get_subcommands().filter(|below| !below.is_hide_set()));
    }
    Ok(())
}

/// The tree of commands, with the names that each has as a page.
fn command() -> Command {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    command
}

fn render(command: &Command) -> io::Result<Vec<u8>> {
    let bare = command.clone().after_help(None::<&str>).after_long_help(None::<&str>);
    let man = Man::new(bare).source(concat!("sortie ", env!("CARGO_PKG_VERSION"))).manual("Sortie");
    let mut page = Vec::new();
    man.render(&mut page)?;
    closing(command).to_writer(&mut page)?;
    Ok(page)
}

/// What follows the options in the help: each paragraph is a section with its lines as they stand.
fn closing(command: &Command) -> Roff {
    let mut roff = Roff::new();
    let text = command.get_after_long_help().or_else(|| command.get_after_help()).map(ToString::to_string);
    for paragraph in text.as_deref().unwrap_or_default().split("\n\n") {
        let Some((heading, lines)) = paragraph.split_once(':') else { continue };
        roff.control("SH", [heading.to_uppercase().as_str()]).control("nf", []);
        for line in lines.trim_start_matches('\n').lines() {
            roff.text([roman(line)]);
        }
        roff.control("fi", []);
    }
    roff
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(names: &[&str]) -> anyhow::Result<String> {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        page(&names).map(|page| String::from_utf8(page).expect("it is text"))
    }

    #[test]
    fn every_command_has_a_page_under_its_whole_name() {
        for (names, title) in [
            (&[][..], ".TH sortie 1"),
            (&["check"], ".TH sortie-check 1"),
            (&["config", "show"], ".TH sortie-config-show 1"),
        ] {
            let page = text(names).expect("there is such a command");
            assert!(page.contains(title), "{page}");
        }
        let unknown = text(&["config", "polish"]).expect_err("there is no such command");
        assert_eq!(unknown.downcast_ref(), Some(&UnknownCommand("config polish".to_owned())));
    }

    #[test]
    fn the_help_of_a_command_is_on_its_page_and_what_is_hidden_is_not() {
        let page = text(&["check"]).expect("there is such a command");
        for part in [".SH EXAMPLES", "as expected, or open", "\\-\\-expect", ".SH \"EXIT CODES\""] {
            assert!(page.contains(part), "{part} is missing in\n{page}");
        }
        assert!(!page.contains("demonstration"));
    }
}
