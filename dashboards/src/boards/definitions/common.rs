//! What several boards have in common: choices, areas by state, and why there may be nothing to show.

use crate::boards::model::{
    Column, Empty, Key, Panel, Series, Source, Stat, Steps, Table, To, Unit, Variable, View, Word,
};
use crate::boards::palette::CALM;
use crate::boards::states::STATES;

/// Why a recorded series may be missing.
pub(super) const NOT_RECORDED: Empty =
    Empty::Missing("No telemetry, or the recording rules of Sortie are not loaded.");
/// Why a share may be missing.
pub(super) const NOBODY_CAN_TELL: Empty =
    Empty::Fine("No VM has a conclusive verdict, or there is no telemetry.");
/// Why a series of agents may be missing.
pub(super) const NOT_REPORTED: Empty = Empty::Missing("No agent of this choice reports.");

/// The port and family that a board is about, as recorded series are labelled.
pub(super) const CHOSEN: &str = r#"server_port="$port", network_type="$family""#;
/// The same in one subscription.
pub(super) const OF_SUBSCRIPTION: &str =
    r#"cloud_account_id="$subscription", server_port="$port", network_type="$family""#;

pub(super) const PORT: Variable =
    Variable { name: "port", title: "Port", source: Source::Words(&["25", "587"]) };
pub(super) const FAMILY: Variable =
    Variable { name: "family", title: "IP family", source: Source::Words(&["ipv4", "ipv6"]) };
/// One at a time: the VMs of several would be too many for a query.
pub(super) const SUBSCRIPTION: Variable = Variable {
    name: "subscription",
    title: "Subscription",
    source: Source::Label {
        series: "cloud_account:sortie_agents:count",
        label: "cloud_account_id",
        all: false,
    },
};

/// From a name of a VM to the board about it.
pub(super) const VM: Key = Key {
    label: "host_name",
    title: "VM",
    to: Some(To::Board { uid: "sortie-vm", sets: &[("vm", "host_name")], keeps: &["subscription"] }),
};
/// From an alert to its runbook.
pub(super) const ALERT: Key = Key { label: "alertname", title: "Alert", to: Some(To::Runbook) };
/// From a subscription to the board about it.
pub(super) const TO_SUBSCRIPTION: Key = Key {
    label: "cloud_account_id",
    title: "Subscription",
    to: Some(To::Board {
        uid: "sortie-subscription",
        sets: &[("subscription", "cloud_account_id")],
        keeps: &["port", "family"],
    }),
};

/// A number at the head of a board.
pub(super) fn stat(
    title: &'static str,
    says: &'static str,
    empty: Empty,
    unit: Unit,
    steps: Steps,
    expr: impl Into<String>,
) -> Panel {
    Panel::new(title, says, empty, View::Stat(Stat { expr: expr.into(), unit, steps, words: Vec::new() }))
}

/// A word at the head of a board.
pub(super) fn word(
    title: &'static str,
    says: &'static str,
    empty: Empty,
    words: Vec<Word>,
    expr: impl Into<String>,
) -> Panel {
    let stat = Stat { expr: expr.into(), unit: Unit::Count, steps: Steps::always(CALM), words };
    Panel::new(title, says, empty, View::Stat(stat))
}

/// Advice, and where the rest of it stands.
pub(super) fn advice(title: &'static str, says: &'static str, markdown: &'static str) -> Panel {
    Panel::new(title, says, Empty::Fine("Nothing is asked here."), View::Words(markdown))
}

/// A list of things, with nothing said about them but a number.
pub(super) fn list(keys: Vec<Key>, column: Column, limit: u32) -> View {
    View::Table(Table { keys, columns: vec![column], limit })
}

/// What an expression tells for each state, in the colour of the state; `of` gets the word of the state.
pub(super) fn by_state(of: impl Fn(&str) -> String) -> Vec<Series> {
    STATES.into_iter().rev().map(|(state, says, colour)| Series::case(of(state), says, colour)).collect()
}

/// VMs of a recorded count that are in one of these states, by these labels. Zero where VMs report and none is in them:
/// without telemetry there is nothing, and not zero.
pub(super) fn vms(recorded: &str, labels: &str, states: &str, by: &str) -> String {
    let sum = |more: &str| format!("sum by ({by}) ({recorded}:sortie_vms:count{{{labels}{more}}})");
    let in_states = format!(", sortie_port_state=~\"{states}\"");
    format!("({} or 0 * {})", sum(&in_states), sum(""))
}
