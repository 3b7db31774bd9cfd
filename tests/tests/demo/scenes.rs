//! Every scene with every engine: the report of the check says what the network is.

use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use e2e::agent::Stage;
use libtest_mimic::Trial;
use serde_json::Value;

use crate::demo::Demo;

/// Name, port 25, port 587, exit code of `check`.
const SCENES: [(&str, &str, &str, i32); 13] = [
    ("open", "open", "open", 0),
    ("drop25", "platform_blocked silent_drop", "open", 2),
    ("reset25", "platform_blocked reset", "open", 2),
    ("prohibited25", "platform_blocked prohibited", "open", 2),
    ("firewall25", "path_blocked reset", "open", 2),
    // A drop on arrival at hop 4 and one on departure from hop 3 are the same on the wire.
    ("drop25-isp", "inconclusive", "open", 3),
    ("local25", "locally_blocked", "open", 2),
    ("no-egress", "no_egress no_answer", "no_egress no_answer", 3),
    ("no-route", "no_egress no_route", "no_egress no_route", 3),
    ("proxy25", "intercepted", "open", 1),
    ("refused25", "refused", "open", 1),
    ("partial25", "partial", "open", 1),
    ("drop587", "open", "platform_blocked silent_drop", 2),
];

pub(crate) fn trials(stage: &Arc<Stage>) -> Vec<Trial> {
    let mut trials = vec![crate::trial("the_list_names_every_scene".to_owned(), stage, listed)];
    for (scene, port_25, port_587, code) in SCENES {
        for engine in ["raw", "connect"] {
            let name = format!("{scene}::{engine}");
            trials.push(crate::trial(name, stage, move |stage| {
                let arguments = ["--once", scene, "--engine", engine, "--format", "json"];
                let ended = Demo::start(stage, &arguments)?.end()?.with(code)?;
                let report: Value =
                    serde_json::from_str(&ended.stdout).context("standard output is no JSON")?;
                ensure!(report["engine"] == engine, "the engine was {}", report["engine"]);
                for (port, expected) in [(25, port_25), (587, port_587)] {
                    let found = verdict(&report, port)?;
                    ensure!(found == expected, "port {port} is {found:?}:\n{}", ended.stdout);
                }
                Ok(())
            }));
        }
    }
    trials
}

fn listed(stage: &Stage) -> Result<()> {
    let list = Demo::start(stage, &["--list"])?.end()?.with(0)?.stdout;
    let names: Vec<_> = list.lines().filter_map(|line| line.split_whitespace().next()).collect();
    let expected: Vec<_> = SCENES.iter().map(|scene| scene.0).collect();
    ensure!(names == expected, "{list}");
    Ok(())
}

/// State and signature of a port, which has one verdict: there is one family.
fn verdict(report: &Value, port: u16) -> Result<String> {
    let verdicts = report["verdicts"].as_array().context("no verdicts")?;
    let mut of_port = verdicts.iter().filter(|verdict| verdict["port"] == port);
    let verdict = of_port.next().with_context(|| format!("no verdict on port {port}"))?;
    ensure!(of_port.next().is_none(), "two verdicts on port {port}");
    let words = [&verdict["state"], &verdict["signature"]].into_iter().filter_map(Value::as_str);
    Ok(words.collect::<Vec<_>>().join(" "))
}
