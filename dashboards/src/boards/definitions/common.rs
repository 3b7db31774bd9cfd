//! What several boards have in common: choices, areas by state, and why there may be nothing to show.

use crate::boards::model::{Empty, Panel, Series, Source, Stat, Steps, Unit, Variable, View};
use crate::boards::states::STATES;

/// Why a recorded series may be missing.
pub(super) const NOT_RECORDED: Empty =
    Empty::Missing("No telemetry, or the recording rules of Sortie are not loaded.");
/// Why a series of agents may be missing.
pub(super) const NOT_REPORTED: Empty = Empty::Missing("No agent reports that.");

/// The port and family that a board is about, as its recorded series are labelled.
pub(super) const CHOSEN: &str = r#"server_port="$port", network_type="$family""#;

pub(super) const PORT: Variable =
    Variable { name: "port", title: "Port", source: Source::Words(&["25", "587"]) };
pub(super) const FAMILY: Variable =
    Variable { name: "family", title: "IP family", source: Source::Words(&["ipv4", "ipv6"]) };
/// A single one: over several the VMs would be too many.
pub(super) const SUBSCRIPTION: Variable = Variable {
    name: "subscription",
    title: "Subscription",
    source: Source::Label {
        series: "cloud_account:sortie_agents:count",
        label: "cloud_account_id",
        all: false,
    },
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
    Panel::new(title, says, empty, View::Stat(Stat { expr: expr.into(), unit, steps }))
}

/// What an expression tells for each state, in the colour of the state; `of` gets the word of the state.
pub(super) fn by_state(of: impl Fn(&str) -> String) -> Vec<Series> {
    STATES.into_iter().rev().map(|(state, says, colour)| Series::coloured(of(state), says, colour)).collect()
}
