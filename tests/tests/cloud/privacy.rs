//! Who is not asked, and what is not told.

use anyhow::{Result, ensure};
use e2e::agent::Stage;
use e2e::azure::{Cloud, PROXY_URL, Service};
use serde_json::Value;

use crate::lab::{Case, IMDS, Lab, PATIENCE};

pub(crate) const CASES: &[Case] = &[
    ("a_metadata_service_that_is_off_is_not_asked", off),
    ("proxies_are_ignored_for_the_metadata_service", proxies),
];

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

fn proxies(stage: &Stage) -> Result<()> {
    let lab = Lab::new(stage, Cloud::default(), IMDS)?;
    let names = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
    let environment = names.map(|name| (name, PROXY_URL));
    let checked = lab.check_with(&environment)?;
    checked.require("open", 0)?;
    ensure!(checked.cloud()["region"] == "westeurope", "another region: {:#}", checked.cloud());
    let asked = lab.azure.asked();
    ensure!(asked.iter().all(|it| it.service == Service::Imds), "somebody else was asked: {asked:#?}");
    Ok(())
}
