//! The hidden half of the demonstration: leaves the host, builds the cloud, and plays what it is told.
//!
//! ```text
//!   narrator ── outside, the host
//!   └─ sortie-demo-world ── makes the namespaces, waits
//!      └─ sortie-demo-world --within ── first process inside: the cloud's threads
//!         └─ sortie run, or sortie check ── in the VM's namespace
//! ```
//!
//! Each dies with the one above, and with the first process inside the kernel ends everything in there: no order of
//! deaths leaves anything behind. A line to the narrator says the same once more, for a death before that was arranged.

use std::collections::VecDeque;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::Shutdown;
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::process::{Child, ChildStderr, ExitStatus};
use std::sync::mpsc::{self, Sender};
use std::thread;

use anyhow::{Context as _, Result, bail, ensure};

use super::cloud::Cloud;
use super::{agent, isolate, scene};
use crate::args::DemoWorld;
use crate::terminal;
use crate::text::printable;

/// What the world says when the agent has started in an open network.
pub(super) const READY: &str = "ready";

/// Lines of the agent's log that are shown when it ends by itself.
const LAST_WORDS: usize = 12;

/// What happens while the world waits.
enum Event {
    /// The narrator wants this scene.
    Wanted(String),
    /// The narrator is gone.
    Alone,
    /// The program at the VM has ended.
    Ended(io::Result<ExitStatus>),
}

/// Leaves the host, or plays within.
pub fn run(args: &DemoWorld) -> Result<u8> {
    if !args.within {
        return threshold();
    }
    // Outside of them it would rename the host and hide its /run.
    ensure!(std::process::id() == 1, "this half of the demonstration is started by `sortie demo` alone");
    isolate::die_with_parent()?;
    let folder = isolate::settle()?;
    let config = agent::configure(folder)?;
    let mut cloud = Cloud::build()?;
    if let Some(scene) = args.once {
        cloud.play(scene)?;
        return check(agent::check(cloud.vm(), &config, &args.check_flags())?);
    }
    let agent = agent::run(cloud.vm(), &config)?;
    story(&mut cloud, agent)
}

/// Only a child of whoever makes a process namespace lives in it, so the same program is started once more.
fn threshold() -> Result<u8> {
    isolate::leave_host()?;
    // After the namespaces were made: gaining rights clears it.
    isolate::die_with_parent()?;
    let mut within = agent::again(DemoWorld::NAME);
    within.args(std::env::args_os().skip(1)).arg("--within");
    let status = within.status().context("failed to start the demonstration's first process")?;
    code(status).context("the demonstration's first process was killed")
}

/// Waits for one check. Standard input is a pipe that nobody writes to: it ends with the narrator.
fn check(mut child: Child) -> Result<u8> {
    let (tell, heard) = mpsc::channel();
    let ended = tell.clone();
    thread::spawn(move || ended.send(Event::Ended(child.wait())));
    thread::spawn(move || {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        tell.send(Event::Alone)
    });
    match heard.recv().context("nobody is left to tell")? {
        Event::Ended(status) => {
            code(status.context("failed to wait for `sortie check`")?).context("`sortie check` was killed")
        }
        Event::Alone | Event::Wanted(_) => bail!("the demonstration was left alone"),
    }
}

/// Plays what the narrator asks for over the socket that is our standard output, until he goes.
fn story(cloud: &mut Cloud, mut child: Child) -> Result<u8> {
    let line = io::stdout().as_fd().try_clone_to_owned().context("failed to take the narrator's line")?;
    let mut line = UnixStream::from(line);
    let (tell, heard) = mpsc::channel();
    let log = child.stderr.take().map(|log| thread::spawn(move || last_words(log)));
    let (wishes, wanted) = (line.try_clone()?, tell.clone());
    thread::spawn(move || listen(&wishes, &wanted));
    thread::spawn(move || tell.send(Event::Ended(child.wait())));
    say(&mut line, READY)?;
    loop {
        match heard.recv().context("nobody is left to tell")? {
            Event::Wanted(name) => {
                let scene = scene::named(&name).with_context(|| format!("there is no scene {name:?}"))?;
                cloud.play(scene).with_context(|| format!("failed to play {name}"))?;
                say(&mut line, scene.name)?;
            }
            Event::Alone => return Ok(crate::exit::OK),
            Event::Ended(status) => {
                let status = status.context("failed to wait for the agent")?;
                let words = log.and_then(|thread| thread.join().ok()).unwrap_or_default();
                terminal::complain(&format!("The agent's log ends with:\n{words}"));
                bail!("the agent ended by itself ({status})");
            }
        }
    }
}

fn say(line: &mut UnixStream, word: &str) -> Result<()> {
    writeln!(line, "{word}").context("failed to answer the narrator")
}

fn listen(line: &UnixStream, tell: &Sender<Event>) {
    for wanted in BufReader::new(line).lines().map_while(Result::ok) {
        if tell.send(Event::Wanted(wanted)).is_err() {
            return;
        }
    }
    let _ = line.shutdown(Shutdown::Both);
    let _ = tell.send(Event::Alone);
}

/// Reads a log to its end and keeps the last lines.
fn last_words(log: ChildStderr) -> String {
    let mut kept = VecDeque::new();
    for line in BufReader::new(log).lines().map_while(Result::ok) {
        if kept.len() == LAST_WORDS {
            kept.pop_front();
        }
        kept.push_back(format!("  {}\n", printable(&line)));
    }
    kept.into_iter().collect()
}

pub(super) fn code(status: ExitStatus) -> Option<u8> {
    u8::try_from(status.code()?).ok()
}
