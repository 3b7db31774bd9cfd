//! The binary under test: where it lies, how it is run in a namespace, what it answered.

mod daemon;
mod stage;

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::netns::Namespace;
use crate::report::Report;
use crate::scenario::{Engine, Scenario};

pub use daemon::{Daemon, PAGE};
pub use stage::{Stage, sweep};

const NOBODY: u32 = 65_534;
const POLL: Duration = Duration::from_millis(25);

/// What a run of `sortie check` gave.
#[derive(Debug)]
pub struct Answer {
    pub report: Result<Report, String>,
    pub exit: Option<i32>,
    pub stderr: String,
    pub peak_rss_kib: u64,
    pub took: Duration,
}

impl Default for Answer {
    fn default() -> Self {
        Self {
            report: Err("it was not run".into()),
            exit: None,
            stderr: String::new(),
            peak_rss_kib: 0,
            took: Duration::ZERO,
        }
    }
}

/// One run's files. The folder is readable by everybody: an unprivileged engine must read its own config.
#[derive(Debug)]
pub struct Desk {
    folder: PathBuf,
}

impl Desk {
    pub(crate) fn new(folder: PathBuf) -> Result<Self> {
        let state = folder.join("state");
        fs::create_dir_all(&state).with_context(|| format!("failed to create {}", state.display()))?;
        fs::set_permissions(&state, fs::Permissions::from_mode(0o777))?;
        Ok(Self { folder })
    }

    pub fn state_dir(&self) -> PathBuf {
        self.folder.join("state")
    }

    /// What the lives of an agent on this desk said.
    pub fn logs(&self) -> String {
        let logs = (0..).map_while(|life: u32| {
            let log = fs::read_to_string(self.path(&format!("log-{life}"))).ok()?;
            Some(format!("the agent said in its life {life}:\n{log}"))
        });
        logs.collect()
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.join(file)
    }
}

/// Runs `sortie check` at the VM. A run that overstays its deadline is killed and says so in the answer.
pub fn check(
    binary: &Path,
    scenario: &Scenario,
    engine: Engine,
    config: &str,
    vm: &Namespace,
    desk: &Desk,
) -> Result<Answer> {
    let config_path = desk.path("config.toml");
    fs::write(&config_path, config).context("failed to write the configuration")?;
    let deadline = Duration::from_secs(scenario.run.deadline_s);
    let mut command = Command::new("ip");
    command
        .args(["netns", "exec", vm.name()])
        .args(privileges(engine, scenario.run.uid))
        .arg(binary)
        .args(["check", "--format", "json", "--engine", engine.name(), "--config"])
        .arg(&config_path)
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .stdout(File::create(desk.path("stdout"))?)
        .stderr(File::create(desk.path("stderr"))?);
    let started = Instant::now();
    let mut running = Running(command.spawn().context("failed to start `ip netns exec`")?);
    let mut answer = Answer::default();
    while started.elapsed() < deadline && answer.exit.is_none() {
        answer.peak_rss_kib = answer.peak_rss_kib.max(running.peak_rss_kib());
        std::thread::sleep(POLL);
        answer.exit = running.0.try_wait()?.map(|status| status.code().unwrap_or(-1));
    }
    drop(running);
    answer.took = started.elapsed();
    answer.stderr = String::from_utf8_lossy(&fs::read(desk.path("stderr"))?).into_owned();
    let stdout = fs::read(desk.path("stdout"))?;
    answer.report = match answer.exit {
        None => Err(format!("still running after {} s", scenario.run.deadline_s)),
        Some(code) => parse(&stdout).map_err(|error| format!("{error} (exit code {code})")),
    };
    Ok(answer)
}

fn parse(stdout: &[u8]) -> Result<Report, String> {
    serde_json::from_slice(stdout).map_err(|error| {
        let text = String::from_utf8_lossy(stdout);
        format!(
            "standard output is no sortie.report/1: {error}: `{}`",
            text.chars().take(300).collect::<String>()
        )
    })
}

/// The command words that take rights away before the binary starts. The binary dies with this thread: a
/// laboratory that is killed cannot drop its children.
fn privileges(engine: Engine, uid: Option<u32>) -> Vec<String> {
    let mut words = vec!["setpriv".to_owned(), "--pdeathsig=KILL".to_owned()];
    let uid = uid.or((engine == Engine::Connect).then_some(NOBODY));
    if let Some(uid) = uid {
        words.extend([format!("--reuid={uid}"), format!("--regid={uid}"), "--clear-groups".to_owned()]);
        words.extend(match engine {
            Engine::Raw => {
                ["--inh-caps=-all,+net_raw".to_owned(), "--ambient-caps=+net_raw".to_owned()].to_vec()
            }
            Engine::Connect => vec!["--bounding-set=-all".to_owned()],
        });
    }
    words.push("--".to_owned());
    words
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
