//! Who is not asked, and what is not told.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use e2e::agent::{Call, Stage};
use e2e::azure::{Cloud, Mood, PROXY_URL, Question, Service};
use e2e::otlp::decompress;
use serde_json::Value;

use crate::lab::{ARM, Case, IMDS, Lab, PATIENCE};

pub(crate) const CASES: &[Case] = &[
    ("a_metadata_service_that_is_off_is_not_asked", off),
    ("a_resource_manager_that_is_off_costs_no_token_and_is_not_asked", arm_off),
    ("proxies_are_ignored_for_the_metadata_service", |stage| proxies(stage, IMDS)),
    ("proxies_are_ignored_for_a_resource_manager_without_tls", |stage| proxies(stage, ARM)),
    ("a_token_is_nowhere_but_at_resource_manager", tokens),
];

/// What a token begins with is the same for every token.
const HEADER: usize = 36;
/// As much of it as would do harm.
const PART: usize = 24;

fn off(stage: &Stage) -> Result<()> {
    let lab = Lab::new(stage, Cloud::default(), "[config.cloud]\nimds = 'off'")?;
    let checked = lab.check()?;
    checked.require("open", 0)?;
    ensure!(*checked.cloud() == Value::Null, "nobody told this: {:#}", checked.cloud());
    let mut agent = lab.agent()?;
    agent.until("open")?;
    lab.receiver.wait("an export", PATIENCE, |records| !records.is_empty())?;
    let asked = lab.azure.asked();
    ensure!(asked.is_empty(), "somebody was asked: {asked:#?}");
    Ok(())
}

fn arm_off(stage: &Stage) -> Result<()> {
    for config in [IMDS, &format!("{IMDS}\narm = 'off'")] {
        let lab = Lab::new(stage, Cloud::default(), config)?;
        lab.check()?.require("open", 0)?;
        let mut agent = lab.agent()?;
        agent.until("open")?;
        lab.receiver.wait("an export", PATIENCE, |records| !records.is_empty())?;
        let asked = lab.azure.asked();
        ensure!(!asked.is_empty(), "nobody was asked");
        ensure!(asked.iter().all(|it| it.question == Some(Question::Instance)), "{config}: {asked:#?}");
    }
    Ok(())
}

fn proxies(stage: &Stage, config: &str) -> Result<()> {
    let lab = Lab::new(stage, Cloud::default(), config)?;
    let names = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
    let environment = names.map(|name| (name, PROXY_URL));
    let checked = lab.check_with(&environment)?;
    checked.require("open", 0)?;
    ensure!(checked.cloud()["region"] == "westeurope", "another region: {:#}", checked.cloud());
    ensure!(
        checked.cloud()["subscription"].is_object() == (config == ARM),
        "another subscription: {:#}",
        checked.cloud()
    );
    let asked = lab.azure.asked();
    ensure!(asked.iter().all(|it| it.service != Service::Proxy), "the proxy was asked: {asked:#?}");
    Ok(())
}

/// Everything that Sortie says and keeps, through good answers and bad ones.
fn tokens(stage: &Stage) -> Result<()> {
    let lab = Lab::new(stage, Cloud::default(), ARM)?;
    let mut said = Vec::new();
    for mood in [Mood::Usual, Mood::Forbidden, Mood::Malformed, Mood::Redirect, Mood::Status(500)] {
        lab.azure.meets(Question::Subscription, mood);
        for words in
            [&["check", "--format", "json", "--explain"][..], &["check"], &["check", "--format", "junit"]]
        {
            let call = lab.call(&Call { environment: &[("RUST_LOG", "trace")], ..Call::of(words) })?;
            said.push((format!("{words:?}"), String::from_utf8_lossy(&call.stdout).into_owned()));
            said.push((format!("the complaints of {words:?}"), call.stderr));
        }
    }
    lab.azure.meets(Question::Subscription, Mood::Usual);
    let mut agent = lab.agent()?;
    agent.until("open")?;
    lab.receiver.wait("an export", PATIENCE, |records| !records.is_empty())?;
    for path in ["/", "/metrics", "/api/v1/report", "/api/v1/history"] {
        said.push((path.to_owned(), agent.get(path)?.body));
    }
    drop(agent);
    said.push(("the log".to_owned(), lab.desk.logs()));
    for record in lab.receiver.records() {
        let body = if record.compressed { decompress(&record.body)? } else { record.body.to_vec() };
        said.push((record.to_string(), String::from_utf8_lossy(&body).into_owned()));
    }
    said.extend(files(&lab.desk.state_dir())?);
    let given = lab.azure.tokens();
    ensure!(!given.is_empty(), "no token was given");
    for token in &given {
        let part = &token[HEADER + 1..][..PART];
        for (what, text) in &said {
            ensure!(!text.contains(part), "a token is in {what}");
        }
        for asked in lab.azure.asked() {
            ensure!(
                asked.service == Service::Arm || !asked.text().contains(part),
                "a token went to {:?}: {asked}",
                asked.service
            );
        }
    }
    Ok(())
}

fn files(folder: &Path) -> Result<Vec<(String, String)>> {
    let mut contents = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("failed to list {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            contents.extend(files(&path)?);
        } else {
            let bytes = fs::read(&path).with_context(|| format!("failed to read {}", path.display()))?;
            contents.push((path.display().to_string(), String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
    Ok(contents)
}
