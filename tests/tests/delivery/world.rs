//! A network in which everything is open, an agent that may live more than once, and what stands behind it.
//!
//! ```text
//!   sortie ──▶ witness ──▶ collector ──▶ Prometheus, logs     on the loopback of the VM
//!      └─────▶ mail servers                                   at the end of the chain
//! ```

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};
use e2e::agent::{Daemon, Desk, Stage};
use e2e::backend::{Backend, Collector, Gateway, PROMETHEUS, Tls};
use e2e::ledger::{Catalogue, Points};
use e2e::netns::Namespace;
use e2e::otlp::Protocol;
use e2e::plan::Node;
use e2e::receiver::{Receiver, Requests as _, Step};
use e2e::rules::NodeRules;
use e2e::scenario::{Engine, Scenario};
use e2e::trial::Network;

use crate::gateway::OURS;

const WITNESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 14318);
/// What a cloud would tell.
const RESOURCE: &str = "cloud.account.id=00000000-0000-0000-0000-000000000000,cloud.region=westeurope";
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
    environment: Vec<(&'static str, String)>,
}

/// How an agent reaches the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Over HTTP, past the witness.
    Plain,
    /// Over HTTPS. The witness stands behind the gateway: nobody can read between the two.
    Tls,
}

/// What a way means for those who stand on it.
struct Setup {
    gateway: Gateway,
    endpoint: String,
    behind_witness: SocketAddr,
    environment: Vec<(&'static str, String)>,
}

impl Setup {
    fn of(way: Way, folder: &Path) -> Result<Self> {
        let collector = Collector::address(Protocol::Http);
        let mut environment = vec![("OTEL_RESOURCE_ATTRIBUTES", RESOURCE.to_owned())];
        Ok(match way {
            Way::Plain => Self {
                gateway: Gateway::default(),
                endpoint: format!("http://{WITNESS}"),
                behind_witness: collector,
                environment,
            },
            Way::Tls => {
                let tls = Tls::new(folder)?;
                environment.push(("SSL_CERT_FILE", tls.authority.display().to_string()));
                Self {
                    gateway: Gateway { tls: Some(tls), prometheus: WITNESS, ..Gateway::default() },
                    endpoint: format!("https://{collector}"),
                    behind_witness: PROMETHEUS,
                    environment,
                }
            }
        })
    }
}

/// Builds it, with more of `[otlp]` and other tables of the configuration, and does the job.
pub(crate) fn run(stage: &Stage, way: Way, config: &str, job: Job) -> Result<()> {
    let behind = stage.desk()?.state_dir();
    let setup = Setup::of(way, &behind)?;
    let endpoint = &setup.endpoint;
    let text = format!(
        "title = 'a'\nwhy = 'b'\n[targets]\nfamilies = ['ipv4']\n[config.agent]\ninterval = '4s'\n\
         [config.probe]\nattempts = ['0s', '1s']\nwindow = '3s'\n\
         [config.otlp]\nendpoint = '{endpoint}'\ninterval = '1s'\n{config}\n\
         [[expect]]\nstate = 'open'\n"
    );
    let scenario = Scenario::parse("delivery", &text).map_err(|error| anyhow!("{error}"))?;
    let network = Network::build(&scenario)?;
    let vm = network.chain().node(Node::Vm)?;
    let mut world = World {
        backend: Backend::start_with(&setup.gateway, vm, &behind)?,
        witness: Receiver::start(vm, WITNESS, Protocol::Http, Step::Forward(setup.behind_witness))?,
        desk: stage.desk()?,
        network: &network,
        vm,
        scenario: &scenario,
        stage,
        environment: setup.environment,
    };
    job(&mut world).map_err(|error| anyhow!("{error:#}\n{}{}", world.backend.said(), world.desk.logs()))
}

impl<'a> World<'a> {
    /// Another life of the agent, on what the one before has left.
    pub(crate) fn agent(&self) -> Result<Daemon<'a>> {
        self.agent_with(&[])
    }

    /// As [`World::agent`], with more of an environment.
    pub(crate) fn agent_with(&self, environment: &[(&str, String)]) -> Result<Daemon<'a>> {
        let all = self.environment.iter().chain(environment);
        let environment: Vec<_> = all.map(|(name, value)| (*name, value.as_str())).collect();
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
