//! How often an agent asks the disk to have it in writing, counted by `strace` at the running process.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use e2e::agent::Stage;
use e2e::receiver::Step;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::site::{OPEN, Site};
use crate::daemon::SETTLED;

/// Every system call that waits for a disk.
const CALLS: &str = "fsync,fdatasync,sync_file_range,msync,sync,syncfs";

/// Ten rounds at the default interval.
const WATCHED: Duration = Duration::from_secs(10 * 60);
const HOUR: Duration = Duration::from_secs(3600);

/// With a receiver that takes everything.
pub(super) fn exporting(stage: &Stage) -> Result<f64> {
    let site = Site::exporting("", stage)?;
    let _receiver = site.receiver(Step::Take)?;
    in_an_hour(&site)
}

/// Where nothing is exported.
pub(super) fn alone(stage: &Stage) -> Result<f64> {
    in_an_hour(&Site::build(OPEN, "", stage)?)
}

fn in_an_hour(site: &Site<'_>) -> Result<f64> {
    let started = Instant::now();
    let mut agent = site.agent(&[])?;
    agent.process().live_until(started + SETTLED)?;
    let trace = site.scratch()?.join("trace");
    let (strace, began) = (Strace::attach(agent.process().id(), &trace)?, Instant::now());
    agent.process().live_until(began + WATCHED)?;
    let time = began.elapsed();
    strace.detach()?;
    let text = fs::read_to_string(&trace).context("strace wrote nothing")?;
    let calls = text.lines().filter(|line| is_call(line)).count();
    Ok(calls as f64 * HOUR.as_secs_f64() / time.as_secs_f64())
}

/// Not the end of one that another thread's call came between.
fn is_call(line: &str) -> bool {
    let call = line.split_whitespace().nth(1).and_then(|word| word.split_once('('));
    call.is_some_and(|(name, _)| CALLS.split(',').any(|counted| counted == name))
}

/// An attached tracer, which never outlives its owner.
struct Strace(Child);

impl Strace {
    fn attach(pid: u32, trace: &Path) -> Result<Self> {
        let child = Command::new("strace")
            .args(["-f", "-qq", "-e", &format!("trace={CALLS}"), "-p", &pid.to_string(), "-o"])
            .arg(trace)
            .stdin(Stdio::null())
            .spawn()
            .context("failed to start `strace`: is it installed?")?;
        Ok(Self(child))
    }

    fn detach(mut self) -> Result<()> {
        ensure!(self.0.try_wait()?.is_none(), "strace ended too soon: may it trace here?");
        kill(Pid::from_raw(i32::try_from(self.0.id())?), Signal::SIGINT)?;
        self.0.wait()?;
        Ok(())
    }
}

impl Drop for Strace {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
