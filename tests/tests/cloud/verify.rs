//! `sortie verify` on one machine, with every reason that it can tell apart.

use std::fs;
use std::thread;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result, ensure};
use e2e::agent::{Call, Said, Stage};
use e2e::azure::Cloud;
use e2e::azure::cloud::Subscription;
use e2e::plan::Node;
use e2e::rules::NodeRules;
use serde_json::{Value, json};

use crate::lab::{ARM, Case, Lab, in_the_end, require_fields};

/// Longer than a sitting that judges silence, and it may judge twice.
const DEADLINE: &str = "75s";
/// Beyond the deadline, with a sitting that has begun.
const PATIENCE: Duration = Duration::from_secs(200);
const HOUR: Duration = Duration::from_secs(3600);

pub(crate) const CASES: &[Case] = &[
    ("verified_when_mail_leaves", |stage| {
        let lab = Lab::new(stage, exempted(), ARM)?;
        lab.azure.change(|cloud| cloud.machine.provisioned = SystemTime::now());
        require(&lab, booted()? - HOUR, ["verified", "open"], 0)
    }),
    ("not_deallocated_when_the_machine_was_booted_before", |stage| {
        blocked(stage, exempted(), booted()? + HOUR / 60, SystemTime::now(), "not_deallocated")
    }),
    ("not_deallocated_when_azure_started_the_machine_before", |stage| {
        let since = booted()? - HOUR;
        blocked(stage, exempted(), since, since - HOUR, "not_deallocated")
    }),
    ("not_direct_when_a_route_leads_to_an_appliance", |stage| {
        let appliance = Some("10.2.0.4".to_owned());
        blocked(stage, Cloud { appliance, ..exempted() }, booted()? - HOUR, SystemTime::now(), "not_direct")
    }),
    ("security_group_when_a_rule_denies", |stage| {
        let denied_by = Some("deny-smtp".to_owned());
        blocked(
            stage,
            Cloud { denied_by, ..exempted() },
            booted()? - HOUR,
            SystemTime::now(),
            "security_group",
        )
    }),
    ("still_blocked_when_nothing_else_explains_it", |stage| {
        blocked(stage, exempted(), booted()? - HOUR, SystemTime::now(), "still_blocked")
    }),
    ("local_firewall_when_this_machine_drops", |stage| {
        let lab = Lab::new(stage, exempted(), ARM)?;
        let output = vec!["tcp dport 25 drop".to_owned()];
        lab.stop_at(Node::Vm, &NodeRules { output, ..NodeRules::default() })?;
        let said = verify(&lab, booted()? - HOUR, "5s")?;
        ensure!(said.exit.is_some_and(|code| code != 0), "exit code {:?}", said.exit);
        require_result(&said, ["not_effective", "local_firewall"])
    }),
    ("destinations_refuse_when_they_do", |stage| {
        let closed = "[[server]]\ndoes = 'closed'";
        let lab = Lab::new(stage, exempted(), &format!("{ARM}\n{closed}"))?;
        let said = verify(&lab, booted()? - HOUR, "5s")?;
        ensure!(said.exit.is_some_and(|code| code != 0), "exit code {:?}", said.exit);
        require_result(&said, ["not_effective", "destinations_refuse"])
    }),
    ("no_egress_when_nothing_leaves", |stage| {
        let lab = Lab::new(stage, exempted(), ARM)?;
        let forward = vec!["meta l4proto tcp drop".to_owned()];
        lab.stop_at(Node::Router(1), &NodeRules { forward, ..NodeRules::default() })?;
        let said = verify(&lab, booted()? - HOUR, "5s")?;
        ensure!(said.exit == Some(3), "exit code {:?}", said.exit);
        let document = document(&said)?;
        ensure!(document["reason"] == "no_egress", "{:#}", document["reason"]);
        Ok(())
    }),
    ("flapping_when_it_does_not_stay_open", flapping),
    ("a_change_of_mind_of_the_platform_is_waited_for", lifted_meanwhile),
];

/// Dev/Test whose exemption was granted, as the interface says.
fn exempted() -> Cloud {
    Cloud { subscription: Subscription::of_devtest(), allow_port_25_out: Some(true), ..Cloud::default() }
}

/// Dropped by the platform, for a reason.
fn blocked(
    stage: &Stage,
    cloud: Cloud,
    since: SystemTime,
    provisioned: SystemTime,
    reason: &str,
) -> Result<()> {
    let lab = Lab::new(stage, cloud, ARM)?;
    lab.azure.change(|cloud| cloud.machine.provisioned = provisioned);
    lab.drop_port_25()?;
    require(&lab, since, ["not_effective", reason], 2)
}

fn require(lab: &Lab<'_>, since: SystemTime, result: [&str; 2], exit: i32) -> Result<()> {
    let said = verify(lab, since, "5s")?;
    ensure!(said.exit == Some(exit), "exit code {:?} and not {exit}: {}", said.exit, said.stderr);
    require_result(&said, result)
}

fn verify(lab: &Lab<'_>, since: SystemTime, soak: &str) -> Result<Said> {
    let since = humantime::format_rfc3339_seconds(since).to_string();
    let words = [
        "verify",
        "--expect",
        "open",
        "--since",
        &since,
        "--for",
        soak,
        "--deadline",
        DEADLINE,
        "--format",
        "json",
    ];
    lab.call(&Call { deadline: PATIENCE, ..Call::of(&words) })
}

fn document(said: &Said) -> Result<Value> {
    serde_json::from_slice(&said.stdout)
        .with_context(|| format!("there is no verification, exit code {:?}: {}", said.exit, said.stderr))
}

fn require_result(said: &Said, [result, reason]: [&str; 2]) -> Result<()> {
    let document = document(said)?;
    ensure!(document["report"]["schema"] == "sortie.report/1", "a verification has its report");
    require_fields(
        &document,
        &[("schema", json!("sortie.verification/1")), ("result", json!(result)), ("reason", json!(reason))],
    )
}

/// Open for a while, and dropped before it was open for long enough.
fn flapping(stage: &Stage) -> Result<()> {
    let lab = Lab::new(stage, exempted(), ARM)?;
    let since = booted()? - HOUR;
    thread::scope(|scope| {
        let verification = scope.spawn(|| verify(&lab, since, "40s"));
        // It has sat once when it has asked its servers, and Resource Manager with them.
        lab.azure.wait("the first look", PATIENCE, |asked| asked.len() > 4)?;
        thread::sleep(Duration::from_secs(10));
        lab.drop_port_25()?;
        let said = verification.join().map_err(|_| anyhow::anyhow!("it panicked"))??;
        ensure!(said.exit.is_some_and(|code| code != 0), "exit code {:?}", said.exit);
        let document = document(&said)?;
        ensure!(document["reason"] == "flapping", "{document:#}");
        lab.until_told("sortie.exemption.regressed", 1)?;
        Ok(())
    })
}

fn lifted_meanwhile(stage: &Stage) -> Result<()> {
    let lab = Lab::new(stage, exempted(), ARM)?;
    lab.azure.change(|cloud| cloud.machine.provisioned = SystemTime::now());
    lab.drop_port_25()?;
    let since = booted()? - HOUR;
    thread::scope(|scope| {
        let verification = scope.spawn(|| verify(&lab, since, "5s"));
        in_the_end(|| {
            let said = fs::read_to_string(lab.desk.state_dir().with_file_name("stderr"))?;
            ensure!(!said.is_empty(), "nothing was said yet");
            Ok(())
        })?;
        lab.lift()?;
        let said = verification.join().map_err(|_| anyhow::anyhow!("it panicked"))??;
        ensure!(said.exit == Some(0), "exit code {:?}: {}", said.exit, said.stderr);
        require_result(&said, ["verified", "open"])?;
        let events = lab.until_told("sortie.exemption.verified", 1)?;
        ensure!(events.len() == 1, "it is told once: {events:#?}");
        Ok(())
    })
}

/// When this machine was booted: namespaces share their kernel's clock.
fn booted() -> Result<SystemTime> {
    let uptime = fs::read_to_string("/proc/uptime")?;
    let seconds: f64 = uptime.split_whitespace().next().context("an uptime")?.parse()?;
    Ok(SystemTime::now() - Duration::from_secs_f64(seconds))
}
