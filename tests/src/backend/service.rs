//! A program that can be stopped, killed and started again on the same data and the same ports.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use nix::sys::signal::Signal;

use crate::http;
use crate::netns::Namespace;
use crate::process::Process;

/// Prometheus reads its log of writes before it is ready; everything else is far quicker.
const PATIENCE: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(20);

/// How a program is started.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) name: &'static str,
    pub(super) binary: PathBuf,
    pub(super) arguments: Vec<String>,
    pub(super) environment: Vec<(String, String)>,
    /// Where it says 200 when it is ready.
    pub(super) health: (SocketAddr, &'static str),
}

/// A program, and the life that it is in.
#[derive(Debug)]
pub struct Service<'a> {
    program: Program,
    pub(super) namespace: &'a Namespace,
    /// Where it writes what it says, one file for each life.
    logs: PathBuf,
    lives: Vec<PathBuf>,
    process: Option<Process>,
}

impl<'a> Service<'a> {
    /// Starts a program in a namespace for the first time, and waits until it is ready. What it says is under `logs`.
    pub(super) fn launch(program: Program, namespace: &'a Namespace, logs: &Path) -> Result<Self> {
        let mut service =
            Self { program, namespace, logs: logs.to_owned(), lives: Vec::new(), process: None };
        service.start()?;
        Ok(service)
    }
}

impl Service<'_> {
    /// Starts it, and waits until it is ready.
    pub fn start(&mut self) -> Result<()> {
        let log = self.logs.join(format!("{}-{}.log", self.program.name, self.lives.len()));
        let Program { binary, arguments, environment, .. } = &self.program;
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let environment: Vec<_> =
            environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let process =
            Process::start_with(&environment, binary, &arguments, self.namespace, Stdio::null(), &log)?;
        self.lives.push(log);
        self.process = Some(process);
        self.wait_until_ready()
    }

    /// Asks it to end, and waits until it has.
    pub fn stop(&mut self) -> Result<()> {
        let mut process =
            self.process.take().with_context(|| format!("{} does not run", self.program.name))?;
        process.stop(PATIENCE).with_context(|| format!("{} was asked to end", self.program.name))?;
        Ok(())
    }

    /// Kills it (SIGKILL), and waits until it is gone.
    pub fn kill(&mut self) -> Result<()> {
        drop(self.process.take().with_context(|| format!("{} does not run", self.program.name))?);
        Ok(())
    }

    /// Lets it hang: its ports take connections, and nothing answers.
    pub fn freeze(&self) -> Result<()> {
        self.running()?.signal(Signal::SIGSTOP)
    }

    pub fn thaw(&self) -> Result<()> {
        self.running()?.signal(Signal::SIGCONT)
    }

    /// CPU time of this life.
    pub fn cpu_time(&self) -> Result<Duration> {
        self.running()?.cpu_time()
    }

    /// A field of `smaps_rollup` of this life, in mebibytes.
    pub fn memory(&self, field: &str) -> Result<f64> {
        self.running()?.memory(field)
    }

    /// What it said in all its lives.
    pub fn log(&self) -> String {
        self.lives
            .iter()
            .filter_map(|log| fs::read_to_string(log).ok())
            .collect::<Vec<_>>()
            .join("-- again\n")
    }

    fn running(&self) -> Result<&Process> {
        self.process.as_ref().with_context(|| format!("{} does not run", self.program.name))
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let (address, path) = self.program.health;
        let name = self.program.name;
        let process = self.process.as_mut().with_context(|| format!("{name} does not run"))?;
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            process.live_until(Instant::now()).with_context(|| format!("{name} does not start"))?;
            let ready =
                self.namespace.run(|| Ok(http::get(address, path).is_ok_and(|it| it.status == 200)))?;
            if ready {
                return Ok(());
            }
            std::thread::sleep(POLL);
        }
        bail!("{name} was not ready within {PATIENCE:?}: {}", self.log())
    }
}

/// A program that tests need and do not bring: the variable that names it, else the cache of `tests/backends`.
pub(super) fn find(variable: &str, name: &str) -> Result<PathBuf> {
    if let Some(path) = std::env::var_os(variable) {
        return Ok(path.into());
    }
    let cache = match std::env::var_os("XDG_CACHE_HOME") {
        Some(cache) => PathBuf::from(cache),
        None => Path::new(&std::env::var_os("HOME").unwrap_or_else(|| "/root".into())).join(".cache"),
    };
    let path = cache.join("sortie/tools/bin").join(name);
    if path.exists() {
        return Ok(path);
    }
    bail!("there is no {}: `tests/backends` builds it, or name it in {variable}", path.display())
}
