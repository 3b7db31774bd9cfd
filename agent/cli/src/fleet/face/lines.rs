//! The lines of the table: a row where families stand alike, two where they do not, one where nobody reports.

use std::collections::BTreeSet;

use sortie_core::expect::Expectation;
use sortie_core::verdict::State;

use super::is_shown;
use super::order::sorted;
use crate::args::{Fleet, NO_SUBSCRIPTION};
use crate::exit::Standing;
use crate::fleet::census::{Row, Subscription};
use crate::fleet::observed::Observed;
use crate::render::words::spoken;
use crate::text::excerpt;

/// Long enough to tell subscriptions apart by the eye.
const SHORT_LEAST: usize = 8;
/// Longer than the id of an account of any cloud that we know of.
const NAME_MOST: usize = 40;

/// One line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'c> {
    pub(super) subscription: &'c Subscription,
    /// `None` where nobody reports, or not this port.
    pub(super) row: Option<&'c Row>,
    /// Whether it is the first of its subscription.
    pub(super) is_first: bool,
    /// Whether another line of the port is of the other family.
    names_family: bool,
}

/// All lines, in the order that was asked for.
pub(super) fn lines<'c>(subscriptions: &'c [Subscription], args: &Fleet) -> Vec<Line<'c>> {
    let mut lines = Vec::new();
    for subscription in sorted(subscriptions, args.sort) {
        let shown: Vec<&Row> = subscription.rows.iter().filter(|row| is_shown(row, args)).collect();
        let alike = |row: &Row, other: &Row| {
            row.port == other.port && row.tally == other.tally && row.standing() == other.standing()
        };
        let mut kept: Vec<&Row> = Vec::new();
        for row in shown {
            if !kept.iter().any(|other| alike(row, other)) {
                kept.push(row);
            }
        }
        if kept.is_empty() {
            lines.push(Line { subscription, row: None, is_first: true, names_family: false });
        }
        for (number, row) in kept.iter().enumerate() {
            let names_family = kept.iter().filter(|other| other.port == row.port).count() > 1;
            lines.push(Line { subscription, row: Some(row), is_first: number == 0, names_family });
        }
    }
    lines
}

impl Line<'_> {
    /// The id of the subscription, printable.
    pub(super) fn name(&self) -> String {
        name(&self.subscription.id)
    }

    /// `25`, or `25 ipv6` where the other family stands otherwise.
    pub(super) fn place(&self) -> String {
        let Some(row) = self.row else { return "-".to_owned() };
        let family = if self.names_family { format!(" {}", row.family.code()) } else { String::new() };
        format!("{}{family}", row.port)
    }

    /// `5b1d…, port 25`.
    pub(super) fn title(&self) -> String {
        let name = if self.subscription.id.is_empty() { "no subscription".to_owned() } else { self.name() };
        if self.row.is_some() { format!("{name}, port {}", self.place()) } else { name }
    }

    pub(super) fn standing(&self) -> Standing {
        let silence = if self.subscription.is_too_silent() { Standing::Unknown } else { Standing::Fine };
        self.row.map_or(Standing::Unknown, Row::standing).max(silence)
    }

    pub(super) fn expected(&self) -> &'static str {
        let Some(row) = self.row else { return "-" };
        if row.tally.is_expected_to_differ() {
            return "mixed";
        }
        row.tally.expectation().map_or("-", Expectation::code)
    }

    /// The state of nearly all.
    pub(super) fn observed(&self) -> Option<State> {
        match self.row?.tally.observed() {
            Observed::One(state) => Some(state),
            Observed::Mixed => None,
        }
    }

    pub(super) fn observed_word(&self) -> String {
        match self.row {
            Some(row) => spoken(row.tally.observed().code()),
            None if self.subscription.agents > 0 => "not measured".to_owned(),
            None => "silent".to_owned(),
        }
    }
}

/// `24 open, 16 platform blocked`, what is most first, and who is silent.
pub(super) fn share(line: &Line<'_>) -> String {
    let tally = line.row.map(|row| &row.tally);
    let mut states: Vec<(State, u64)> =
        tally.iter().flat_map(|tally| &tally.states).map(|(state, vms)| (*state, *vms)).collect();
    states.retain(|(_, vms)| *vms > 0);
    states.sort_by_key(|(_, vms)| std::cmp::Reverse(*vms));
    let mut parts: Vec<String> =
        states.iter().map(|(state, vms)| format!("{vms} {}", spoken(state.code()))).collect();
    let silent = line.subscription.silent;
    if silent > 0 && (line.subscription.is_too_silent() || tally.is_none()) {
        parts.push(format!("{silent} silent"));
    }
    if parts.is_empty() {
        parts.push(format!("{} report", line.subscription.agents));
    }
    parts.join(", ")
}

/// How ids are told apart with few characters.
pub(super) struct Names {
    length: usize,
}

impl Names {
    pub(super) fn of(lines: &[Line<'_>]) -> Self {
        let ids: BTreeSet<&str> = lines.iter().map(|line| line.subscription.id.as_str()).collect();
        let is_told_apart = |length: &usize| {
            let short: BTreeSet<String> = ids.iter().map(|id| id.chars().take(*length).collect()).collect();
            short.len() == ids.len()
        };
        Self { length: (SHORT_LEAST..NAME_MOST).find(is_told_apart).unwrap_or(NAME_MOST) }
    }

    /// The beginning of an id, printable.
    pub(super) fn short(&self, id: &str) -> String {
        if id.is_empty() { NO_SUBSCRIPTION.to_owned() } else { excerpt(id, self.length) }
    }
}

fn name(id: &str) -> String {
    if id.is_empty() { NO_SUBSCRIPTION.to_owned() } else { excerpt(id, NAME_MOST) }
}
