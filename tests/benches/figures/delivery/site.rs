//! A network with a place for a receiver, and the lives of an agent in it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use anyhow::Result;
use e2e::agent::{Daemon, Desk, Stage};
use e2e::netns::Namespace;
use e2e::otlp::Protocol;
use e2e::plan::Node;
use e2e::receiver::{Receiver, Step};
use e2e::scenario::{Engine, Scenario};
use e2e::trial::Network;

pub(super) const OPEN: &str = include_str!("../check/open.toml");
pub(super) const DROPPED: &str = include_str!("../check/dropped.toml");

/// At the loopback of the VM, where nothing but the agent's requests to it and the page are.
pub(super) const RECEIVER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 14318);

/// A network of its own, and a state directory that outlives each agent.
pub(super) struct Site<'a> {
    desk: Desk,
    network: Network,
    scenario: Scenario,
    stage: &'a Stage,
}

impl<'a> Site<'a> {
    /// The network of a scenario, and more tables of the agent's configuration.
    pub(super) fn build(scenario: &str, config: &str, stage: &'a Stage) -> Result<Self> {
        let scenario = Scenario::parse("delivery", &format!("{scenario}\n{config}"))?;
        Ok(Self { desk: stage.desk()?, network: Network::build(&scenario)?, scenario, stage })
    }

    /// As [`Site::build`], where everything is open and the agent exports.
    pub(super) fn exporting(config: &str, stage: &'a Stage) -> Result<Self> {
        Self::build(OPEN, &format!("[config.otlp]\nendpoint = 'http://{RECEIVER}'\n{config}"), stage)
    }

    pub(super) fn vm(&self) -> Result<&Namespace> {
        self.network.chain().node(Node::Vm)
    }

    pub(super) fn receiver(&self, usual: Step) -> Result<Receiver> {
        Receiver::start(self.vm()?, RECEIVER, Protocol::Http, usual)
    }

    /// A life of the agent, on what the one before has left.
    pub(super) fn agent(&self, environment: &[(&str, &str)]) -> Result<Daemon<'_>> {
        Daemon::start_on(&self.desk, environment, &self.scenario, Engine::Raw, self.vm()?, self.stage)
    }

    pub(super) fn state_dir(&self) -> PathBuf {
        self.desk.state_dir()
    }

    /// A folder of this benchmark's own.
    pub(super) fn scratch(&self) -> Result<PathBuf> {
        Ok(self.stage.desk()?.state_dir())
    }
}
