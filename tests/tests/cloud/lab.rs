//! A machine in Azure: mail servers at the end of the chain, Azure around it, and a receiver of what the agent tells.
//!
//! ```text
//!   sortie ──▶ metadata service      at the first hop, where the platform drops port 25 when it does
//!      ├─────▶ Resource Manager, mail servers   at the end of the chain
//!      └─────▶ receiver              on the loopback of the VM
//! ```

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, ensure};
use e2e::agent::{Call, Daemon, Desk, Said, Stage};
use e2e::azure::{Azure, Cloud};
use e2e::command::feed;
use e2e::config;
use e2e::ledger::{Event, Events};
use e2e::netns::Namespace;
use e2e::otlp::Protocol;
use e2e::plan::Node;
use e2e::receiver::{Receiver, Requests as _, Step};
use e2e::rules::NodeRules;
use e2e::scenario::{Engine, Scenario};
use e2e::trial::Network;
use serde_json::Value;

/// A name, and what is done.
pub(crate) type Case = (&'static str, fn(&Stage) -> Result<()>);

/// The metadata service where it is on every machine of Azure.
pub(crate) const IMDS: &str = "[config.cloud]\nimds = 'http://169.254.169.254'";

/// Both services, and the most frequent polls that are allowed.
pub(crate) const ARM: &str =
    "[config.cloud]\nimds = 'http://169.254.169.254'\narm = 'http://192.0.2.80'\narm_interval = '60s'";

const RECEIVER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 14318);

const DROP: &str = "tcp dport 25 drop";

/// More than one round of an agent.
const EXPORTS: usize = 6;

/// Three polls of Resource Manager, which are a minute apart at least.
pub(crate) const PATIENCE: Duration = Duration::from_secs(200);
const POLL: Duration = Duration::from_millis(250);

/// All of it. Whoever asks goes before whom he asks, and everybody before the network.
pub(crate) struct Lab<'a> {
    pub(crate) azure: Azure,
    pub(crate) receiver: Receiver,
    pub(crate) desk: Desk,
    network: Network,
    scenario: Scenario,
    stage: &'a Stage,
}

impl<'a> Lab<'a> {
    /// Builds it, with more of the configuration.
    pub(crate) fn new(stage: &'a Stage, cloud: Cloud, config: &str) -> Result<Self> {
        let expect =
            if config.contains("[config.expect]") { "" } else { "[config.expect]\nport_25 = 'auto'\n" };
        let text = format!(
            "title = 'a'\nwhy = 'b'\n[targets]\nfamilies = ['ipv4']\n[config.agent]\ninterval = '4s'\n\
             [config.probe]\nattempts = ['0s', '1s']\nwindow = '3s'\n{expect}\
             [config.otlp]\nendpoint = 'http://{RECEIVER}'\ninterval = '1s'\n{config}\n\
             [[expect]]\nstate = 'open'\n"
        );
        let scenario = Scenario::parse("cloud", &text).map_err(|error| anyhow!("{error}"))?;
        let network = Network::build(&scenario)?;
        Ok(Self {
            azure: Azure::start(network.chain(), cloud)?,
            receiver: Receiver::start(network.chain().node(Node::Vm)?, RECEIVER, Protocol::Http, Step::Take)?,
            desk: stage.desk()?,
            network,
            scenario,
            stage,
        })
    }

    pub(crate) fn vm(&self) -> Result<&Namespace> {
        self.network.chain().node(Node::Vm)
    }

    /// Mail to port 25 is dropped where the platform is.
    pub(crate) fn drop_port_25(&self) -> Result<()> {
        self.stop_at(Node::Router(1), &NodeRules { forward: vec![DROP.to_owned()], ..NodeRules::default() })
    }

    /// Rules at one of the nodes.
    pub(crate) fn stop_at(&self, node: Node, rules: &NodeRules) -> Result<()> {
        rules.apply(node, self.network.chain().node(node)?)
    }

    /// Nothing is dropped by the platform any more.
    pub(crate) fn lift(&self) -> Result<()> {
        self.network.chain().node(Node::Router(1))?.run(|| feed("nft", &["-f", "-"], "flush ruleset"))
    }

    /// `sortie check` in JSON.
    pub(crate) fn check(&self) -> Result<Checked> {
        self.check_with(&[])
    }

    /// The same, in an environment.
    pub(crate) fn check_with(&self, environment: &[(&str, &str)]) -> Result<Checked> {
        let said = self.call(&Call { environment, ..Call::of(&["check", "--format", "json"]) })?;
        let report = serde_json::from_slice(&said.stdout)
            .with_context(|| format!("there is no report, exit code {:?}: {}", said.exit, said.stderr))?;
        Ok(Checked { report, said })
    }

    /// The binary, to its end.
    pub(crate) fn call(&self, call: &Call<'_>) -> Result<Said> {
        let config = config::text(&self.scenario, Engine::Raw, &self.desk.state_dir())?;
        call.run(&self.stage.binary(), &config, self.vm()?, &self.desk)
    }

    /// What is done, with what the agent said where it fails.
    pub(crate) fn with_logs<T>(&self, done: Result<T>) -> Result<T> {
        done.map_err(|error| anyhow!("{error:#}\n{}", self.desk.logs()))
    }

    /// The events of a name that were told so far, in the order in which they happened.
    pub(crate) fn events_named(&self, name: &str) -> Result<Vec<Event>> {
        let events = Events::of(self.receiver.records().as_slice().events()?)?;
        let mut events: Vec<_> =
            events.iter().map(|(_, event)| event.clone()).filter(|event| event.name == name).collect();
        events.sort_by_key(|event| event.at);
        Ok(events)
    }

    /// Waits until this many events of a name were told, and returns them.
    pub(crate) fn until_told(&self, name: &str, count: usize) -> Result<Vec<Event>> {
        in_the_end(|| {
            let events = self.events_named(name)?;
            ensure!(events.len() >= count, "{} of {count} {name} were told", events.len());
            Ok(events)
        })
    }

    /// Waits until whatever has happened by now is told: events leave at once, and metrics every second.
    pub(crate) fn until_exported_again(&self) -> Result<()> {
        let before = self.receiver.records().len();
        self.receiver.wait("more exports", PATIENCE, |records| records.len() > before + EXPORTS)?;
        Ok(())
    }

    /// Another life of the agent, on what the one before has left.
    pub(crate) fn agent(&self) -> Result<Daemon<'_>> {
        Daemon::start_on(&self.desk, &[], &self.scenario, Engine::Raw, self.vm()?, self.stage)
    }
}

/// What a check said.
pub(crate) struct Checked {
    pub(crate) report: Value,
    pub(crate) said: Said,
}

impl Checked {
    pub(crate) fn cloud(&self) -> &Value {
        &self.report["cloud"]
    }

    /// Requires a state of port 25 and an exit code.
    pub(crate) fn require(&self, state: &str, exit: i32) -> Result<()> {
        let verdict = self.verdict(25)?;
        ensure!(verdict["state"] == state, "{state} was to be said, and this was: {verdict:#}");
        ensure!(self.said.exit == Some(exit), "exit code {:?} and not {exit}: {verdict:#}", self.said.exit);
        Ok(())
    }

    pub(crate) fn verdict(&self, port: u16) -> Result<&Value> {
        let verdicts = self.report["verdicts"].as_array().context("a report has verdicts")?;
        verdicts.iter().find(|it| it["port"] == port).with_context(|| format!("no verdict of port {port}"))
    }

    pub(crate) fn took(&self) -> Duration {
        self.said.took
    }
}

/// Requires fields of a document to be as they are written here.
pub(crate) fn require_fields(document: &Value, fields: &[(&str, Value)]) -> Result<()> {
    for (name, expected) in fields {
        ensure!(document[name] == *expected, "{name} is {} and not {expected}: {document:#}", document[name]);
    }
    Ok(())
}

/// Tries until it succeeds. What fails for long enough has failed.
pub(crate) fn in_the_end<T>(mut attempt: impl FnMut() -> Result<T>) -> Result<T> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match attempt() {
            Err(_) if Instant::now() < deadline => thread::sleep(POLL),
            outcome => return outcome,
        }
    }
}
