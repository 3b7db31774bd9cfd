//! One scenario with one engine: build the network, run `sortie`, judge, and take everything down again.

use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

use anyhow::Result;

use crate::agent::{self, Answer, Stage};
use crate::judge::{Cell, Grade, Judgement, judge};
use crate::plan::{Family, Node, resolver};
use crate::rules::NodeRules;
use crate::scenario::{Engine, Scenario};
use crate::stop::Helper;
use crate::topology::Chain;
use crate::{config, dns, flood, forger, server};

/// A living network. Helpers go before the namespaces they live in.
#[derive(Debug)]
pub struct Network {
    _helpers: Vec<Helper>,
    chain: Chain,
}

impl Network {
    /// Builds the chain, then rules, then everything that lives in it.
    pub fn build(scenario: &Scenario) -> Result<Self> {
        let chain = Chain::build(scenario.hops)?;
        for node in Node::chain(scenario.hops) {
            rules_of(scenario, node)?.apply(node, chain.node(node)?)?;
        }
        let net = chain.node(Node::Net)?;
        let mut helpers = vec![server::start(scenario, net)?];
        helpers.push(dns::start(scenario.dns.clone().unwrap_or_default(), net)?);
        for node in Node::chain(scenario.hops) {
            if scenario.listener.iter().any(|listener| listener.at == node) {
                helpers.push(server::start_listeners(scenario, node, chain.node(node)?)?);
            }
        }
        for spec in &scenario.forger {
            helpers.push(forger::start(spec.clone(), chain.node(spec.at)?)?);
        }
        if let Some(spec) = &scenario.flood {
            helpers.push(flood::start(spec, chain.node(spec.at)?)?);
        }
        let vm = chain.node(Node::Vm)?;
        let servers = Family::BOTH.map(|family| format!("nameserver {}\n", resolver(family)));
        vm.write_etc("resolv.conf", &servers.concat())?;
        helpers.extend(scenario.pressure.apply(vm)?);
        Ok(Self { _helpers: helpers, chain })
    }

    pub fn chain(&self) -> &Chain {
        &self.chain
    }
}

/// The rules that a scenario means for one node, with those that its servers and forgers need.
fn rules_of(scenario: &Scenario, node: Node) -> Result<NodeRules> {
    let mut rules = NodeRules::default();
    for (key, more) in &scenario.node {
        if scenario.nodes_named(key)?.contains(&node) {
            rules.extend(more);
        }
    }
    if node == Node::Net {
        rules.input.extend(server::rules_for_the_dead(scenario));
    }
    for spec in scenario.forger.iter().filter(|spec| spec.at == node) {
        rules.prerouting.extend(spec.rules());
    }
    Ok(rules)
}

/// Runs a trial and adds its cells to `cells`.
///
/// # Errors
/// The text for the person who must find out why: what was expected, what was seen, and everything the
/// binary under test said.
pub fn run(
    scenario: &Scenario,
    engine: Engine,
    stage: &Stage,
    cells: &Mutex<Vec<Cell>>,
) -> Result<(), String> {
    let (judgement, config, answer) = match attempt(scenario, engine, stage) {
        Ok(outcome) => outcome,
        Err(error) => {
            let answer =
                Answer { report: Err(format!("the laboratory failed: {error:#}")), ..Answer::default() };
            (judge(scenario, engine, &answer), String::new(), answer)
        }
    };
    let failure = (!judgement.complaints.is_empty()
        || judgement.cells.iter().any(|cell| cell.grade != Grade::Right))
    .then(|| describe(scenario, engine, &judgement, &config, &answer));
    cells.lock().unwrap_or_else(PoisonError::into_inner).extend(judgement.cells);
    failure.map_or(Ok(()), Err)
}

fn attempt(scenario: &Scenario, engine: Engine, stage: &Stage) -> Result<(Judgement, String, Answer)> {
    let network = Network::build(scenario)?;
    let desk = stage.desk()?;
    let config = config::text(scenario, engine, &desk.state_dir())?;
    let vm = network.chain().node(Node::Vm)?;
    let answer = agent::check(&stage.binary(), scenario, engine, &config, vm, &desk)?;
    Ok((judge(scenario, engine, &answer), config, answer))
}

fn describe(
    scenario: &Scenario,
    engine: Engine,
    judgement: &Judgement,
    config: &str,
    answer: &Answer,
) -> String {
    let mut text =
        format!("{} with {}: {}\n{}\n", scenario.name, engine.name(), scenario.title, scenario.why);
    for complaint in &judgement.complaints {
        let _ = writeln!(text, "* {complaint}");
    }
    let _ = writeln!(
        text,
        "\ntook {:.1} s, exit code {:?}, peak {} KiB",
        answer.took.as_secs_f32(),
        answer.exit,
        answer.peak_rss_kib
    );
    if let Ok(report) = &answer.report {
        for verdict in &report.verdicts {
            let _ = writeln!(
                text,
                "\n{} port {}: {} (signature {}, attribution {}, rule {}, confidence {})\n  {}",
                verdict.family,
                verdict.port,
                verdict.state,
                verdict.signature.as_deref().unwrap_or("–"),
                verdict.attribution.as_deref().unwrap_or("–"),
                verdict.rule,
                verdict.confidence,
                verdict.summary
            );
            for evidence in &verdict.evidence {
                let weight = evidence.weight.map_or("    ".into(), |weight| format!("{weight:+.1}"));
                let _ = writeln!(text, "  {weight} {}", evidence.text);
            }
        }
        let _ = writeln!(text);
        for seen in &report.observations {
            let _ = writeln!(
                text,
                "{} {} {} {}: {} {}",
                seen.operator.as_deref().unwrap_or("global"),
                seen.role,
                seen.family,
                seen.port,
                seen.outcome,
                seen.detail
            );
        }
    }
    let _ = write!(text, "\nstandard error:\n{}\nconfiguration:\n{config}", answer.stderr);
    text
}
