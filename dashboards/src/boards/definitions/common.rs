//! What several boards have in common: choices, areas by state, and why there may be nothing to show.

use crate::boards::model::{
    Colour, Column, Empty, Key, Lines, Panel, Series, Source, Stat, Steps, Table, To, Unit, Variable, View,
    Word,
};
use crate::boards::palette::{BAD, CALM, GOOD, WARN};
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

/// How many VMs of those that the labels select are in which state, each in the colour of its state.
pub(super) fn vms_by_state(says: &'static str, labels: &str) -> Panel {
    let of = |(state, name, colour): (&str, &'static str, Colour)| {
        let expr = format!(
            "sum(cloud_account_port_state:sortie_vms:count{{{labels}, sortie_port_state=\"{state}\"}})"
        );
        Series::case(expr, name, colour)
    };
    let lines = Lines::stacked(Unit::Count, STATES.into_iter().rev().map(of).collect());
    Panel::new("VMs by state", says, NOT_RECORDED, lines)
}

/// What a counter counts in a minute, by these labels; `counter` has a selector.
pub(super) fn per_minute(by: &str, counter: &str, legend: &'static str) -> View {
    let rate = format!("60 * sum by ({by}) (rate({counter}[$__rate_interval]))");
    Lines::stacked(Unit::PerMinute, vec![Series::plain(rate, legend)])
}

/// A quantile of the time of completed handshakes, of those that the labels select. Without a handshake it is no number,
/// and left out.
pub(super) fn handshake(quantile: &str, by: &str, labels: &str, window: &str) -> String {
    format!(
        "histogram_quantile({quantile}, sum by ({by}) (rate(sortie_probe_handshake_duration_seconds_bucket{{{labels}}}[{window}]))) >= 0"
    )
}

/// Half, nearly all and all but one of a hundred handshakes.
pub(super) fn handshakes(labels: &str, window: &str) -> View {
    let of = |quantile| handshake(quantile, "le", labels, window);
    Lines::beside(
        Unit::Seconds,
        vec![
            Series::coloured(of("0.5"), "half", GOOD),
            Series::coloured(of("0.95"), "95 %", WARN),
            Series::coloured(of("0.99"), "99 %", BAD),
        ],
    )
}

/// VMs of a recorded count that are in one of these states, by these labels. Zero where VMs report and none is in them:
/// without telemetry there is nothing, and not zero.
pub(super) fn vms(recorded: &str, labels: &str, states: &str, by: &str) -> String {
    let sum = |more: &str| format!("sum by ({by}) ({recorded}:sortie_vms:count{{{labels}{more}}})");
    let in_states = format!(", sortie_port_state=~\"{states}\"");
    format!("({} or 0 * {})", sum(&in_states), sum(""))
}
