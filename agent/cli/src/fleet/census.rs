//! A fleet by subscription, port and family, from the answers of Prometheus. Pure.
//!
//! What has a word that this version does not know counts as inconclusive; what is no port or family is counted and told.

use std::collections::{BTreeMap, BTreeSet};

use sortie_core::expect::Expectation;
use sortie_core::knowledge::Subscription as Kind;
use sortie_core::target::{Family, Port};
use sortie_core::verdict::State;

use super::observed::{Observed, Tally};
use super::since::Since;
use crate::exit::Standing;
use crate::prometheus::{Sample, Vector};

/// One agent in twenty may be silent: that of the shipped alert on missing agents. Fleets grow and shrink.
const SILENT_MOST: u64 = 20;
/// One VM in five may not know: that of the shipped alert on inconclusive verdicts.
const UNKNOWN_MOST: u64 = 5;

/// The answers to the questions of [`Scope`](super::query::Scope), of one moment.
#[derive(Clone, Debug, Default)]
pub(super) struct Answers {
    pub(super) states: Vector,
    pub(super) expected: Vector,
    /// `None` where nobody had to be compared one by one.
    pub(super) against: Option<(Vector, Vector)>,
    pub(super) agents: Vector,
    pub(super) seen: Vector,
    pub(super) types: Vector,
}

/// All that was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Census {
    pub(super) subscriptions: Vec<Subscription>,
    /// Series without a port or family that is one.
    pub(super) foreign: usize,
}

/// One subscription.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Subscription {
    /// Empty for the machines outside any.
    pub(super) id: String,
    /// As somebody told who asks Azure.
    pub(super) kind: Option<Kind>,
    /// That report now.
    pub(super) agents: u64,
    /// That reported within the window, and do not now.
    pub(super) silent: u64,
    /// Sorted by port and family.
    pub(super) rows: Vec<Row>,
}

/// A port in one family of a subscription.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    pub(super) port: Port,
    pub(super) family: Family,
    pub(super) tally: Tally,
    /// `None` where it is not known.
    pub(super) since: Option<Since>,
    /// Whether VMs from which nothing leaves count: not where more could judge in the other family.
    counts_lost: bool,
    /// Whether it counts for the whole: not where nothing leaves in this family, and the other one was measured.
    pub(super) counts: bool,
}

/// What a row is of.
pub(super) type Key = (String, Port, Family);

impl Row {
    /// How it compares with what is expected.
    pub(super) fn standing(&self) -> Standing {
        let tally = &self.tally;
        if tally.conclusive() == 0 {
            return Standing::Unknown;
        }
        let violated = tally.violated();
        if tally.are_nearly_all(violated) {
            return Standing::Violated;
        }
        if violated + tally.degraded() > 0 {
            return Standing::Degraded;
        }
        if self.is_too_unknown() || tally.expected.values().all(|vms| *vms == 0) {
            return Standing::Unknown;
        }
        Standing::Fine
    }

    /// Whether so many VMs could not judge that the others do not speak for them.
    pub(super) fn is_too_unknown(&self) -> bool {
        let lost = if self.counts_lost { self.tally.in_state(State::NoEgress) } else { 0 };
        let unknown = lost + self.tally.in_state(State::Inconclusive);
        unknown * UNKNOWN_MOST > self.tally.conclusive() + unknown
    }
}

impl Subscription {
    /// The worst of what counts.
    pub(super) fn standing(&self) -> Standing {
        let rows = self.rows.iter().filter(|row| row.counts).map(Row::standing);
        let ports = rows.max().unwrap_or(Standing::Unknown);
        if self.is_too_silent() { ports.max(Standing::Unknown) } else { ports }
    }

    /// Whether more are silent than a fleet loses by itself.
    pub(super) fn is_too_silent(&self) -> bool {
        self.silent * SILENT_MOST > self.agents + self.silent
    }
}

impl Census {
    pub(super) fn of(answers: &Answers) -> Self {
        let mut rows: BTreeMap<Key, Tally> = BTreeMap::new();
        let mut foreign = 0;
        for sample in &answers.states.samples {
            let Some(key) = key(sample) else {
                foreign += 1;
                continue;
            };
            let word = sample.label("sortie_port_state");
            let state = State::ALL.into_iter().find(|state| state.code() == word);
            let states = &mut rows.entry(key).or_default().states;
            *states.entry(state.unwrap_or(State::Inconclusive)).or_default() += vms(sample);
        }
        for sample in &answers.expected.samples {
            let word = sample.label("sortie_expected_state");
            let expected = Expectation::ALL.into_iter().find(|expected| expected.code() == word);
            if let (Some(tally), Some(expected)) = (of(&mut rows, sample), expected) {
                *tally.expected.entry(expected).or_default() += vms(sample);
            }
        }
        if let Some((blocked, open)) = &answers.against {
            for tally in rows.values_mut() {
                tally.against = Some((0, 0));
            }
            for sample in &blocked.samples {
                if let Some((blocked, _)) = of(&mut rows, sample).and_then(|tally| tally.against.as_mut()) {
                    *blocked += vms(sample);
                }
            }
            for sample in &open.samples {
                if let Some((_, open)) = of(&mut rows, sample).and_then(|tally| tally.against.as_mut()) {
                    *open += vms(sample);
                }
            }
        }
        rows.retain(|_, tally| tally.vms() > 0);
        Self { subscriptions: subscriptions(answers, rows), foreign }
    }

    /// Every row, with what it is of.
    pub(super) fn rows_mut(&mut self) -> impl Iterator<Item = (Key, &mut Row)> {
        self.subscriptions.iter_mut().flat_map(|subscription| {
            let id = &subscription.id;
            subscription.rows.iter_mut().map(|row| ((id.clone(), row.port, row.family), row))
        })
    }

    /// How the whole fleet stands: as its worst subscription. Without any nobody knows.
    pub(super) fn standing(&self) -> Standing {
        self.subscriptions.iter().map(Subscription::standing).max().unwrap_or(Standing::Unknown)
    }
}

fn subscriptions(answers: &Answers, rows: BTreeMap<Key, Tally>) -> Vec<Subscription> {
    let agents = by_account(&answers.agents);
    let seen = by_account(&answers.seen);
    let mut subscriptions: BTreeMap<String, Subscription> = BTreeMap::new();
    let ids =
        rows.keys().map(|(id, ..)| id.as_str()).chain(agents.keys().copied()).chain(seen.keys().copied());
    for id in ids.map(str::to_owned).collect::<BTreeSet<_>>() {
        let now = agents.get(id.as_str()).copied().unwrap_or_default();
        let before = seen.get(id.as_str()).copied().unwrap_or_default();
        let kind = kind(&answers.types, &id);
        let silent = before.saturating_sub(now);
        subscriptions.insert(id.clone(), Subscription { id, kind, agents: now, silent, rows: Vec::new() });
    }
    let measured: BTreeMap<Key, u64> =
        rows.iter().map(|(key, tally)| (key.clone(), tally.conclusive())).collect();
    for ((id, port, family), tally) in rows {
        let other = Family::ALL.into_iter().filter(|other| *other != family);
        let other = other.filter_map(|other| measured.get(&(id.clone(), port, other))).max().copied();
        let (own, other) = (tally.conclusive(), other.unwrap_or_default());
        let counts = own > 0 || other == 0 || tally.observed() != Observed::One(State::NoEgress);
        let row = Row { port, family, tally, since: None, counts_lost: other <= own, counts };
        if let Some(subscription) = subscriptions.get_mut(&id) {
            subscription.rows.push(row);
        }
    }
    subscriptions.into_values().collect()
}

/// The one type that is told; `None` where there are two, as for minutes after a change.
fn kind(types: &Vector, id: &str) -> Option<Kind> {
    let mut told = types.samples.iter().filter(|sample| sample.label("cloud_account_id") == id);
    let word = told.next()?.label("sortie_subscription_type");
    let is_only = told.next().is_none();
    Kind::ALL.into_iter().find(|kind| is_only && kind.code() == word)
}

fn by_account(vector: &Vector) -> BTreeMap<&str, u64> {
    let mut accounts = BTreeMap::new();
    for sample in &vector.samples {
        *accounts.entry(sample.label("cloud_account_id")).or_default() += vms(sample);
    }
    accounts
}

fn of<'r>(rows: &'r mut BTreeMap<Key, Tally>, sample: &Sample) -> Option<&'r mut Tally> {
    rows.get_mut(&key(sample)?)
}

/// What a sample is of, where its labels are what they claim to be.
pub(super) fn key(sample: &Sample) -> Option<Key> {
    let port = sample.label("server_port").parse().ok()?;
    let family = sample.label("network_type");
    let family = Family::ALL.into_iter().find(|known| known.code() == family)?;
    Some((sample.label("cloud_account_id").to_owned(), port, family))
}

/// A count, which Prometheus has as a floating-point number.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
fn vms(sample: &Sample) -> u64 {
    // Far above every fleet, and far below where sums overflow.
    (sample.value.round() as u64).min(1 << 40)
}
