//! Parses, dispatches, and turns every ending into an exit code.

use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser;
use sortie_cli::args::{Cli, Command};
use sortie_cli::{check, demo, engine, exit, failure, run, setup, terminal};

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
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("failed to start the runtime")?;
    match command {
        Command::Check(args) => {
            let (config, roster) = setup::check(args)?;
            runtime.block_on(async { check::run(args, &config, &mut engine::jury(&config, roster)?).await })
        }
        Command::Run(args) => {
            let config = setup::run(args)?;
            terminal::start_log(args.log_level);
            let roster = config.roster.clone();
            runtime.block_on(async { run::run(&config, &mut engine::jury(&config, roster)?).await })?;
            Ok(exit::OK)
        }
        Command::Demo(args) => demo::run(args, &runtime),
        Command::DemoWorld(args) => demo::world(args),
    }
}

/// `--help` and `--version` are answers; everything else is a usage error, which clap itself would end with 2.
fn unparsed(error: &clap::Error) -> u8 {
    let _ = error.print();
    if error.use_stderr() { exit::USAGE } else { exit::OK }
}
