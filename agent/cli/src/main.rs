//! Parses, dispatches, and turns every ending into an exit code.

use std::process::ExitCode;

use clap::Parser;
use sortie_cli::args::{Cli, Command};
use sortie_cli::{exit, failure, setup, terminal};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return ExitCode::from(unparsed(&error)),
    };
    terminal::set_color(cli.color);
    let code = dispatch(&cli.command).unwrap_or_else(|error| {
        terminal::complain(&failure::render(&error, terminal::stderr_color()));
        failure::code(&error)
    });
    ExitCode::from(code)
}

fn dispatch(command: &Command) -> anyhow::Result<u8> {
    match command {
        Command::Check(args) => setup::check(args).map(drop)?,
        Command::Run(args) => setup::run(args).map(drop)?,
    }
    anyhow::bail!("the engines are not joined yet")
}

/// `--help` and `--version` are answers; everything else is a usage error, which clap itself would end with 2.
fn unparsed(error: &clap::Error) -> u8 {
    let _ = error.print();
    if error.use_stderr() { exit::USAGE } else { exit::OK }
}
