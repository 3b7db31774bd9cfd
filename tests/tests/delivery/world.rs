//! A network in which everything is open, an agent that may live more than once, and what stands behind it.
//!
//! ```text
//!   sortie ──▶ witness ──▶ collector ──▶ Prometheus, logs     on the loopback of the VM
//!      └─────▶ mail servers                                   at the end of the chain
//! ```

use std::net::{Ipv4Addr, SocketAddr};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};
use e2e::agent::{Daemon, Desk, Stage};
use e2e::backend::{Backend, Collector};
use e2e::ledger::{Catalogue, Points};
use e2e::netns::Namespace;
use e2e::otlp::Protocol;
use e2e::plan::Node;
use e2e::receiver::{Receiver, Requests as _, Step};
use e2e::rules::NodeRules;
use e2e::scenario::{Engine, Scenario};
use e2e::trial::Network;

use crate::gateway::OURS;

const WITNESS: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 14318);
/// What a cloud would tell.
const RESOURCE: (&str, &str) = (
    "OTEL_RESOURCE_ATTRIBUTES",
    "cloud.account.id=00000000-0000-0000-0000-000000000000,cloud.region=westeurope",
);
/// A backlog is spread over some intervals of a second.
const PATIENCE: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(250);

/// What a trial does.
pub(crate) type Job = fn(&mut World<'_>) -> Result<()>;

/// All of it.
pub(crate) struct World<'a> {
    pub(crate) backend: Backend<'a>,
    pub(crate) witness: Receiver,
    pub(crate) desk: Desk,
    network: &'a Network,
    vm: &'a Namespace,
    scenario: &'a Scenario,
    stage: &'a Stage,
}

/// Builds it, with more of `[otlp]` and other tables of the configuration, and does the job.
pub(crate) fn run(stage: &Stage, config: &str, job: Job) -> Result<()> {
    let text = format!(
        "title = 'a'\nwhy = 'b'\n[targets]\nfamilies = ['ipv4']\n[config.agent]\ninterval = '4s'\n\
         [config.probe]\nattempts = ['0s', '1s']\nwindow = '3s'\n\
         [config.otlp]\nendpoint = 'http://{WITNESS}'\ninterval = '1s'\n{config}\n\
         [[expect]]\nstate = 'open'\n"
    );
    let scenario = Scenario::parse("delivery", &text).map_err(|error| anyhow!("{error}"))?;
    let network = Network::build(&scenario)?;
    let vm = network.chain().node(Node::Vm)?;
    let desk = stage.desk()?;
    let backend = Backend::start(vm, &stage.desk()?.state_dir())?;
    let forward = Step::Forward(Collector::address(Protocol::Http));
    let witness = Receiver::start(vm, WITNESS, Protocol::Http, forward)?;
    let mut world = World { backend, witness, desk, network: &network, vm, scenario: &scenario, stage };
    job(&mut world).map_err(|error| anyhow!("{error:#}\n{}{}", world.backend.said(), world.desk.logs()))
}

impl<'a> World<'a> {
    /// Another life of the agent, on what the one before has left.
    pub(crate) fn agent(&self) -> Result<Daemon<'a>> {
        self.agent_with(&[])
    }

    /// As [`World::agent`], with more of an environment.
    pub(crate) fn agent_with(&self, environment: &[(&str, String)]) -> Result<Daemon<'a>> {
        let more = environment.iter().map(|(name, value)| (*name, value.as_str()));
        let environment: Vec<_> = more.chain([RESOURCE]).collect();
        Daemon::start_on(&self.desk, &environment, self.scenario, Engine::Raw, self.vm, self.stage)
    }

    /// Mail to port 25 is dropped at the first hop.
    pub(crate) fn block(&self) -> Result<()> {
        let router = Node::Router(1);
        let rules = NodeRules { forward: vec!["tcp dport 25 drop".to_owned()], ..NodeRules::default() };
        rules.apply(router, self.network.chain().node(router)?)
    }

    /// Every point that the agent ever sent, whoever took it.
    pub(crate) fn sent(&self) -> Result<Points> {
        Points::of(self.witness.records().as_slice().metrics()?, &Catalogue::load()?)
    }

    pub(crate) fn stored(&self) -> Result<Points> {
        self.backend.prometheus.points(OURS)
    }

    /// Waits until everything that the agent ever sent is stored, and nothing else is.
    pub(crate) fn until_all_is_stored(&self) -> Result<Points> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            // What is stored was sent before; the other way round a moment may lie between.
            let stored = self.stored()?;
            let sent = self.sent()?;
            match sent.require_same(&stored, ["what was sent", "Prometheus"]) {
                Ok(()) => return Ok(sent),
                Err(error) if Instant::now() >= deadline => return Err(error),
                Err(_) => thread::sleep(POLL),
            }
        }
    }
}

/// Waits until something holds.
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> Result<bool>) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while !holds()? {
        if Instant::now() >= deadline {
            bail!("waited {PATIENCE:?} in vain for {what}");
        }
        thread::sleep(POLL);
    }
    Ok(())
}
