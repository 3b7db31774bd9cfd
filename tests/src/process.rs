//! A child in a namespace, and what the kernel knows about it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::netns::Namespace;

const BYTES_PER_KIBIBYTE: f64 = 1024.0;

/// How often a living process is looked at.
const LOOK: Duration = Duration::from_secs(1);
/// How often one that was asked to end is looked at.
const END: Duration = Duration::from_millis(10);

/// A child that does not outlive its owner, nor this thread if that is killed.
#[derive(Debug)]
pub struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `binary`; what it says goes to `log`.
    pub fn start(
        binary: &Path,
        arguments: &[&str],
        at: &Namespace,
        stdin: Stdio,
        log: &Path,
    ) -> Result<Self> {
        Self::start_with(&[], binary, arguments, at, stdin, log)
    }

    /// As [`Process::start`], with an environment.
    pub fn start_with(
        environment: &[(&str, &str)],
        binary: &Path,
        arguments: &[&str],
        at: &Namespace,
        stdin: Stdio,
        log: &Path,
    ) -> Result<Self> {
        let output = File::create(log).with_context(|| format!("failed to create {}", log.display()))?;
        let child = Command::new("ip")
            .args(["netns", "exec", at.name(), "setpriv", "--pdeathsig=KILL", "--"])
            .arg(binary)
            .args(arguments)
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .envs(environment.iter().copied())
            .stdin(stdin)
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .context("failed to start `ip netns exec`")?;
        Ok(Self { child, log: log.to_owned() })
    }

    /// Waits, and complains if it ends meanwhile.
    pub fn live_until(&mut self, deadline: Instant) -> Result<()> {
        loop {
            if let Some(status) = self.child.try_wait()? {
                bail!("it ended with {status}: {}", self.log().trim());
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            std::thread::sleep(LOOK.min(left));
        }
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        let pid = i32::try_from(self.id()).context("a process id")?;
        kill(Pid::from_raw(pid), signal).with_context(|| format!("failed to send {signal}"))
    }

    /// Asks it to end, and waits until it has.
    pub fn stop(&mut self, patience: Duration) -> Result<ExitStatus> {
        self.signal(Signal::SIGTERM)?;
        let deadline = Instant::now() + patience;
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            ensure!(Instant::now() < deadline, "it did not end within {patience:?}: {}", self.log().trim());
            std::thread::sleep(END);
        }
    }

    /// Its process id: `ip` and `setpriv` became the binary.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it said so far.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// CPU time of all its threads since it was started, kept by the scheduler in nanoseconds.
    pub fn cpu_time(&self) -> Result<Duration> {
        let mut total = Duration::ZERO;
        for thread in fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            let text = fs::read_to_string(thread?.path().join("schedstat"))?;
            let nanoseconds = text.split_whitespace().next().and_then(|word| word.parse().ok());
            total += Duration::from_nanos(nanoseconds.context("the scheduler keeps no time here")?);
        }
        Ok(total)
    }

    /// A field of `smaps_rollup` such as `Pss`, in mebibytes.
    pub fn memory(&self, field: &str) -> Result<f64> {
        let text = fs::read_to_string(format!("/proc/{}/smaps_rollup", self.child.id()))?;
        let kibibytes = text.lines().find_map(|line| {
            line.strip_prefix(field)?.strip_prefix(':')?.trim().trim_end_matches(" kB").parse::<f64>().ok()
        });
        Ok(kibibytes.with_context(|| format!("no {field} in smaps_rollup"))? / BYTES_PER_KIBIBYTE)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
