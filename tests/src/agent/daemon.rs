//! A running `sortie run`, asked as Prometheus and a browser ask it.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener};
use std::os::fd::OwnedFd;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use super::{Desk, Stage};
use crate::netns::Namespace;
use crate::process::Process;
use crate::report::Report;
use crate::scenario::{Engine, Scenario};
use crate::{config, http};

/// The page's default address, in a namespace of its own for each agent.
pub const PAGE: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 9525));

/// Far beyond every budget: what is not shown by then is not shown.
const PATIENCE: Duration = Duration::from_secs(300);
const POLL: Duration = Duration::from_millis(100);

/// The agent, with the configuration of a scenario.
#[derive(Debug)]
pub struct Daemon<'a> {
    process: Process,
    page: SocketAddr,
    /// Where the page is served; `None` for the namespace of the test itself.
    page_at: Option<&'a Namespace>,
}

impl<'a> Daemon<'a> {
    /// Starts it at the VM, with its page there.
    pub fn start(scenario: &Scenario, engine: Engine, vm: &'a Namespace, stage: &Stage) -> Result<Self> {
        Self::start_on(&stage.desk()?, &[], scenario, engine, vm, stage)
    }

    /// As [`Daemon::start`], with what earlier lives left in the state directory of this desk, and an environment.
    pub fn start_on(
        desk: &Desk,
        environment: &[(&str, &str)],
        scenario: &Scenario,
        engine: Engine,
        vm: &'a Namespace,
        stage: &Stage,
    ) -> Result<Self> {
        let process = launch(desk, environment, scenario, engine, vm, stage, &[], Stdio::null())?;
        Ok(Self { process, page: PAGE, page_at: Some(vm) })
    }

    /// Starts it at the VM, with its page on a socket of this process, where a browser can reach it.
    pub fn start_with_page(
        scenario: &Scenario,
        engine: Engine,
        vm: &Namespace,
        stage: &Stage,
        page: TcpListener,
    ) -> Result<Self> {
        let address = page.local_addr().context("the page's socket listens")?;
        let socket = Stdio::from(OwnedFd::from(page));
        let flags = &["--listen-fd", "0"];
        let process = launch(&stage.desk()?, &[], scenario, engine, vm, stage, flags, socket)?;
        Ok(Self { process, page: address, page_at: None })
    }

    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// Asks its page's server.
    pub fn get(&self, path: &str) -> Result<http::Answer> {
        match self.page_at {
            Some(vm) => vm.run(|| http::get(self.page, path)),
            None => http::get(self.page, path),
        }
    }

    /// The report that it shows now.
    pub fn report(&self) -> Result<Report> {
        let body = self.get("/api/v1/report")?.body;
        serde_json::from_str(&body).with_context(|| format!("this is no report: {body}"))
    }

    /// Waits until `/metrics` shows port 25 over IPv4 in this state, and says when it did.
    pub fn until(&mut self, state: &str) -> Result<Instant> {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            self.process.live_until(Instant::now())?;
            // Until the page is served nothing is shown.
            if self.get("/metrics").is_ok_and(|answer| shows(&answer.body, state)) {
                return Ok(Instant::now());
            }
            thread::sleep(POLL);
        }
        bail!("{state} was not shown within {} s; the log:\n{}", PATIENCE.as_secs(), self.process.log())
    }
}

#[expect(clippy::too_many_arguments, reason = "all that a life is made of, in one place")]
fn launch(
    desk: &Desk,
    environment: &[(&str, &str)],
    scenario: &Scenario,
    engine: Engine,
    vm: &Namespace,
    stage: &Stage,
    flags: &[&str],
    stdin: Stdio,
) -> Result<Process> {
    // Beside the state directory, which may be full. A life does not write over the log of the one before.
    let file = desk.path("config.toml");
    let mut logs = (0..).map(|life: u32| desk.path(&format!("log-{life}")));
    let log = logs.find(|log| !log.exists()).context("lives can be counted")?;
    fs::write(&file, config::text(scenario, engine, &desk.state_dir())?)
        .context("failed to write the configuration")?;
    let file = file.to_string_lossy();
    let arguments = [&["run", "--config", &file], flags].concat();
    Process::start_with(environment, &stage.binary(), &arguments, vm, stdin, &log)
}

fn shows(metrics: &str, state: &str) -> bool {
    let state = format!("sortie_port_state=\"{state}\"");
    let wanted = ["server_port=\"25\"", "network_type=\"ipv4\"", &state];
    let mut lines =
        metrics.lines().filter(|line| line.starts_with("sortie_port_status{") && line.ends_with(" 1"));
    lines.any(|line| wanted.iter().all(|label| line.contains(label)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_current_state_is_shown() {
        let series = |state, value| {
            let labels = r#"network_type="ipv4",server_port="25""#;
            format!("sortie_port_status{{{labels},sortie_port_state=\"{state}\"}} {value}\n")
        };
        let metrics = series("open", 0) + &series("refused", 1);
        assert!(shows(&metrics, "refused") && !shows(&metrics, "open"), "{metrics}");
    }
}
