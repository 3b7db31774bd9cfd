//! The life of an exemption: blocked as expected, granted and not in effect, in effect after a deallocation, and lost.

use std::time::SystemTime;

use anyhow::{Context as _, Result, ensure};
use e2e::agent::{Daemon, Stage};
use e2e::azure::Cloud;
use e2e::azure::cloud::Subscription;
use serde_json::Value;

use crate::lab::{ARM, Case, Lab, PATIENCE, in_the_end};

pub(crate) const CASES: &[Case] = &[
    ("an_exemption_is_awaited_named_when_it_does_nothing_verified_and_missed", story),
    ("a_port_that_was_always_open_is_no_exemption_that_came_into_effect", never_blocked),
];

const VERIFIED: &str = "sortie.exemption.verified";
const REGRESSED: &str = "sortie.exemption.regressed";
const RAISED: &str = "sortie.alert.raised";
const CLEARED: &str = "sortie.alert.cleared";
const NOT_EFFECTIVE: &str = "SortieExemptionNotEffective";

fn devtest(allowed: bool) -> Cloud {
    Cloud { subscription: Subscription::of_devtest(), allow_port_25_out: Some(allowed), ..Cloud::default() }
}

fn story(stage: &Stage) -> Result<()> {
    let lab = Lab::new(stage, devtest(false), ARM)?;
    lab.with_logs(story_in(&lab))
}

fn story_in(lab: &Lab<'_>) -> Result<()> {
    lab.drop_port_25()?;
    lab.check()?.require("platform_blocked", 0)?;
    let mut agent = lab.agent()?;
    agent.until("platform_blocked")?;
    until_expected(&agent, "blocked")?;
    ensure!(alerts(lab, RAISED)?.is_empty(), "a block that is expected: {:?}", alerts(lab, RAISED)?);

    // Granted, and the machine goes on with the policy that it was started with.
    lab.azure.change(|cloud| cloud.allow_port_25_out = Some(true));
    until_expected(&agent, "open")?;
    in_the_end(|| {
        let raised = alerts(lab, RAISED)?;
        ensure!(raised == [NOT_EFFECTIVE], "one alert was to be raised: {raised:?}");
        Ok(())
    })?;
    ensure!(lab.events_named(VERIFIED)?.is_empty(), "nothing is in effect yet");

    // Deallocated and started.
    agent.process().stop(PATIENCE)?;
    drop(agent);
    lab.lift()?;
    lab.azure.change(|cloud| cloud.machine.provisioned = SystemTime::now());
    let mut agent = lab.agent()?;
    agent.until("open")?;
    lab.until_told(VERIFIED, 1)?;
    in_the_end(|| {
        ensure!(alerts(lab, CLEARED)?.contains(&NOT_EFFECTIVE.to_owned()), "the alert is not over");
        Ok(())
    })?;

    lab.drop_port_25()?;
    agent.until("platform_blocked")?;
    let regressed = lab.until_told(REGRESSED, 1)?;
    let event = regressed.first().context("one was told")?;
    ensure!(event.attributes.get("server.port").is_some_and(|port| port == "25"), "{event:#?}");
    lab.until_exported_again()?;
    for name in [VERIFIED, REGRESSED] {
        let events = lab.events_named(name)?;
        ensure!(events.len() == 1, "{name} is told once: {events:#?}");
    }
    Ok(())
}

fn never_blocked(stage: &Stage) -> Result<()> {
    let lab = Lab::new(stage, devtest(true), ARM)?;
    let mut agent = lab.agent()?;
    agent.until("open")?;
    until_expected(&agent, "open")?;
    lab.until_exported_again()?;
    let events = lab.events_named(VERIFIED)?;
    ensure!(events.is_empty(), "{events:#?}");
    Ok(())
}

fn until_expected(agent: &Daemon<'_>, expected: &str) -> Result<()> {
    in_the_end(|| {
        let report: Value = serde_json::from_str(&agent.get("/api/v1/report")?.body)?;
        let verdicts = report["verdicts"].as_array().context("a report has verdicts")?;
        let verdict = verdicts.iter().find(|it| it["port"] == 25).context("one of port 25")?;
        ensure!(verdict["expected"] == expected, "{} is expected and not {expected}", verdict["expected"]);
        Ok(())
    })
}

/// The names of the alerts that were told about port 25, in order.
fn alerts(lab: &Lab<'_>, event: &str) -> Result<Vec<String>> {
    let events = lab.events_named(event)?;
    Ok(events.iter().filter_map(|it| it.attributes.get("sortie.alert.name").cloned()).collect())
}
