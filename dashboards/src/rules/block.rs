//! The platform begins or ceases to stop mail in a subscription.
//!
//! A page needs all of: nearly all machines are blocked now; most of them were open at one moment of the last six hours (a
//! pay-as-you-go subscription that was always blocked is no change, nor are machines that were blocked before they got an
//! agent); and most of those who could judge at any moment of these hours still can. The last two together say that it is the same
//! machines: were the open ones gone, and those left to judge blocked all along, more would have been heard than these
//! shares allow. A destination's death, a lost egress and a doubt are none of these: agents call none of them blocked.
//!
//! After six hours a block is no news and the alert ends by itself, also while the block lasts. Where the port is expected to be
//! open `SortieExpectationViolated` goes on.

use super::{Alert, BY_PORT, Board, Minutes, Rule, Severity};
use crate::catalog::recorded::{BLOCKED_RATIO, CONCLUSIVE, EXPECTED, NEWLY_BLOCKED, STATES, STOPPED_RATIO};

/// Not all: one machine in ten may hang, or be exempt.
const BLOCKED: f64 = 0.9;
/// Not none: one machine in ten may stand behind a security group of its own.
const NOT_BLOCKED: f64 = 0.1;
/// The share of those who are left to judge that were open lately: others may have been stopped all along, by a security
/// group, when the platform begins to stop these.
const WERE_OPEN: f64 = 0.6;
/// A change that took longer is none that somebody must get up for. Azure's price of a query grows with it.
const LATELY: Minutes = Minutes(360);
/// The share of those who could judge lately who must be able to now. Some of a fleet are switched off in an evening.
const HEARD: f64 = 0.7;
// For every one who can judge now, nearly one is blocked and `WERE_OPEN` were open. Were those others, who have fallen
// silent, both would have been heard, and they would be more than one for each `HEARD`.
const _: () = assert!((BLOCKED + WERE_OPEN) * HEARD > 1.0);
/// As many subscriptions at once are no coincidence: something above them has changed.
const TENANT_WIDE: u32 = 3;
/// Fewer machines have no share worth a ticket.
const SOME: u32 = 5;

pub(super) fn newly_blocked() -> String {
    format!("{BLOCKED_RATIO} >= {BLOCKED}\nand\n{}\nand\n{}", heard(), were_open())
}

/// Enough of those who could judge lately can judge now.
fn heard() -> String {
    format!("{CONCLUSIVE} >= {HEARD} * max_over_time({CONCLUSIVE}[{LATELY}])")
}

/// Of those who can judge now, as many were open at one moment.
fn were_open() -> String {
    let open = format!("max_over_time({STATES}{{sortie_port_state=\"open\"}}[{LATELY}])");
    format!("sum {BY_PORT} ({open}) >= {WERE_OPEN} * {CONCLUSIVE}")
}

fn tenant_wide() -> String {
    format!("count by (server_port, network_type) ({NEWLY_BLOCKED}) >= {TENANT_WIDE}")
}

/// They stand in the group of the series that they read.
pub(super) fn pages() -> Vec<Rule> {
    let keep = Some(Minutes(15));
    vec![
        Rule::Alert(Alert {
            name: "SortieSubscriptionPortBlocked",
            severity: Severity::Critical,
            expr: format!("{NEWLY_BLOCKED} > 0"),
            unless: Some(format!("unless on (server_port, network_type)\n{}", tenant_wide())),
            // Each agent has asked several operators over several rounds before it says so.
            wait: None,
            keep,
            summary: "Outbound port <server_port> (<network_type>) is blocked in <subscription>",
            description: "The platform stops outbound port <server_port> on <percent> of the VMs of <subscription> that can \
                          judge it, and most were open within the last six hours. Look for a change of the subscription's \
                          type or of its network security groups; send through a relay on port 587 meanwhile. This alert \
                          ends after six hours although the block may last; where the port is expected to be open, \
                          SortieExpectationViolated goes on.",
            board: Board::Subscription,
        }),
        Rule::Alert(Alert {
            name: "SortieTenantWideBlock",
            severity: Severity::Critical,
            expr: tenant_wide(),
            unless: None,
            wait: None,
            keep,
            summary: "Outbound port <server_port> (<network_type>) is blocked in <value> subscriptions at once",
            description: "The platform has begun to stop outbound port <server_port> in <value> subscriptions within six \
                          hours. One cause above them is likely: the agreement, a policy of the tenant, or the platform \
                          itself. Look there first, and open one support case for all of them.",
            board: Board::Fleet,
        }),
    ]
}

pub(super) fn tickets() -> Vec<Rule> {
    vec![
        Rule::Alert(Alert {
            name: "SortieSubscriptionPortUnblocked",
            severity: Severity::Info,
            expr: format!(
                "{BLOCKED_RATIO} <= {NOT_BLOCKED}\nand\nmax_over_time({BLOCKED_RATIO}[{LATELY}]) >= {BLOCKED}\nand\n{}",
                heard()
            ),
            unless: None,
            wait: Some(Minutes(10)),
            keep: Some(Minutes(15)),
            summary: "Outbound port <server_port> (<network_type>) is open again in <subscription>",
            description: "The platform stopped outbound port <server_port> on nearly all VMs of <subscription> within the \
                          last six hours and does so on <percent> now. Nothing to do, but to look whether it was expected.",
            board: Board::Subscription,
        }),
        Rule::Alert(Alert {
            name: "SortieSubscriptionPartiallyBlocked",
            severity: Severity::Warning,
            expr: format!(
                "(\n  \
                   {STOPPED_RATIO}\n  \
                   -\n  \
                   (\n    \
                     sum {BY_PORT} ({EXPECTED}{{sortie_expected_state=\"blocked\"}}) / ({CONCLUSIVE} > 0)\n    \
                     or\n    \
                     0 * {CONCLUSIVE}\n  \
                   )\n\
                 ) > {NOT_BLOCKED}\n\
                 and\n\
                 (\n  \
                   {BLOCKED_RATIO} < {BLOCKED}\n  \
                   or\n  \
                   {WERE_OPEN}\n\
                 )\n\
                 and\n\
                 {CONCLUSIVE} >= {SOME}\n\
                 unless\n\
                 {NEWLY_BLOCKED} > 0",
                WERE_OPEN = were_open(),
            ),
            unless: None,
            wait: Some(Minutes(30)),
            keep: Some(Minutes(30)),
            summary: "Outbound port <server_port> (<network_type>) is stopped on some VMs of <subscription>",
            description: "<percent> more of the VMs of <subscription> are stopped on port <server_port> than are expected to \
                          be, while others are not, or cannot tell: this is not known to be a block of the subscription. Look \
                          what the stopped ones have in common: a network security group, a route to a firewall, a local \
                          firewall, or no restart since an exemption.",
            board: Board::Subscription,
        }),
        Rule::Alert(Alert {
            name: "SortieIPv6Divergence",
            severity: Severity::Info,
            expr: format!(
                "abs(\n  \
                   sum by (cloud_account_id, server_port) ({BLOCKED_RATIO}{{network_type=\"ipv6\"}})\n  \
                   -\n  \
                   sum by (cloud_account_id, server_port) ({BLOCKED_RATIO}{{network_type=\"ipv4\"}})\n\
                 ) > {DIVERGED}"
            ),
            unless: None,
            wait: Some(Minutes(30)),
            keep: None,
            summary: "Port <server_port> is blocked on one IP family only in <subscription>",
            description: "The shares of VMs that the platform stops on port <server_port> differ by <percent> between IPv4 \
                          and IPv6 in <subscription>. Mail may leave by the other family, from an address without a \
                          reputation. Compare the security groups of both.",
            board: Board::Subscription,
        }),
    ]
}

/// Half of a subscription: families that differ less are single machines.
const DIVERGED: f64 = 0.5;
