//! An Alertmanager with the shipped routes, and everybody whom it may tell.
//!
//! That somebody is *not* told is seen without a clock: a mark that is posted last and waits as long as everybody else
//! comes last.

use std::cell::Cell;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use e2e::backend::{Alertmanager, Posted};
use e2e::netns::Namespace;
use e2e::notified::{Notification, Notified, Status};

use crate::catalog;
use crate::told::lines;

/// Where everybody listens who may be told something.
const SOMEBODY: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);
/// Beyond what has to be waited for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(240);
/// What routes wait before the last mark is told: a page that has changed waits a minute for its group and five more.
const ROUTES: Duration = Duration::from_secs(6 * 60);
/// A subscription that no alert is about but marks.
const MARKED: &str = "mark";
/// The page and the ticket that wait longest.
const MARKS: [&str; 2] = ["SortieSubscriptionPortBlocked", "SortieVerdictInconclusive"];

pub(crate) struct Desk<'a> {
    alertmanager: Alertmanager<'a>,
    notified: Notified,
    marks: Cell<u32>,
    patience: Duration,
}

impl<'a> Desk<'a> {
    /// Starts it, with its files under `folder`. What the routes say about waiting is divided by `hurry`.
    pub(crate) fn start(namespace: &'a Namespace, folder: &Path, hurry: u32) -> Result<Self> {
        let notified = Notified::start(namespace, SOMEBODY)?;
        let alertmanager = Alertmanager::start(namespace, folder, notified.address(), hurry)?;
        Ok(Self { alertmanager, notified, marks: Cell::new(0), patience: PATIENCE + ROUTES / hurry })
    }

    /// Says these alerts, written as `NAME SUBSCRIPTION PORT FAMILY`, from the left as many as it has; `-` is none.
    pub(crate) fn post(&self, alerts: &[&str]) -> Result<()> {
        self.say(alerts, false)
    }

    /// As [`Desk::post`], also that they are over.
    pub(crate) fn say(&self, alerts: &[&str], is_over: bool) -> Result<()> {
        let alerts = alerts.iter().map(|text| Ok(Posted { labels: catalog::labels(text)?, is_over }));
        self.alertmanager.post(&alerts.collect::<Result<Vec<_>>>()?)
    }

    /// Waits until everything is told that will be, and requires that it is this.
    pub(crate) fn require_told(&self, expected: &[&str]) -> Result<()> {
        let told = lines(&self.settled()?);
        ensure!(told == expected, "expected {expected:#?}, and told is {told:#?}");
        Ok(())
    }

    /// Waits until everything is told that will be as things are, and returns it.
    pub(crate) fn settled(&self) -> Result<Vec<Notification>> {
        // Marks of their own each time. The page waits twice: as a group that is new, and as one that has changed.
        let mark = format!("{MARKED}-{}", self.marks.replace(self.marks.get() + 1));
        let [page, ticket] = MARKS.map(|name| format!("{name} {mark}"));
        let arrives = |path, status| {
            self.notified.wait("the mark", self.patience, |told| {
                told.iter().any(|it| subscription(it) == mark && it.path == path && it.status == status)
            })
        };
        self.say(&[&page, &ticket], false)?;
        arrives("/ticket", Status::Firing)?;
        arrives("/page", Status::Firing)?;
        self.say(&[&page], true)?;
        arrives("/page", Status::Resolved)?;
        self.told()
    }

    /// Waits for a notification, and returns the first one that it is.
    pub(crate) fn wait(&self, what: &str, is_it: impl Fn(&Notification) -> bool) -> Result<Notification> {
        let told = self.notified.wait(what, self.patience, |told| told.iter().any(&is_it))?;
        told.into_iter().find(is_it).with_context(|| format!("{what} was told and is not"))
    }

    /// Everything that was told so far, but marks.
    pub(crate) fn told(&self) -> Result<Vec<Notification>> {
        Ok(self.notified.all()?.into_iter().filter(|it| !subscription(it).starts_with(MARKED)).collect())
    }

    pub(crate) fn log(&self) -> String {
        self.alertmanager.log()
    }
}

fn subscription(told: &Notification) -> &str {
    told.group_labels.get("cloud_account_id").map_or("", String::as_str)
}
