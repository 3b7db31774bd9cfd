//! How long `sortie check` takes, with the verdict that it gave: a fast wrong answer is worth nothing.

use std::collections::BTreeMap;

use anyhow::Result;
use e2e::agent::{self, Answer, Stage};
use e2e::config;
use e2e::plan::Node;
use e2e::scenario::{Engine, Scenario};
use e2e::trial::Network;

use crate::sheet::Sheet;
use crate::spread::Spread;
use crate::unit::SECONDS;

/// A condition and the most seconds that a check may take in it.
const CONDITIONS: [(&str, &str, f64); 2] =
    [("open", include_str!("check/open.toml"), 2.0), ("dropped", include_str!("check/dropped.toml"), 20.0)];

pub(crate) fn measure(repetitions: u32, stage: &Stage, sheet: &mut Sheet) -> Result<()> {
    for (name, text, budget) in CONDITIONS {
        let scenario = Scenario::parse(name, text)?;
        let network = Network::build(&scenario)?;
        for engine in Engine::BOTH {
            let answers = (0..repetitions)
                .map(|_| check(&scenario, engine, &network, stage))
                .collect::<Result<Vec<_>>>()?;
            let Some(took) = Spread::of(answers.iter().map(|answer| answer.took)) else { continue };
            let line = format!("{}, {}: slowest of {repetitions}", scenario.title, engine.name());
            sheet.against(&line, took.max().as_secs_f64(), budget, SECONDS)?;
            for (verdicts, times) in tally(&answers) {
                sheet.remark(&format!("{times} × {verdicts}"))?;
            }
        }
    }
    Ok(())
}

fn check(scenario: &Scenario, engine: Engine, network: &Network, stage: &Stage) -> Result<Answer> {
    let desk = stage.desk()?;
    let config = config::text(scenario, engine, &desk.state_dir())?;
    agent::check(&stage.binary(), scenario, engine, &config, network.chain().node(Node::Vm)?, &desk)
}

/// What was said, and how often.
fn tally(answers: &[Answer]) -> BTreeMap<String, usize> {
    let mut tally = BTreeMap::new();
    for answer in answers {
        *tally.entry(verdicts(answer)).or_default() += 1;
    }
    tally
}

fn verdicts(answer: &Answer) -> String {
    match &answer.report {
        Ok(report) => {
            let words =
                report.verdicts.iter().map(|said| format!("{}/{} {}", said.port, said.family, said.state));
            words.collect::<Vec<_>>().join(", ")
        }
        Err(error) => format!("no verdict: {error}"),
    }
}
