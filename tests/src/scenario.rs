//! What a scenario file may say. Everything has a default but the title, the reason and the expectations.
//!
//! A file is parsed, not validated later: an unknown key, a node beyond the chain, a verdict without an
//! expectation or with two of them is refused with the file's name, and with line and column where the
//! text itself is wrong.

mod expect;
mod load;

use std::collections::BTreeMap;

use serde::Deserialize;

pub use expect::{Expect, OneOrMany};
pub use load::load_all;

use crate::dns::Dns;
use crate::flood::Flood;
use crate::forger::ForgerSpec;
use crate::plan::{Family, Host, Node};
use crate::pressure::Pressure;
use crate::rules::NodeRules;
use crate::server::Behaviour;

/// A probe engine of the binary under test.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    Raw,
    Connect,
}

impl Engine {
    pub const BOTH: [Self; 2] = [Self::Raw, Self::Connect];

    pub fn name(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Connect => "connect",
        }
    }
}

/// One condition and what must be said about it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// The file's name without its ending.
    #[serde(skip)]
    pub name: String,
    /// The condition in a few words.
    pub title: String,
    /// Why the expected verdict is the right one.
    pub why: String,
    /// Routers between the VM and the servers.
    #[serde(default = "default_hops")]
    pub hops: u8,
    /// Rules by node: `vm`, `r1` …, `net`, or `routers` for all of them.
    #[serde(default)]
    pub node: BTreeMap<String, NodeRules>,
    /// Servers that do not behave as usual.
    #[serde(default)]
    pub server: Vec<ServerOverride>,
    /// Listeners elsewhere than at the servers, for redirected connections.
    #[serde(default)]
    pub listener: Vec<Listener>,
    /// Present: targets are given by name.
    pub dns: Option<Dns>,
    #[serde(default)]
    pub forger: Vec<ForgerSpec>,
    pub flood: Option<Flood>,
    #[serde(default)]
    pub pressure: Pressure,
    #[serde(default)]
    pub targets: Targets,
    /// Laid over the generated configuration of `sortie`.
    #[serde(default)]
    pub config: toml::Table,
    #[serde(default)]
    pub run: RunSpec,
    pub expect: Vec<Expect>,
}

/// Hosts × ports × families that behave differently from a healthy server.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerOverride {
    #[serde(default = "every_operator")]
    pub hosts: Vec<Host>,
    #[serde(default = "port_25")]
    pub ports: Vec<u16>,
    #[serde(default = "both_families")]
    pub families: Vec<Family>,
    pub does: Behaviour,
}

/// A listener on every address of a node.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listener {
    pub at: Node,
    pub port: u16,
    pub does: Behaviour,
}

/// Which targets the configuration of `sortie` lists.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Targets {
    pub operators: usize,
    pub ports: Vec<u16>,
    pub families: Vec<Family>,
    /// The control's port on the same host; default 587 for a subject on 25, 443 for any other.
    pub control: Option<u16>,
}

impl Default for Targets {
    fn default() -> Self {
        Self { operators: Host::OPERATORS.len(), ports: port_25(), families: both_families(), control: None }
    }
}

/// How `sortie` is run.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RunSpec {
    pub engines: Vec<Engine>,
    /// Run as this user (the raw engine keeps `CAP_NET_RAW`); default root for raw, nobody for connect.
    pub uid: Option<u32>,
    pub deadline_s: u64,
    /// Allowed exit codes, where the states alone do not decide them.
    pub exit: Option<Vec<i32>>,
    /// Upper bound of resident memory, for hostile conditions.
    pub max_rss_mib: Option<u64>,
}

impl Default for RunSpec {
    fn default() -> Self {
        Self { engines: Engine::BOTH.to_vec(), uid: None, deadline_s: 90, exit: None, max_rss_mib: None }
    }
}

fn default_hops() -> u8 {
    5
}

fn every_operator() -> Vec<Host> {
    Host::OPERATORS.to_vec()
}

fn port_25() -> Vec<u16> {
    vec![25]
}

fn both_families() -> Vec<Family> {
    Family::BOTH.to_vec()
}
