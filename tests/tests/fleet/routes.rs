//! Who is told what, and what is told by telling something else: the shipped routes in a real
//! Alertmanager, which is told as Prometheus tells it.

use anyhow::{Result, anyhow};
use e2e::agent::Stage;
use e2e::netns;

use crate::desk::Desk;

/// A minute of the routes is a fifth of a second.
const HURRY: u32 = 300;
pub(crate) type Job = fn(&Desk<'_>) -> Result<()>;

pub(crate) const JOBS: &[(&str, Job)] = &[
    ("a_blocked_port_is_one_page_for_both_families_and_one_more_for_another_port", families),
    ("a_tenant_that_is_blocked_is_told_instead_of_its_subscriptions", tenant),
    ("a_block_is_told_once_and_not_also_as_a_broken_expectation", expectation),
    ("a_region_without_egress_is_told_and_not_what_follows_from_it", region),
    ("telemetry_that_is_absent_is_told_and_not_what_is_missing_of_it", absent),
    ("each_severity_goes_to_its_receiver_and_no_other", severities),
    ("what_is_over_is_told_to_those_who_were_told", over),
];

pub(crate) fn run(stage: &Stage, job: Job) -> Result<()> {
    let namespace = netns::alone("routes")?;
    let desk = Desk::start(&namespace, &stage.desk()?.state_dir(), HURRY)?;
    job(&desk).map_err(|error| anyhow!("{error:#}\nAlertmanager said:\n{}", desk.log()))
}

fn families(desk: &Desk<'_>) -> Result<()> {
    desk.post(&[
        "SortieSubscriptionPortBlocked a 25 ipv4",
        "SortieSubscriptionPortBlocked a 25 ipv6",
        "SortieSubscriptionPortBlocked a 587 ipv4",
    ])?;
    desk.require_told(&[
        "/page firing SortieSubscriptionPortBlocked a 25: 2",
        "/page firing SortieSubscriptionPortBlocked a 587: 1",
    ])
}

fn tenant(desk: &Desk<'_>) -> Result<()> {
    desk.post(&[
        "SortieTenantWideBlock - 25 ipv4",
        "SortieSubscriptionPortBlocked a 25 ipv4",
        "SortieSubscriptionPortBlocked b 25 ipv4",
        "SortieSubscriptionPortBlocked c 25 ipv4",
        // Another port is another story.
        "SortieSubscriptionPortBlocked c 587 ipv4",
    ])?;
    desk.require_told(&[
        "/page firing SortieSubscriptionPortBlocked c 587: 1",
        "/page firing SortieTenantWideBlock 25: 1",
    ])
}

fn expectation(desk: &Desk<'_>) -> Result<()> {
    desk.post(&[
        "SortieSubscriptionPortBlocked a 25 ipv4",
        "SortieExpectationViolated a 25 ipv4",
        "SortieExpectationViolated a 587 ipv4",
        "SortieExpectationViolated b 25 ipv4",
    ])?;
    desk.require_told(&[
        "/page firing SortieExpectationViolated 25: 1",
        "/page firing SortieExpectationViolated 587: 1",
        "/page firing SortieSubscriptionPortBlocked a 25: 1",
    ])
}

fn region(desk: &Desk<'_>) -> Result<()> {
    desk.post(&[
        "SortieRegionNoEgress a cloud_region=north network_type=ipv4",
        "SortieRegionNoEgress a cloud_region=north network_type=ipv6",
        "SortieAgentsMissing a",
        "SortieRelayUnusable a",
        "SortieSubmissionUnavailable a 587 ipv4",
        "SortieVerdictInconclusive a 25 ipv4",
        "SortieAgentsMissing b",
    ])?;
    desk.require_told(&[
        "/page firing SortieRegionNoEgress north: 2",
        "/ticket firing SortieAgentsMissing b: 1",
    ])
}

fn absent(desk: &Desk<'_>) -> Result<()> {
    desk.post(&[
        "SortieTelemetryAbsent -",
        "SortieGatewayDown -",
        "SortieGatewayExportFailing -",
        "SortieAgentsMissing a",
        "SortieTelemetryStale a",
        // What the last machine that reported said is still true.
        "SortieExemptionNotEffective b 25 ipv4",
    ])?;
    desk.require_told(&[
        "/page firing SortieTelemetryAbsent: 1",
        "/ticket firing SortieExemptionNotEffective b 25: 1",
    ])
}

fn severities(desk: &Desk<'_>) -> Result<()> {
    desk.post(&[
        "SortieSubscriptionPortUnblocked a 25 ipv4",
        "SortieTargetUnreachable - 25 ipv4",
        "SortieVMPortBlocked c 25 ipv4 host_id=one",
        "SortieExemptionNotEffective b 25 ipv4",
        "SortieTelemetryAbsent -",
        "SortieWatchdog -",
    ])?;
    desk.require_told(&[
        "/page firing SortieTelemetryAbsent: 1",
        "/ticket firing SortieExemptionNotEffective b 25: 1",
        "/watchdog firing SortieWatchdog: 1",
    ])
}

fn over(desk: &Desk<'_>) -> Result<()> {
    let blocked = "SortieSubscriptionPortBlocked a 25 ipv4";
    desk.post(&[blocked])?;
    desk.require_told(&["/page firing SortieSubscriptionPortBlocked a 25: 1"])?;
    desk.say(&[blocked], true)?;
    desk.require_told(&[
        "/page firing SortieSubscriptionPortBlocked a 25: 1",
        "/page resolved SortieSubscriptionPortBlocked a 25: 1",
    ])
}
