//! A metadata service that fails, or is somebody else: the verdict is the same, and nothing of it reaches a terminal.

use std::time::Duration;

use anyhow::{Result, ensure};
use e2e::agent::{Call, Stage};
use e2e::azure::{Cloud, Mood, Question, Service};
use serde_json::Value;

use crate::lab::{Case, IMDS, Lab};

/// What a check may wait for the cloud beyond its verdict, and what a busy machine may add to that.
const BEYOND: Duration = Duration::from_secs(5);
const BUSY: Duration = Duration::from_secs(5);

pub(crate) const CASES: &[Case] = &[
    ("a_metadata_service_that_is_silent_costs_five_seconds_at_most", |stage| slow(stage, Mood::Silent)),
    ("a_metadata_service_that_takes_for_ever_costs_five_seconds_at_most", |stage| slow(stage, Mood::Trickle)),
    ("a_metadata_service_that_floods_costs_five_seconds_at_most", |stage| slow(stage, Mood::Huge)),
    ("a_metadata_service_that_is_busy_for_an_hour_costs_five_seconds_at_most", |stage| {
        slow(stage, Mood::Throttled(3600))
    }),
    ("half_an_answer_is_none", |stage| useless(stage, Mood::Malformed)),
    ("an_answer_of_wrong_types_is_none", |stage| useless(stage, Mood::Mistyped)),
    ("a_redirect_is_neither_followed_nor_believed", |stage| useless(stage, Mood::Redirect)),
    ("a_refusal_is_no_answer", |stage| useless(stage, Mood::Status(403))),
    ("control_characters_of_the_cloud_reach_no_terminal_and_no_log", controls),
    ("an_agent_never_waits_for_the_cloud_and_learns_of_it_later", never_waits),
];

/// Another one that asks nobody says how long a check takes here.
fn slow(stage: &Stage, mood: Mood) -> Result<()> {
    let offline = Lab::new(stage, Cloud::default(), "[config.cloud]\nimds = 'off'")?.check()?;
    let lab = Lab::new(stage, Cloud::default(), IMDS)?;
    lab.azure.meets(Question::Instance, mood);
    let checked = lab.check()?;
    checked.require("open", 0)?;
    ensure!(*checked.cloud() == Value::Null, "nobody told this: {:#}", checked.cloud());
    ensure!(lab.azure.times_asked(Question::Instance) > 0, "nobody was asked");
    let most = offline.took() + BEYOND + BUSY;
    ensure!(checked.took() < most, "{:?} is more than {most:?}", checked.took());
    Ok(())
}

fn useless(stage: &Stage, mood: Mood) -> Result<()> {
    let lab = Lab::new(stage, Cloud::default(), IMDS)?;
    lab.azure.meets(Question::Instance, mood);
    let checked = lab.check()?;
    checked.require("open", 0)?;
    ensure!(*checked.cloud() == Value::Null, "this was believed: {:#}", checked.cloud());
    let asked = lab.azure.asked();
    ensure!(asked.iter().any(|it| it.question == Some(Question::Instance)), "nobody was asked");
    ensure!(asked.iter().all(|it| it.service == Service::Imds), "somebody else was asked: {asked:#?}");
    Ok(())
}

fn controls(stage: &Stage) -> Result<()> {
    let lab = Lab::new(stage, Cloud::default(), IMDS)?;
    lab.azure.meets(Question::Instance, Mood::Controls);
    let checked = lab.check()?;
    checked.require("open", 0)?;
    ensure!(checked.cloud()["vm_id"] == Value::Null, "an id with control characters: {:#}", checked.cloud());
    require_printable("the report", &String::from_utf8(checked.said.stdout)?)?;
    let table = lab.call(&Call::of(&["check"]))?;
    require_printable("the table", &String::from_utf8(table.stdout)?)?;
    let mut agent = lab.agent()?;
    agent.until("open")?;
    drop(agent);
    require_printable("the log", &lab.desk.logs())
}

fn require_printable(what: &str, text: &str) -> Result<()> {
    let is_foul = |found: &char| (found.is_control() && *found != '\n') || *found == '\u{202e}';
    let foul = text.chars().find(is_foul);
    ensure!(foul.is_none(), "{foul:?} in {what}: {text:?}");
    ensure!(!text.lines().any(|line| line.starts_with("forged")), "a forged line in {what}: {text}");
    Ok(())
}

fn never_waits(stage: &Stage) -> Result<()> {
    let lab = Lab::new(stage, Cloud::default(), IMDS)?;
    lab.azure.meets(Question::Instance, Mood::Silent);
    let mut agent = lab.agent()?;
    agent.until("open")?;
    let cloud = || -> Result<Value> {
        let report: Value = serde_json::from_str(&agent.get("/api/v1/report")?.body)?;
        Ok(report["cloud"].clone())
    };
    ensure!(cloud()? == Value::Null, "nobody told this: {:#}", cloud()?);
    lab.azure.meets(Question::Instance, Mood::Usual);
    crate::lab::in_the_end(|| {
        let cloud = cloud()?;
        ensure!(cloud["region"] == "westeurope", "it never learned where it is: {cloud:#}");
        Ok(())
    })
}
