//! What a ticket is made of: a report, what is remembered, and the machine on which the ticket is made.

use std::time::Duration;

use sortie_core::history::{History, Sample, Series, StateChange};
use sortie_core::report::Report;

use crate::host;

/// Everything that a ticket is made of. Nothing else flows into it, so what is redacted here is redacted everywhere.
#[derive(Clone, Debug)]
pub(crate) struct Sources {
    pub(crate) report: Report,
    pub(crate) past: Past,
    pub(crate) machine: Machine,
    /// RFC 3339, UTC.
    pub(crate) made_at: String,
    pub(crate) redacted: bool,
}

/// What is remembered, as far as a ticket needs it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Past {
    /// Oldest first.
    pub(crate) changes: Vec<StateChange>,
    /// When something was asked, ascending, since the Unix epoch.
    pub(crate) rounds: Vec<Duration>,
    /// The latest answer of each destination, and when it was asked.
    pub(crate) latest: Vec<(Sample, Duration)>,
    /// What could not be read, one sentence each.
    pub(crate) losses: Vec<String>,
}

/// The machine on which the ticket is made.
#[derive(Clone, Debug, Default)]
pub(crate) struct Machine {
    /// Host names.
    pub(crate) names: Vec<String>,
    /// `/etc/machine-id` and its kin.
    pub(crate) id: Option<String>,
    pub(crate) interfaces: Vec<Interface>,
}

/// One of its interfaces, in text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interface {
    pub(crate) name: String,
    pub(crate) mac: Option<String>,
    pub(crate) addresses: Vec<String>,
}

impl Past {
    /// What a history says, and what of it could not be read.
    pub(crate) fn of(history: &History, losses: Vec<String>) -> Self {
        let mut rounds: Vec<Duration> =
            history.series().iter().flat_map(|series| &series.points).map(|point| point.moment).collect();
        rounds.sort_unstable();
        rounds.dedup();
        Self {
            changes: history.changes().cloned().collect(),
            rounds,
            latest: history.series().iter().filter_map(last).collect(),
            losses,
        }
    }
}

fn last(series: &Series) -> Option<(Sample, Duration)> {
    let point = series.points.back()?;
    let Series { operator, role, address, port, family, .. } = series.clone();
    let handshake_us = point.handshake.map(|took| u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    let sample = Sample { operator, role, address, port, family, outcome: point.outcome, handshake_us };
    Some((sample, point.moment))
}

impl Machine {
    /// This one.
    pub(crate) fn look() -> Self {
        Self {
            names: host::name().into_iter().collect(),
            id: host::machine_id(),
            interfaces: sortie_net::interfaces().into_iter().map(Interface::from).collect(),
        }
    }

    /// Whether a report speaks of this machine, and not of one whose page was asked from here.
    pub(crate) fn is_told_by(&self, report: &Report) -> bool {
        let same_name = report.host.name.as_ref().is_some_and(|name| self.names.contains(name));
        same_name || (report.host.id.is_some() && report.host.id == self.id)
    }
}

impl From<sortie_net::Interface> for Interface {
    fn from(interface: sortie_net::Interface) -> Self {
        let sortie_net::Interface { name, mac, addresses } = interface;
        Self { name, mac, addresses: addresses.iter().map(ToString::to_string).collect() }
    }
}
