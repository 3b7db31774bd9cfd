//! The schema `sortie.fleet/1`.

use std::collections::BTreeMap;

use serde::Serialize;
use sortie_core::report::NextStep;

use super::order::sorted;
use super::{command, rfc3339, word};
use crate::args::Fleet;
use crate::fleet::ask::Look;
use crate::fleet::census::{Row, Subscription};
use crate::fleet::since::Since;
use crate::fleet::vms::{Vm, Wrong};
use crate::fleet::{advise, code};
use crate::render::plain;

const SCHEMA: &str = "sortie.fleet/1";

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    /// RFC 3339, by the clock of the API.
    at: String,
    /// `recorded` or `raw`.
    source: &'static str,
    /// Whether nothing is known to be missing.
    complete: bool,
    standing: &'static str,
    exit_code: u8,
    /// Seconds within which an agent was heard that is called silent.
    window: u64,
    subscriptions: Vec<OneSubscription<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vms: Option<Vec<OneVm<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vms_left_off: Option<u64>,
    /// Sentences.
    notes: Vec<&'a str>,
}

#[derive(Serialize)]
struct OneSubscription<'a> {
    /// Null for the machines outside any.
    subscription: Option<&'a str>,
    /// `ea`, `mca-e`, `ea-devtest`, `other`, `unknown`; null where nobody told it.
    #[serde(rename = "type")]
    kind: Option<&'static str>,
    standing: &'static str,
    agents: u64,
    silent: u64,
    ports: Vec<OnePort>,
    /// About its silent agents.
    next_steps: Vec<NextStep>,
}

#[derive(Serialize)]
struct OnePort {
    port: u16,
    family: &'static str,
    standing: &'static str,
    /// Whether it counts for its subscription.
    counts: bool,
    /// `open`, `blocked`, `any`, `mixed`; null where nobody said it.
    expected: Option<&'static str>,
    /// A state, or `mixed`.
    observed: &'static str,
    since: Option<Since>,
    vms: u64,
    open: u64,
    blocked: u64,
    blocked_unexpectedly: u64,
    open_unexpectedly: u64,
    states: BTreeMap<&'static str, u64>,
    expectations: BTreeMap<&'static str, u64>,
    next_steps: Vec<NextStep>,
    /// What to call next.
    command: Option<String>,
}

#[derive(Serialize)]
struct OneVm<'a> {
    host_id: &'a str,
    host_name: &'a str,
    subscription: Option<&'a str>,
    region: Option<&'a str>,
    port: Option<u16>,
    family: Option<&'static str>,
    state: Option<&'static str>,
    wrong: Wrong,
    since: Option<Since>,
}

/// One document with a line break at the end: laid out, or on one line where more will follow.
pub(in crate::fleet) fn json(look: &Look, args: &Fleet) -> serde_json::Result<String> {
    let vms = look.vms.as_ref();
    let remarks = &look.remarks;
    let document = Document {
        schema: SCHEMA,
        at: rfc3339(look.at),
        source: look.source.code(),
        complete: remarks.incomplete.is_empty(),
        standing: word(look.census.standing()),
        exit_code: code(look),
        window: args.window.as_secs(),
        subscriptions: sorted(&look.census.subscriptions, args.sort)
            .into_iter()
            .map(|one| subscription(one, args))
            .collect(),
        vms: vms.map(|vms| vms.listed.iter().map(vm).collect()),
        vms_left_off: vms.map(|vms| vms.left_off),
        notes: remarks.incomplete.iter().chain(&remarks.notes).map(String::as_str).collect(),
    };
    let json = match args.watch {
        Some(_) => serde_json::to_string(&document),
        None => serde_json::to_string_pretty(&document),
    };
    json.map(|json| plain(json) + "\n")
}

fn subscription<'a>(of: &'a Subscription, args: &Fleet) -> OneSubscription<'a> {
    OneSubscription {
        subscription: given(&of.id),
        kind: of.kind.map(sortie_core::knowledge::Subscription::code),
        standing: word(of.standing()),
        agents: of.agents,
        silent: of.silent,
        ports: of.rows.iter().map(|row| port(of, row, args)).collect(),
        next_steps: advise::of_silence(of).map(|advice| advice.steps).unwrap_or_default(),
    }
}

fn port(of: &Subscription, row: &Row, args: &Fleet) -> OnePort {
    let tally = &row.tally;
    let advice = advise::of_row(of, row);
    let differs = tally.is_expected_to_differ().then_some("mixed");
    OnePort {
        port: row.port.number(),
        family: row.family.code(),
        standing: word(row.standing()),
        counts: row.counts,
        expected: differs.or(tally.expectation().map(sortie_core::expect::Expectation::code)),
        observed: tally.observed().code(),
        since: row.since,
        vms: tally.vms(),
        open: tally.in_state(sortie_core::verdict::State::Open),
        blocked: tally.blocked(),
        blocked_unexpectedly: tally.blocked_unexpectedly(),
        open_unexpectedly: tally.open_unexpectedly(),
        states: tally.states.iter().map(|(state, vms)| (state.code(), *vms)).collect(),
        expectations: tally.expected.iter().map(|(expected, vms)| (expected.code(), *vms)).collect(),
        command: advice.as_ref().and_then(|advice| command(args, of, advice.then)),
        next_steps: advice.map(|advice| advice.steps).unwrap_or_default(),
    }
}

fn vm(of: &Vm) -> OneVm<'_> {
    OneVm {
        host_id: &of.id,
        host_name: &of.name,
        subscription: given(&of.subscription),
        region: given(&of.region),
        port: of.place.map(|(port, _)| port.number()),
        family: of.place.map(|(_, family)| family.code()),
        state: of.state.map(sortie_core::verdict::State::code),
        wrong: of.wrong,
        since: of.since,
    }
}

fn given(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}
