//! One run of the binary at the VM, to its end.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use super::Desk;
use crate::netns::Namespace;

const POLL: Duration = Duration::from_millis(25);
/// Beyond every run that does not wait for somebody.
const DEADLINE: Duration = Duration::from_secs(90);

/// What is run, and how.
#[derive(Clone, Debug)]
pub struct Call<'a> {
    /// The words of the command line, without those that name the configuration.
    pub words: &'a [&'a str],
    pub environment: &'a [(&'a str, &'a str)],
    /// The command that takes rights away before the binary starts.
    pub privileges: &'a [String],
    /// A run that overstays it is killed.
    pub deadline: Duration,
}

impl<'a> Call<'a> {
    /// As root, with an empty environment.
    pub fn of(words: &'a [&'a str]) -> Self {
        Self { words, environment: &[], privileges: &[], deadline: DEADLINE }
    }

    /// Runs it.
    pub fn run(&self, binary: &Path, config: &str, vm: &Namespace, desk: &Desk) -> Result<Said> {
        let file = desk.path("config.toml");
        fs::write(&file, config).context("failed to write the configuration")?;
        let mut command = Command::new("ip");
        command
            .args(["netns", "exec", vm.name()])
            .args(self.privileges)
            .arg(binary)
            .args(self.words)
            .arg("--config")
            .arg(&file)
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("NO_COLOR", "1")
            .envs(self.environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(File::create(desk.path("stdout"))?)
            .stderr(File::create(desk.path("stderr"))?);
        let started = Instant::now();
        let mut running = Running(command.spawn().context("failed to start `ip netns exec`")?);
        let (mut exit, mut peak_rss_kib) = (None, 0);
        while started.elapsed() < self.deadline && exit.is_none() {
            peak_rss_kib = running.peak_rss_kib().max(peak_rss_kib);
            std::thread::sleep(POLL);
            exit = running.0.try_wait()?.map(|status| status.code().unwrap_or(-1));
        }
        drop(running);
        Ok(Said {
            exit,
            stdout: fs::read(desk.path("stdout"))?,
            stderr: String::from_utf8_lossy(&fs::read(desk.path("stderr"))?).into_owned(),
            peak_rss_kib,
            took: started.elapsed(),
        })
    }
}

/// What a run said.
#[derive(Clone, Debug)]
pub struct Said {
    /// `None` where it was killed.
    pub exit: Option<i32>,
    pub stdout: Vec<u8>,
    pub stderr: String,
    pub peak_rss_kib: u64,
    pub took: Duration,
}

/// A child that does not outlive us: `ip` and `setpriv` become the binary, so its id is the binary's.
struct Running(Child);

impl Running {
    fn peak_rss_kib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
