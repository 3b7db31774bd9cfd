//! Prints what Sortie costs, one line a figure, with its budget beside it. Nothing here fails for being slow.
//!
//! ```text
//! arguments ─▶ parts in order ─▶ sheet
//!               size · cpu · rtt · check · run · delivery · paint · detection   network namespaces of their own, real packets
//!               fleet                                                           agents that are simulated, what stands behind them is not
//!               simulator · laboratory                                          other targets of this repository, whose table is passed on
//! ```
//!
//! `docs/benchmarks.md` says what each line means and where its budget comes from.

mod arguments;
mod burners;
mod capture;
mod cargo;
mod check;
mod cpu;
mod daemon;
mod delivery;
mod detection;
mod fleet;
mod floor;
mod inquiry;
mod laboratory;
mod machine;
mod memory;
mod paint;
mod rtt;
mod sheet;
mod simulator;
mod size;
mod spread;
mod unit;
mod viewer;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser as _;
use e2e::agent::{self, Stage};
use e2e::{command, netns};

use arguments::{Arguments, Part};
use sheet::Sheet;

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("figures: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<ExitCode> {
    let parts = arguments.parts();
    if parts.iter().any(|part| part.needs_root()) {
        command::require_root_and_tools()?;
        netns::sweep()?;
        agent::sweep()?;
    }
    let stage = if parts.iter().any(|part| part.needs_binary()) { Some(stage()?) } else { None };
    let mut sheet = Sheet::new(std::io::stdout());
    sheet.title(&machine::describe())?;
    let mut missing = false;
    for part in parts {
        sheet.heading(part.title())?;
        if let Err(error) = measure(part, arguments, stage.as_ref(), &mut sheet) {
            sheet.remark(&format!("not measured: {error:#}"))?;
            missing = true;
        }
    }
    Ok(if missing { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The release binary, built now unless `SORTIE_BIN` names one, where every user may run it.
fn stage() -> Result<Stage> {
    if std::env::var_os("SORTIE_BIN").is_none() {
        cargo::build_sortie()?;
    }
    Stage::set()
}

fn measure(part: Part, arguments: &Arguments, stage: Option<&Stage>, sheet: &mut Sheet) -> Result<()> {
    match (part, stage) {
        (Part::Cpu, _) => cpu::measure(arguments.attempts, sheet),
        (Part::Rtt, _) => rtt::measure(arguments.handshakes, sheet),
        (Part::Simulator, _) => simulator::pass_on(sheet),
        (Part::Fleet, _) => fleet::measure(arguments.agents, sheet),
        (Part::Size, Some(stage)) => size::measure(stage, sheet),
        (Part::Check, Some(stage)) => check::measure(arguments.repetitions, stage, sheet),
        (Part::Run, Some(stage)) => daemon::measure(arguments.minutes(), stage, sheet),
        (Part::Delivery, Some(stage)) => delivery::measure(arguments.kills, stage, sheet),
        (Part::Paint, Some(stage)) => paint::measure(stage, sheet),
        (Part::Detection, Some(stage)) => detection::measure(arguments.onsets, stage, sheet),
        (Part::Laboratory, Some(stage)) => laboratory::pass_on(stage, sheet),
        (_, None) => anyhow::bail!("there is no binary to measure"),
    }
}
