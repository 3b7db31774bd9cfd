//! A story of a fleet, told to a gateway of one's own, to see boards, alerts and `sortie fleet` with thousands of agents that do
//! not exist: `cargo run --release -p e2e --example fleet -- every-state`.
//!
//! It runs in the network that it is started in and tells nobody but this machine. Beside the story it says each minute what
//! is true, which is what boards have to show a minute or two later; at the end what became of the exports.

mod arguments;
mod words;

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Parser as _;
use e2e::fleet::{Fleet, Pace, Scenario, Settings};
use nix::sys::signal::{SigSet, Signal};

use self::arguments::{Arguments, require_bounded};
use self::words::{Minute, opening, sum};

const MINUTE: Duration = Duration::from_secs(60);
/// How often is looked whether somebody has had enough.
const POLL: Duration = Duration::from_millis(200);
/// For the exports that are under way at the end.
const LAST: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Whoever cannot be told this sees the code.
            let _ = writeln!(io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    let scenario = Scenario::find(&arguments.story)?;
    let scenario = match arguments.agents {
        Some(agents) => scenario.scaled_to(agents),
        None => scenario,
    };
    require_bounded(scenario.vms(), arguments.hurry)?;
    arguments.to.require_listening()?;
    let interruptions = interruptions()?;
    play(arguments, scenario, &interruptions)
}

fn play(arguments: &Arguments, scenario: Scenario, interruptions: &Receiver<()>) -> Result<()> {
    let minutes = scenario.length.as_secs().div_ceil(MINUTE.as_secs());
    let scenario = scenario.hurried(arguments.hurry);
    let mut settings = Settings::to(&arguments.to.url, Pace::real());
    settings.seed = arguments.seed;
    settings.remembers = false;
    let fleet = Fleet::start_here(scenario, &settings)?;
    say(&opening(fleet.script(), &arguments.to.url, minutes, arguments.hurry))?;

    let minute = MINUTE / arguments.hurry;
    let mut before = None;
    let mut moment = Duration::ZERO;
    for number in (0..).take_while(|number| arguments.stay || *number <= minutes) {
        if !reach(&fleet, moment, interruptions)? {
            say("told to stop\n")?;
            break;
        }
        let now = Minute::of(fleet.script(), moment);
        say(&now.told(number, before.as_ref()))?;
        before = Some(now);
        moment += minute;
    }
    // What is still waiting then is counted as that.
    let _ = fleet.settle(LAST);
    say(&sum(&fleet.statistics()))
}

/// Waits for a moment of the story; whether it came before somebody had enough.
fn reach(fleet: &Fleet, moment: Duration, interruptions: &Receiver<()>) -> Result<bool> {
    while fleet.now() < moment {
        if interruptions.try_recv().is_ok() {
            return Ok(false);
        }
        fleet.reach(moment.min(fleet.now() + POLL))?;
    }
    Ok(true)
}

/// Ctrl-C, and being told to end, as messages. To be called before there is another thread.
fn interruptions() -> Result<Receiver<()>> {
    let signals = SigSet::from_iter([Signal::SIGINT, Signal::SIGTERM]);
    signals.thread_block().context("failed to block signals")?;
    let (told, comes) = mpsc::channel();
    thread::spawn(move || signals.wait().map(|_| told.send(())));
    Ok(comes)
}

fn say(text: &str) -> Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).context("failed to write to stdout")
}
