//! What is observed against what is expected: the configuration, else what the provider documents.
//!
//! Pages only while nearly all of a subscription's machines are wrong, and only where the expectation is no plan: one that
//! is younger than an hour belongs to an exemption whose machines are still to be deallocated.

use super::{Alert, BY_PORT, Board, Minutes, Rule, Severity};
use crate::catalog::recorded::{
    BLOCKED_UNEXPECTEDLY, CONCLUSIVE, EXPECTED, NEWLY_BLOCKED, OPEN_UNEXPECTEDLY, STATES,
};

/// As for a block: one machine in ten may be odd.
const NEARLY_ALL: f64 = 0.9;
/// The share of those who were heard within the last hour, of those whose expectation is older than that, and of those who
/// can judge.
const MOST: f64 = 0.5;

pub(super) fn alerts() -> Vec<Rule> {
    let expected = format!("{EXPECTED}{{sortie_expected_state=\"open\"}}");
    let all = format!("sum {BY_PORT} ({expected})");
    vec![
        Rule::Alert(Alert {
            name: "SortieExpectationViolated",
            severity: Severity::Critical,
            expr: format!(
                // Of those who can judge, at most as many as can judge at all: a doubt on some does not excuse the others.
                "{BLOCKED_UNEXPECTEDLY} / ({all} <= {CONCLUSIVE} or {CONCLUSIVE}) >= {NEARLY_ALL}\n\
                 and\n\
                 {CONCLUSIVE} >= {MOST} * {all}\n\
                 and\n\
                 {all} >= {MOST} * sum {BY_PORT} (max_over_time({expected}[1h]))\n\
                 and\n\
                 sum {BY_PORT} (max_over_time({expected}[6h] offset 1h)) >= {MOST} * {all}"
            ),
            unless: Some(unless_newly_blocked()),
            wait: Some(Minutes(15)),
            keep: Some(Minutes(15)),
            summary: "Outbound port <server_port> (<network_type>) of <subscription> is stopped and should be open",
            description: "<percent> of the VMs of <subscription> that can judge and are expected to reach port <server_port> do \
                          not. Who stops them stands on the board: the platform, a device on the path, or the machines' own \
                          firewalls. Correct that, or the expectation ([expect] in the agents' configuration).",
            board: Board::Subscription,
        }),
        Rule::Alert(Alert {
            name: "SortiePortOpenUnexpectedly",
            severity: Severity::Warning,
            expr: format!("{OPEN_UNEXPECTEDLY} > 0"),
            unless: None,
            wait: Some(Minutes(30)),
            keep: Some(Minutes(15)),
            summary: "Outbound port <server_port> (<network_type>) is open on VMs of <subscription> and should be blocked",
            description: "<value> VMs of <subscription> reach port <server_port> although they are expected to be blocked. \
                          Either a rule that should stop mail does not, or the expectation is wrong: an exemption was \
                          granted, or the subscription has another type than the agents know.",
            board: Board::Subscription,
        }),
        Rule::Alert(Alert {
            name: "SortieExemptionNotEffective",
            severity: Severity::Warning,
            expr: format!(
                "{BLOCKED_UNEXPECTEDLY} > 0\n\
                 and on (cloud_account_id, server_port, network_type)\n\
                 {STATES}{{sortie_port_state=\"platform_blocked\"}} > 0\n\
                 unless on (cloud_account_id)\n\
                 sortie_subscription_info{{sortie_subscription_type=~\"ea|mca-e\"}}"
            ),
            unless: Some(unless_newly_blocked()),
            wait: Some(Minutes(60)),
            keep: Some(Minutes(15)),
            summary: "An exemption of port <server_port> (<network_type>) is not effective on <value> VMs of <subscription>",
            description: "<value> VMs of <subscription> are still blocked on port <server_port> although they are expected to \
                          be open. A VM takes up an exemption when it is stopped, deallocated and started; a restart from \
                          within is not enough. Those that were, and are blocked, stand behind a security group.",
            board: Board::Exemption,
        }),
    ]
}

/// The page about a block says it already.
fn unless_newly_blocked() -> String {
    format!("unless on (cloud_account_id, server_port, network_type)\n{NEWLY_BLOCKED} > 0")
}
