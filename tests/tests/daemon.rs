//! `sortie run` while the network around it breaks and heals: what it says, what it never says, and that it goes on.
//!
//! Needs root, as the laboratory does.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use e2e::agent::{Daemon, Stage};
use e2e::command::feed;
use e2e::netns::Namespace;
use e2e::plan::{Family, INWARD, Link, Node, outward};
use e2e::report::NARROW;
use e2e::rules::NodeRules;
use e2e::scenario::{Engine, Scenario};
use e2e::trial::Network;
use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;
use serde_json::Value;

/// Several rounds of the sentinels, and a sitting.
const ROUNDS: Duration = Duration::from_secs(30);

/// How often an agent is stopped, and for how long each time: longer than any window of a round.
const STOPS: u32 = 8;
const STOPPED: Duration = Duration::from_secs(9);

static STAGE: LazyLock<Stage> = LazyLock::new(|| Stage::prepare().expect("there is a stage"));

/// A network in which everything is open, and what changes in it.
struct Trial {
    scenario: Scenario,
    network: Network,
}

impl Trial {
    fn new(rest: &str) -> Self {
        let text = format!(
            "title = 'a'\nwhy = 'b'\n{rest}\n[targets]\nfamilies = ['ipv4']\n[config.agent]\ninterval = '4s'\n\
             [config.probe]\nattempts = ['0s', '1s']\nwindow = '3s'\n[[expect]]\nstate = 'open'\n"
        );
        let scenario = Scenario::parse("daemon", &text).expect("it parses");
        let network = Network::build(&scenario).expect("the network is built");
        Self { scenario, network }
    }

    fn node(&self, node: Node) -> &Namespace {
        self.network.chain().node(node).expect("the chain has it")
    }

    fn agent(&self, engine: Engine) -> Daemon<'_> {
        Daemon::start(&self.scenario, engine, self.node(Node::Vm), &STAGE).expect("it starts")
    }

    fn forward(&self, router: u8, rules: &[&str]) {
        let forward = rules.iter().map(ToString::to_string).collect();
        let rules = NodeRules { forward, ..NodeRules::default() };
        rules.apply(Node::Router(router), self.node(Node::Router(router))).expect("the rules are good");
    }

    fn forget_rules(&self, router: u8) {
        self.node(Node::Router(router))
            .run(|| feed("nft", &["-f", "-"], "flush ruleset"))
            .expect("nft works");
    }

    fn ip(&self, script: &str) {
        feed("ip", &["-n", self.node(Node::Vm).name(), "-batch", "-"], script).expect("ip works");
    }
}

/// The states that port 25 went through, the first one included.
fn states(agent: &Daemon<'_>) -> Result<Vec<String>> {
    let history: Value = serde_json::from_str(&agent.get("/api/v1/history")?.body)?;
    let changes = history["changes"].as_array().context("a history has changes")?;
    let of_mail = changes.iter().filter(|change| change["port"] == 25);
    Ok(of_mail.map(|change| change["state"].as_str().unwrap_or_default().to_owned()).collect())
}

#[test]
fn a_block_and_its_lift_are_one_change_each() {
    let trial = Trial::new("");
    let mut agent = trial.agent(Engine::Raw);
    agent.until("open").expect("at first");
    trial.forward(1, &["tcp dport 25 drop"]);
    agent.until("platform_blocked").expect("while it is dropped");
    trial.forget_rules(1);
    agent.until("open").expect("at last");
    assert_eq!(states(&agent).expect("a history"), ["open", "platform_blocked", "open"]);
}

#[test]
fn an_interface_that_goes_down_and_up_again_accuses_nobody() {
    for engine in [Engine::Raw, Engine::Connect] {
        let trial = Trial::new("");
        let mut agent = trial.agent(engine);
        agent.until("open").expect("at first");
        let (interface, gateway) = (outward(Node::Vm), Link(0).outer(Family::Ipv4));
        trial.ip(&format!("link set {interface} down\n"));
        agent.until("no_egress").expect("while it is down");
        trial.ip(&format!("link set {interface} up\nroute add default via {gateway}\n"));
        agent.until("open").expect("at last");
        assert_eq!(states(&agent).expect("a history"), ["open", "no_egress", "open"], "{}", engine.name());
    }
}

#[test]
fn another_address_of_the_machine_is_no_change() {
    let trial = Trial::new("[node.r1]\nnat_postrouting = ['ip saddr 203.0.113.77 masquerade']");
    let mut agent = trial.agent(Engine::Raw);
    agent.until("open").expect("at first");
    let interface = outward(Node::Vm);
    let [old, gateway] = [Link(0).inner(Family::Ipv4), Link(0).outer(Family::Ipv4)];
    let way_back = format!("route add 203.0.113.77/32 dev {INWARD}\n");
    feed("ip", &["-n", trial.node(Node::Router(1)).name(), "-batch", "-"], &way_back).expect("ip works");
    trial.ip(&format!(
        "addr del {old}/31 dev {interface}\naddr add 203.0.113.77/32 dev {interface}\n\
         route replace {gateway} dev {interface}\nroute replace default via {gateway}\n"
    ));
    agent.process().live_until(Instant::now() + ROUNDS).expect("it lives");
    agent.until("open").expect("still");
    assert_eq!(states(&agent).expect("a history"), ["open"]);
    let report = agent.report().expect("a report");
    let latest = report.observations.iter().filter(|seen| seen.role == "subject");
    assert!(latest.clone().count() > 0 && latest.clone().all(|seen| seen.outcome != "timeout"), "{report:?}");
}

#[test]
fn a_raw_engine_that_is_stopped_in_the_middle_of_a_round_invents_nothing() {
    stop_and_go_on(Engine::Raw);
}

#[test]
fn a_connect_engine_that_is_stopped_in_the_middle_of_a_round_invents_nothing() {
    stop_and_go_on(Engine::Connect);
}

/// A hypervisor that migrates a machine stops it for seconds, and its clocks go on.
fn stop_and_go_on(engine: Engine) {
    let trial = Trial::new("");
    let mut agent = trial.agent(engine);
    agent.until("open").expect("at first");
    let pid = Pid::from_raw(i32::try_from(agent.process().id()).expect("a process id"));
    for _ in 0..STOPS {
        // Somewhere within a round or the pause after it.
        let moment = Instant::now() + Duration::from_secs(5).mul_f64(fastrand::f64());
        agent.process().live_until(moment).expect("it lives");
        signal::kill(pid, Signal::SIGSTOP).expect("it runs");
        std::thread::sleep(STOPPED);
        signal::kill(pid, Signal::SIGCONT).expect("it is still there");
    }
    agent.until("open").expect("at last");
    assert_eq!(states(&agent).expect("a history"), ["open"]);
}

#[test]
fn names_that_nobody_resolves_any_more_accuse_nobody_and_are_found_again() {
    let trial = Trial::new("[dns]");
    let mut agent = trial.agent(Engine::Raw);
    agent.until("open").expect("at first");
    trial.forward(1, &["udp dport 53 drop", "tcp dport 53 drop"]);
    agent.process().live_until(Instant::now() + 2 * ROUNDS).expect("it lives");
    let meanwhile = states(&agent).expect("a history");
    assert!(meanwhile.iter().all(|state| !NARROW.contains(&state.as_str())), "{meanwhile:?}");
    trial.forget_rules(1);
    agent.until("open").expect("at last");
    assert_eq!(agent.get("/readyz").expect("it is served").status, 200);
}
