//! Parses, dispatches, and turns every ending into an exit code.

use std::process::ExitCode;

use anyhow::Context as _;
use clap::{ColorChoice, Parser};
use sortie_cli::args::{Cli, Command, DemoWorld};
use sortie_cli::{
    check, completions, configure, demo, doctor, engine, exit, failure, fleet, knowledge, man, report, run,
    setup, terminal, verify,
};
use tokio::runtime::{Builder, Runtime};

fn main() -> ExitCode {
    if DemoWorld::is_meant() {
        return end::<DemoWorld>(|args| args.color, demo::world);
    }
    end::<Cli>(|cli| cli.color, |cli| dispatch(&cli.command))
}

fn end<A: Parser>(color: fn(&A) -> ColorChoice, does: fn(&A) -> anyhow::Result<u8>) -> ExitCode {
    let args = match A::try_parse() {
        Ok(args) => args,
        Err(error) => return ExitCode::from(unparsed(&error)),
    };
    terminal::set_color(color(&args));
    let code = does(&args).unwrap_or_else(|error| {
        terminal::complain(&failure::render(&error, terminal::stderr_color()));
        failure::code(&error)
    });
    ExitCode::from(code)
}

fn dispatch(command: &Command) -> anyhow::Result<u8> {
    match command {
        Command::Check(args) => {
            let (config, roster) = setup::check(args)?;
            runtime()?
                .block_on(async { check::run(args, &config, &mut engine::jury(&config, roster)?).await })
        }
        Command::Verify(args) if args.prometheus.is_some() => {
            args.check()?;
            runtime()?.block_on(verify::fleet(args))
        }
        Command::Verify(args) => {
            let (config, roster) = setup::verify(args)?;
            runtime()?
                .block_on(async { verify::machine(args, &config, engine::jury(&config, roster)?).await })
        }
        Command::Fleet(args) => runtime()?.block_on(fleet::run(args)),
        Command::Run(args) => {
            let in_force = setup::in_force(args.settings.config.as_deref(), args.overrides())?;
            for sentence in in_force.sentences() {
                terminal::warn(&sentence);
            }
            terminal::start_log(args.log_level);
            let runtime = runtime()?;
            let ended = runtime.block_on(run::run(args, in_force.config));
            // A disk that hangs must not keep the process from ending.
            runtime.shutdown_background();
            ended.map(|()| exit::OK)
        }
        Command::Report(args) => {
            let config = setup::report(args)?;
            runtime()?.block_on(report::run(args, &config))
        }
        Command::Doctor(args) => {
            let in_force = setup::in_force(args.config.as_deref(), args.overrides())?;
            runtime()?.block_on(doctor::run(args, &in_force.config))
        }
        Command::Config(command) => configure::run(command).map(|()| exit::OK),
        Command::Knowledge(args) => knowledge::run(args).map(|()| exit::OK),
        Command::Completions(args) => print(&completions::script(args.shell)),
        Command::Man(args) => match &args.output {
            Some(directory) => {
                let failed = || format!("failed to write manual pages into {}", directory.display());
                man::write_all(directory).with_context(failed).map(|()| exit::OK)
            }
            None => print(&man::page(&args.command)?),
        },
        Command::Demo(args) => demo::run(args, &runtime()?),
    }
}

fn print(text: &[u8]) -> anyhow::Result<u8> {
    terminal::print(text).context("failed to write to stdout").map(|()| exit::OK)
}

fn runtime() -> anyhow::Result<Runtime> {
    Builder::new_current_thread().enable_all().build().context("failed to start the runtime")
}

/// `--help` and `--version` are answers; everything else is a usage error, which clap itself would end with 2.
fn unparsed(error: &clap::Error) -> u8 {
    let _ = error.print();
    if error.use_stderr() { exit::USAGE } else { exit::OK }
}
