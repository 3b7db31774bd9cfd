//! Where the machine stands, as the metadata service tells it.

use anyhow::{Result, ensure};
use e2e::agent::Stage;
use e2e::azure::cloud::ScaleSet;
use e2e::azure::{Cloud, Question, Service};
use hyper::Method;
use serde_json::{Value, json};

use crate::lab::{Case, IMDS, Lab, in_the_end, require_fields};

pub(crate) const CASES: &[Case] = &[
    ("a_machine_is_what_its_metadata_service_says", machine),
    ("an_instance_of_a_uniform_scale_set_knows_its_scale_set", |stage| {
        let uniform = ScaleSet::Uniform { name: "mail".to_owned(), instance: 7 };
        scale_set(stage, uniform, "virtualMachineScaleSets/mail/virtualMachines/7")
    }),
    ("an_instance_of_a_flexible_scale_set_knows_its_scale_set", |stage| {
        scale_set(stage, ScaleSet::Flexible { name: "mail".to_owned() }, "virtualMachines/mx-relay-01")
    }),
    ("a_running_agent_is_what_its_metadata_service_says", running),
];

fn machine(stage: &Stage) -> Result<()> {
    let lab = Lab::new(stage, Cloud::default(), IMDS)?;
    let checked = lab.check()?;
    checked.require("open", 0)?;
    require_fields(checked.cloud(), &expected(&lab.azure.cloud()))?;
    // One question, none of them for a token: Resource Manager is off.
    let asked = lab.azure.asked();
    ensure!(asked.len() == 1, "more than one question: {asked:#?}");
    ensure!(
        asked[0].service == Service::Imds
            && asked[0].question == Some(Question::Instance)
            && asked[0].method == Method::GET
            && asked[0].answered == Some(200),
        "{}",
        asked[0]
    );
    Ok(())
}

fn running(stage: &Stage) -> Result<()> {
    let lab = Lab::new(stage, Cloud::default(), IMDS)?;
    let mut agent = lab.agent()?;
    agent.until("open")?;
    in_the_end(|| {
        let report: Value = serde_json::from_str(&agent.get("/api/v1/report")?.body)?;
        require_fields(&report["cloud"], &expected(&lab.azure.cloud()))
    })
}

fn scale_set(stage: &Stage, scale_set: ScaleSet, below_the_group: &str) -> Result<()> {
    let mut cloud = Cloud::default();
    cloud.machine.scale_set = scale_set;
    let lab = Lab::new(stage, cloud, IMDS)?;
    let checked = lab.check()?;
    require_fields(checked.cloud(), &[("scale_set", json!("mail"))])?;
    let id = checked.cloud()["resource_id"].as_str().unwrap_or_default();
    ensure!(id.ends_with(&format!("/providers/Microsoft.Compute/{below_the_group}")), "{id}");
    Ok(())
}

fn expected(cloud: &Cloud) -> [(&'static str, Value); 12] {
    [
        ("provider", json!("azure")),
        ("platform", json!("azure.vm")),
        ("resource_id", json!(cloud.machine_id())),
        ("vm_id", json!(cloud.machine.vm_id)),
        ("region", json!("westeurope")),
        ("zone", json!("1")),
        ("size", json!("Standard_D2s_v5")),
        ("scale_set", Value::Null),
        ("account_id", json!(cloud.subscription.id)),
        ("subscription_id", json!(cloud.subscription.id)),
        ("subscription", Value::Null),
        ("allow_port_25_out", Value::Null),
    ]
}
