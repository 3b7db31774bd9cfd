//! The other side: destinations and relays. What one of them does is never a block.

use super::{Alert, BY_PORT, Board, Minutes, Rule, Severity};
use crate::catalog::recorded::{CONCLUSIVE, EXPECTED, FAILURES, HANDSHAKE, RELAY_UNUSABLE_RATIO, STATES};

/// Of attempts from the whole fleet; some machines reach it by luck or by a cache of names.
const DEAD: f64 = 0.8;
/// Where half of all destinations fail, it is not the destinations.
const OTHERS: f64 = 0.5;
/// The share of machines on which a thing of all of them is no longer a thing of one.
const MANY: f64 = 0.5;
/// As for a partial block.
const SOME: f64 = 0.1;
/// Times the median of the last week.
const SLOWER: u32 = 3;
/// In seconds: below it three times as long is still fast.
const SLOW: f64 = 0.05;

/// They read what the slow group records.
pub(super) fn slow() -> Vec<Rule> {
    vec![
        Rule::Alert(Alert {
            name: "SortieTargetUnreachable",
            severity: Severity::Info,
            expr: format!(
                "{FAILURES} > {DEAD}\n\
                 unless on (server_port, network_type)\n\
                 quantile by (server_port, network_type) (0.5, {FAILURES}) > {OTHERS}"
            ),
            unless: None,
            wait: Some(Minutes(15)),
            keep: None,
            summary: "<server_address> does not answer on port <server_port> (<network_type>)",
            description: "<percent> of the fleet's attempts to reach <server_address> on port <server_port> fail, while other \
                          destinations answer. It is the destination's own fault and no block. If it lasts, take it out of \
                          the [[target]] tables.",
            board: Board::Targets,
        }),
        Rule::Alert(Alert {
            name: "SortieHandshakeSlow",
            severity: Severity::Info,
            expr: format!(
                "{HANDSHAKE} > {SLOWER} * quantile_over_time(0.5, {HANDSHAKE}[7d])\n\
                 and\n\
                 {HANDSHAKE} > {SLOW}\n\
                 and\n\
                 {HANDSHAKE} offset 1d"
            ),
            unless: None,
            wait: Some(Minutes(30)),
            keep: None,
            summary: "Handshakes on port <server_port> (<network_type>) take long from <cloud_region>",
            description: "From <cloud_region> a handshake on port <server_port> takes <seconds>, more than three times \
                          the median of a week. Mail is late and not lost: look for a new detour (a firewall, a proxy) or a \
                          loaded NAT.",
            board: Board::Targets,
        }),
    ]
}

pub(super) fn alerts() -> Vec<Rule> {
    vec![
        Rule::Alert(Alert {
            name: "SortieSubmissionUnavailable",
            severity: Severity::Warning,
            expr: format!(
                "sum {BY_PORT} (\n  \
                   {STATES}{{server_port=\"587\",sortie_port_state!~\"open|no_egress|inconclusive\"}}\n\
                 )\n  \
                   / ({CONCLUSIVE}{{server_port=\"587\"}} > 0) > {MANY}\n\
                 unless\n\
                 sum {BY_PORT} (\n  \
                   {EXPECTED}{{server_port=\"587\",sortie_expected_state=\"blocked\"}}\n\
                 )\n  \
                   / ({CONCLUSIVE}{{server_port=\"587\"}} > 0) > {MANY}"
            ),
            unless: None,
            wait: Some(Minutes(15)),
            keep: Some(Minutes(15)),
            summary: "Submission on port <server_port> (<network_type>) is not available in <subscription>",
            description: "On <percent> of the VMs of <subscription> port 587 is not simply open: it is stopped, throttled, \
                          intercepted or refused. It is the way out that is left where port 25 is blocked. Compare the states \
                          on the board; the platform leaves this port alone on Azure.",
            board: Board::Subscription,
        }),
        Rule::Alert(Alert {
            name: "SortieRelayUnusable",
            severity: Severity::Warning,
            expr: format!("{RELAY_UNUSABLE_RATIO} > {SOME}"),
            unless: None,
            wait: Some(Minutes(30)),
            keep: Some(Minutes(15)),
            summary: "Mail cannot be handed to the relay <sortie_relay_name> from <subscription>",
            description: "<percent> of the VMs of <subscription> cannot use the relay <sortie_relay_name>. `sortie check` on one \
                          of them shows the stage that fails: the name, the connection, TLS, its certificate, or what it \
                          offers.",
            board: Board::Targets,
        }),
    ]
}
