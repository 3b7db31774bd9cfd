//! The page of a running agent in headless Chromium: an agent in a network of its own, its page on loopback.
//!
//! Needs root, as the laboratory does, `node`, Chromium (`CHROMIUM`, else `/usr/bin/chromium`) and, once,
//! `npm ci --prefix tests/browser`. Where `SORTIE_PICTURES` names a folder, the pictures of the documentation are taken.

use std::net::TcpListener;
use std::sync::LazyLock;

use e2e::agent::{Daemon, Stage};
use e2e::browser::{Look, look};
use e2e::plan::Node;
use e2e::rules::NodeRules;
use e2e::scenario::{Engine, Scenario};
use e2e::trial::Network;

const OPEN: &str = "Port 25 is open";
const BLOCKED: &str = "Port 25 is blocked by the network provider";

static STAGE: LazyLock<Stage> = LazyLock::new(|| Stage::prepare().expect("there is a stage"));

struct Site {
    scenario: Scenario,
    network: Network,
}

impl Site {
    fn new() -> Self {
        let text = "title = 'a'\nwhy = 'b'\n[dns]\n[targets]\nports = [25, 587]\n[config.agent]\ninterval = '4s'\n\
                    [config.probe]\nattempts = ['0s', '1s']\nwindow = '3s'\n[[expect]]\nstate = 'open'\n";
        let scenario = Scenario::parse("browser", text).expect("it parses");
        let network = Network::build(&scenario).expect("the network is built");
        Self { scenario, network }
    }

    /// An agent that has found everything open, and where its page is.
    fn agent(&self) -> (Daemon<'_>, String) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has ports");
        let url = format!("http://{}/", listener.local_addr().expect("it is bound"));
        let vm = self.network.chain().node(Node::Vm).expect("there is a VM");
        let mut agent =
            Daemon::start_with_page(&self.scenario, Engine::Raw, vm, &STAGE, listener).expect("it starts");
        agent.until("open").expect("at first");
        (agent, url)
    }

    fn block(&self) {
        let router = Node::Router(1);
        let rules = NodeRules { forward: vec!["tcp dport 25 drop".to_owned()], ..NodeRules::default() };
        rules
            .apply(router, self.network.chain().node(router).expect("the chain has it"))
            .expect("the rule is good");
    }
}

#[test]
fn an_open_port_and_a_blocked_one_are_read_by_everybody_on_everything() {
    let site = Site::new();
    let (mut agent, url) = site.agent();
    for (state, headline) in [("open", OPEN), ("platform_blocked", BLOCKED)] {
        if state != "open" {
            site.block();
        }
        agent.until(state).expect("in time");
        look("readable", &url, &[headline]).expect("with the script and without it");
        look("accessible", &url, &[]).expect("in both themes, at both widths, with the keyboard");
        look("narrow", &url, &[]).expect("no sideways scrolling");
    }
    if let Ok(folder) = std::env::var("SORTIE_PICTURES") {
        take_pictures(&url, &folder);
    }
}

/// The pictures of the documentation, of a real block.
fn take_pictures(url: &str, folder: &str) {
    for (device, width, height) in [("desk", "1120", "860"), ("phone", "360", "740")] {
        for scheme in ["light", "dark"] {
            let file = format!("{folder}/page-blocked-{device}-{scheme}.png");
            look("picture", url, &[&file, scheme, width, height]).expect("the folder can be written to");
        }
    }
}

#[test]
fn a_change_reaches_an_open_page_and_an_agent_that_is_gone_is_missed() {
    let site = Site::new();
    let (agent, url) = site.agent();
    let mut change = Look::begin("live", &url, &[OPEN, BLOCKED]).expect("it begins");
    change.watch().expect("the page is open");
    site.block();
    change.end().expect("the change is seen");
    let mut loss = Look::begin("lost", &url, &[]).expect("it begins");
    loss.watch().expect("the page is open");
    drop(agent);
    loss.end().expect("it is missed");
}
