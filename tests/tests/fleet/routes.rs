//! Who is told what, and what is told by telling something else: the shipped routes in a real Alertmanager.
//!
//! Alerts are posted as Prometheus posts them. That somebody is *not* told is seen without a clock: a mark that is
//! posted last and waits as long as everybody else comes last.

use std::cell::Cell;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Result, anyhow, ensure};
use e2e::agent::Stage;
use e2e::backend::{Alertmanager, Posted};
use e2e::netns::{self, Namespace};
use e2e::notified::{Notification, Notified, Status};

use crate::catalog;
use crate::told::lines;

/// Where everybody listens who may be told something.
pub(crate) const SOMEBODY: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8080);
/// A minute of the routes is a second.
const HURRY: u32 = 60;
/// Far beyond every wait of a route.
const PATIENCE: Duration = Duration::from_secs(60);
/// A subscription that no alert is about but marks.
const MARKED: &str = "mark";

pub(crate) type Job = fn(&Desk<'_>) -> Result<()>;

pub(crate) const JOBS: &[(&str, Job)] = &[
    ("a_blocked_port_is_one_page_for_both_families_and_one_more_for_another_port", families),
    ("a_tenant_that_is_blocked_is_told_instead_of_its_subscriptions", tenant),
    ("a_block_is_told_once_and_not_also_as_a_broken_expectation", expectation),
    ("a_region_without_egress_is_told_and_not_what_follows_from_it", region),
    ("each_severity_goes_to_its_receiver_and_no_other", severities),
    ("what_is_over_is_told_to_those_who_were_told", over),
];

/// An Alertmanager, and everybody whom it may tell.
pub(crate) struct Desk<'a> {
    alertmanager: Alertmanager<'a>,
    notified: Notified,
    marks: Cell<u32>,
}

pub(crate) fn run(stage: &Stage, job: Job) -> Result<()> {
    let namespace = netns::alone("routes")?;
    let desk = Desk::start(&namespace, stage)?;
    job(&desk).map_err(|error| anyhow!("{error:#}\nAlertmanager said:\n{}", desk.alertmanager.log()))
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
        "/page firing SortieTenantWideBlock - 25: 1",
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
        "/page firing SortieExpectationViolated a 587: 1",
        "/page firing SortieExpectationViolated b 25: 1",
        "/page firing SortieSubscriptionPortBlocked a 25: 1",
    ])
}

fn region(desk: &Desk<'_>) -> Result<()> {
    desk.post(&[
        "SortieRegionNoEgress a 25 ipv4",
        "SortieAgentsMissing a",
        "SortieRelayUnusable a",
        "SortieSubmissionUnavailable a 587 ipv4",
        "SortieVerdictInconclusive a 25 ipv4",
        "SortieAgentsMissing b",
    ])?;
    desk.require_told(&[
        "/page firing SortieRegionNoEgress a 25: 1",
        "/ticket firing SortieAgentsMissing b -: 1",
    ])
}

fn severities(desk: &Desk<'_>) -> Result<()> {
    desk.post(&[
        "SortieSubscriptionPortUnblocked a 25 ipv4",
        "SortieTargetUnreachable - 25 ipv4",
        "SortieVMPortBlocked a 25 ipv4",
        "SortieExemptionNotEffective b 25 ipv4",
        "SortieTelemetryAbsent -",
        "SortieWatchdog -",
    ])?;
    desk.require_told(&[
        "/page firing SortieTelemetryAbsent - -: 1",
        "/ticket firing SortieExemptionNotEffective b 25: 1",
        "/watchdog firing SortieWatchdog - -: 1",
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

impl<'a> Desk<'a> {
    fn start(namespace: &'a Namespace, stage: &Stage) -> Result<Self> {
        let folder = stage.desk()?.state_dir();
        let notified = Notified::start(namespace, SOMEBODY)?;
        let alertmanager = Alertmanager::start(namespace, &folder, notified.address(), HURRY)?;
        Ok(Self { alertmanager, notified, marks: Cell::new(0) })
    }

    /// Says these alerts, written as `NAME SUBSCRIPTION PORT FAMILY`, from the left as many as it has; `-` is none.
    fn post(&self, alerts: &[&str]) -> Result<()> {
        self.say(alerts, false)
    }

    fn say(&self, alerts: &[&str], is_over: bool) -> Result<()> {
        let alerts = alerts.iter().map(|text| Ok(Posted { labels: catalog::labels(text)?, is_over }));
        self.alertmanager.post(&alerts.collect::<Result<Vec<_>>>()?)
    }

    /// Waits until everything is told that will be, and requires that it is this.
    fn require_told(&self, expected: &[&str]) -> Result<()> {
        // A mark of its own each time. It waits twice: as a group that is new, and as one that has changed.
        let mark = format!("{MARKED}-{}", self.marks.replace(self.marks.get() + 1));
        for (is_over, status) in [(false, Status::Firing), (true, Status::Resolved)] {
            self.say(&[&format!("SortieVerdictInconclusive {mark}")], is_over)?;
            self.notified.wait("the mark", PATIENCE, |told| {
                told.iter().any(|it| subscription(it) == mark && it.status == status)
            })?;
        }
        let told: Vec<_> =
            self.notified.all()?.into_iter().filter(|it| !subscription(it).starts_with(MARKED)).collect();
        let told = lines(&told);
        ensure!(told == expected, "expected {expected:#?}, and told is {told:#?}");
        Ok(())
    }
}

fn subscription(told: &Notification) -> &str {
    told.group_labels.get("cloud_account_id").map_or("", String::as_str)
}
