//! The VMs that are not as expected, by name: what is worst first, and never more than were asked for. Pure.

use std::collections::BTreeMap;

use serde::Serialize;
use sortie_core::target::{Family, Port};
use sortie_core::verdict::State;

use super::since::{Past, Since, Span};
use crate::prometheus::{Sample, Vector};

/// In what way a VM is not as expected. The number is the value of its sample, by which the worst are picked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Wrong {
    Silent = 1,
    NoEgress = 2,
    Inconclusive = 3,
    Degraded = 4,
    OpenUnexpectedly = 5,
    BlockedUnexpectedly = 6,
}

impl Wrong {
    const ALL: [Self; 6] = [
        Self::Silent,
        Self::NoEgress,
        Self::Inconclusive,
        Self::Degraded,
        Self::OpenUnexpectedly,
        Self::BlockedUnexpectedly,
    ];

    fn of(value: f64) -> Option<Self> {
        Self::ALL.into_iter().find(|wrong| f64::from(*wrong as u8).total_cmp(&value).is_eq())
    }
}

/// One VM, in one port and family of it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Vm {
    pub(super) id: String,
    /// Empty where the backend has none.
    pub(super) name: String,
    pub(super) subscription: String,
    pub(super) region: String,
    /// `None` where it is silent.
    pub(super) place: Option<(Port, Family)>,
    /// `None` where it is silent, or has a word that this version does not know.
    pub(super) state: Option<State>,
    pub(super) wrong: Wrong,
    /// For a silent one since it was last heard.
    pub(super) since: Option<Since>,
}

/// What was heard of them in the past: a vector for each few of them.
#[derive(Clone, Debug, Default)]
pub(super) struct PastOfVms {
    pub(super) recent: Vec<Vector>,
    pub(super) whole: Vec<Vector>,
    pub(super) first: Vec<Vector>,
}

/// A part of them, and how many there are.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Vms {
    pub(super) listed: Vec<Vm>,
    pub(super) left_off: u64,
}

impl Vms {
    /// `count` is how many there are, where that was asked for because as many were listed as may be.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
    pub(super) fn of(listed: &Vector, count: Option<&Vector>) -> Self {
        let mut vms: Vec<Vm> = listed.samples.iter().filter_map(vm).collect();
        vms.sort_by(|a, b| {
            let by = |vm: &Vm| {
                (std::cmp::Reverse(vm.wrong), vm.subscription.clone(), vm.shown().to_owned(), vm.place)
            };
            by(a).cmp(&by(b))
        });
        let all = count.and_then(|count| count.samples.first()).map_or(0, |sample| sample.value as u64);
        let left_off = all.saturating_sub(listed.samples.len() as u64);
        Self { listed: vms, left_off }
    }

    /// The ids of those that are silent, and of the others.
    pub(super) fn hosts(&self, are_silent: bool) -> Vec<String> {
        let hosts = self.listed.iter().filter(|vm| (vm.wrong == Wrong::Silent) == are_silent);
        let mut ids: Vec<String> = hosts.map(|vm| vm.id.clone()).filter(|id| !id.is_empty()).collect();
        ids.sort();
        ids.dedup();
        ids
    }

    /// Takes in when each state of these VMs was last held, and when they were first heard of.
    pub(super) fn hear_states(&mut self, now: f64, past: &PastOfVms, spans: (Span, Span)) {
        let (recent, whole, firsts) = (held(&past.recent), held(&past.whole), held(&past.first));
        for vm in &mut self.listed {
            let (Some((port, family)), Some(state)) = (vm.place, vm.state) else { continue };
            let place = (vm.id.as_str(), port.to_string(), family.code());
            let otherwise = |held: &Held<'_>| {
                let states = held.get(&place)?;
                states.iter().filter(|(word, _)| *word != state.code()).map(|(_, at)| *at).reduce(f64::max)
            };
            let first =
                firsts.get(&place).and_then(|states| states.iter().map(|(_, at)| *at).reduce(f64::min));
            let past = Past { recent: otherwise(&recent), whole: otherwise(&whole), first };
            vm.since = past.since(now, spans.0, spans.1);
        }
    }

    /// Takes in when each silent VM was last heard.
    pub(super) fn hear_silence(&mut self, heard: &[Vector], span: Span) {
        for sample in heard.iter().flat_map(|vector| &vector.samples) {
            let of = |vm: &&mut Vm| vm.wrong == Wrong::Silent && vm.id == sample.label("host_id");
            for vm in self.listed.iter_mut().filter(of) {
                vm.since = Some(Since { at: sample.value, changed: true, resolution: span.resolution() });
            }
        }
    }
}

impl Vm {
    /// By what people know it.
    pub(super) fn shown(&self) -> &str {
        if self.name.is_empty() { &self.id } else { &self.name }
    }
}

/// By host, port and family: each state, and when it was last held.
type Held<'v> = BTreeMap<(&'v str, String, &'v str), Vec<(&'v str, f64)>>;

fn held(vectors: &[Vector]) -> Held<'_> {
    let mut held = Held::new();
    for sample in vectors.iter().flat_map(|vector| &vector.samples) {
        let place =
            (sample.label("host_id"), sample.label("server_port").to_owned(), sample.label("network_type"));
        held.entry(place).or_default().push((sample.label("sortie_port_state"), sample.value));
    }
    held
}

fn vm(sample: &Sample) -> Option<Vm> {
    let text = |label| sample.label(label).to_owned();
    let word = sample.label("sortie_port_state");
    Some(Vm {
        id: text("host_id"),
        name: text("host_name"),
        subscription: text("cloud_account_id"),
        region: text("cloud_region"),
        place: super::census::key(sample).map(|(_, port, family)| (port, family)),
        state: State::ALL.into_iter().find(|state| state.code() == word),
        wrong: Wrong::of(sample.value)?,
        since: None,
    })
}
