//! A network in which everything is open, an agent that may live more than once, and what stands behind it.
//!
//! ```text
//!   sortie ──▶ witness ──▶ collector ──▶ Prometheus, logs     on the loopback of the VM
//!      └─────▶ mail servers                                   at the end of the chain
//! ```

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, anyhow, ensure};
use e2e::agent::{Daemon, Desk, Stage};
use e2e::backend::{Backend, Collector, Gateway, Overlay, PROMETHEUS, Tls};
use e2e::ledger::{Catalogue, Events, Points};
use e2e::netns::Namespace;
use e2e::otlp::Protocol;
use e2e::plan::Node;
use e2e::receiver::{Receiver, Record, Requests as _, Step};
use e2e::rules::NodeRules;
use e2e::scenario::{Engine, Scenario};
use e2e::trial::Network;

use crate::gateway::OURS;

const WITNESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 14318);
/// What a cloud would tell.
const RESOURCE: &str = "cloud.account.id=00000000-0000-0000-0000-000000000000,cloud.region=westeurope";
const UNGUARDED: Overlay =
    Overlay::Text("service:\n  pipelines:\n    metrics:\n      processors: [memory_limiter]\n");
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
    tls: Option<Tls>,
}

/// How an agent reaches the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Over HTTP, past the witness.
    Http,
    /// Over gRPC, past the witness.
    Grpc,
    /// Over HTTP, past the witness, to a gateway that leaves it to the backend to refuse.
    Unguarded,
    /// Over HTTPS. The witness stands behind the gateway: nobody can read between the two.
    Tls,
    /// As [`Way::Tls`], to a gateway that asks for a certificate; it lies where [`World::credentials`] says.
    MutualTls,
}

/// What a way means for those who stand on it.
struct Setup {
    gateway: Gateway,
    endpoint: String,
    /// That of the agent and of the witness, which are one but for TLS.
    protocol: Protocol,
    behind_witness: SocketAddr,
    environment: Vec<(&'static str, String)>,
}

impl Setup {
    fn of(way: Way, folder: &Path) -> Result<Self> {
        let past_witness = |protocol, environment| Self {
            gateway: Gateway::default(),
            endpoint: format!("http://{WITNESS}"),
            protocol,
            behind_witness: Collector::address(protocol),
            environment,
        };
        let mut environment = vec![("OTEL_RESOURCE_ATTRIBUTES", RESOURCE.to_owned())];
        Ok(match way {
            Way::Http => past_witness(Protocol::Http, environment),
            Way::Grpc => past_witness(Protocol::Grpc, environment),
            Way::Unguarded => {
                let mut setup = past_witness(Protocol::Http, environment);
                setup.gateway.overlays.push(UNGUARDED);
                setup
            }
            Way::Tls | Way::MutualTls => {
                let mut tls = Tls::new(folder)?;
                tls.is_mutual = way == Way::MutualTls;
                environment.push(("SSL_CERT_FILE", tls.authority.display().to_string()));
                // What the gateway tells about itself is not for the witness.
                let about_itself = format!("http://{PROMETHEUS}/api/v1/otlp/v1/metrics");
                let gateway = Gateway {
                    tls: Some(tls),
                    prometheus: WITNESS,
                    environment: vec![("SORTIE_GATEWAY_METRICS", about_itself)],
                    ..Gateway::default()
                };
                Self {
                    gateway,
                    endpoint: format!("https://{}", Collector::address(Protocol::Http)),
                    protocol: Protocol::Http,
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
    let (endpoint, protocol) = (&setup.endpoint, setup.protocol);
    let text = format!(
        "title = 'a'\nwhy = 'b'\n[targets]\nfamilies = ['ipv4']\n[config.agent]\ninterval = '4s'\n\
         [config.probe]\nattempts = ['0s', '1s']\nwindow = '3s'\n\
         [config.otlp]\nendpoint = '{endpoint}'\nprotocol = '{protocol}'\ninterval = '1s'\n{config}\n\
         [[expect]]\nstate = 'open'\n"
    );
    let scenario = Scenario::parse("delivery", &text).map_err(|error| anyhow!("{error}"))?;
    let network = Network::build(&scenario)?;
    let vm = network.chain().node(Node::Vm)?;
    let mut world = World {
        backend: Backend::start_with(&setup.gateway, vm, &behind)?,
        witness: Receiver::start(vm, WITNESS, protocol, Step::Forward(setup.behind_witness))?,
        desk: stage.desk()?,
        network: &network,
        vm,
        scenario: &scenario,
        stage,
        environment: setup.environment,
        tls: setup.gateway.tls,
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

    /// What an agent needs in its environment to show a certificate.
    pub(crate) fn credentials(&self) -> Result<[(&'static str, String); 2]> {
        let client = &self.tls.as_ref().context("the gateway does not speak TLS")?.client;
        Ok([
            ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", client.certificate.display().to_string()),
            ("OTEL_EXPORTER_OTLP_CLIENT_KEY", client.key.display().to_string()),
        ])
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

    /// Every point that the agent was told is taken.
    pub(crate) fn acknowledged(&self) -> Result<Points> {
        let records = self.witness.records();
        let taken: Vec<_> = records.into_iter().filter(Record::is_acknowledged).collect();
        Points::of(taken.as_slice().metrics()?, &Catalogue::load()?)
    }

    /// Every event that the agent ever sent, whoever took it.
    pub(crate) fn told(&self) -> Result<Events> {
        Events::of(self.witness.records().as_slice().events()?)
    }

    pub(crate) fn stored(&self) -> Result<Points> {
        self.backend.prometheus.points(OURS)
    }

    /// Waits until Prometheus has every point that the agent ever sent, and no other. An agent that ends may be
    /// interrupted in the middle of a request, and leaves it to its next life: so one has to be alive, and sends while
    /// this looks.
    pub(crate) fn until_all_is_stored(&self, _alive: &Daemon<'_>) -> Result<Points> {
        in_the_end(|| {
            let (before, stored, after) = (self.sent()?, self.stored()?, self.sent()?);
            before.require_within(&stored, ["what was sent", "Prometheus"])?;
            stored.require_within(&after, ["Prometheus", "what was sent"])?;
            Ok(before)
        })
    }

    /// As [`World::until_all_is_stored`], for events, the logs backend and the collector's file.
    pub(crate) fn until_all_is_told(&self, _alive: &Daemon<'_>) -> Result<Events> {
        in_the_end(|| {
            let before = self.told()?;
            let places =
                [(self.backend.events()?, "the backend"), (self.backend.collector.events()?, "the file")];
            let after = self.told()?;
            for (place, name) in places {
                before.require_within(&place, ["what was sent", name])?;
                place.require_within(&after, [name, "what was sent"])?;
            }
            Ok(before)
        })
    }
}

/// Waits until something holds.
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> Result<bool>) -> Result<()> {
    in_the_end(|| {
        ensure!(holds()?, "waited {PATIENCE:?} in vain for {what}");
        Ok(())
    })
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

/// The real time, in milliseconds since 1970.
pub(crate) fn milliseconds() -> Result<u64> {
    Ok(u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?)
}
