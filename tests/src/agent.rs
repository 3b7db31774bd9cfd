//! The binary under test: where it lies, how it is run in a namespace, what it answered.

mod call;
mod daemon;
mod stage;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::netns::Namespace;
use crate::report::Report;
use crate::scenario::{Engine, Scenario};

pub use call::{Call, Said};
pub use daemon::{Daemon, PAGE};
pub use stage::{Stage, sweep};

const NOBODY: u32 = 65_534;

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
    let words = ["check", "--format", "json", "--engine", engine.name()];
    let privileges = privileges(engine, scenario.run.uid);
    let deadline = Duration::from_secs(scenario.run.deadline_s);
    let call = Call { privileges: &privileges, deadline, ..Call::of(&words) };
    let said = call.run(binary, config, vm, desk)?;
    let report = match said.exit {
        None => Err(format!("still running after {} s", scenario.run.deadline_s)),
        Some(code) => parse(&said.stdout).map_err(|error| format!("{error} (exit code {code})")),
    };
    let Said { exit, stderr, peak_rss_kib, took, .. } = said;
    Ok(Answer { report, exit, stderr, peak_rss_kib, took })
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
