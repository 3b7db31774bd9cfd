//! Nothing leaves any more. It is no block: the controls fail too.
//!
//! Only a change is told. Machines without IPv6, and subnets that were built without a way out, have been so all along.

use super::{Alert, Board, Minutes, Rule, Severity};
use crate::catalog::recorded::{NO_EGRESS_RATIO, REGION_AGENTS, STATES, WITH_EGRESS};

/// Nearly all machines of a region.
const LOST: f64 = 0.9;
/// Two machines that lose their way out are no region.
const SOME: u32 = 3;
/// The share of the agents of the last six hours that must still be heard: a region that has gone silent is told by
/// others.
const HEARD: f64 = 0.7;
/// For all that are heard, the share that must have had a way out at one moment: one that has, and reports first after an
/// outage of the gateway, is not the region, nor are subnets that were built without.
const HAD: f64 = 0.6;
// As for a block: those who lost it are those who had it, and not the rest when these were switched off.
const _: () = assert!((LOST + HAD) * HEARD > 1.0);
/// More is no single machine.
const OFTEN: f64 = 0.2;
/// Fewer machines have no share worth a ticket.
const ENOUGH: u32 = 5;

pub(super) fn alerts() -> Vec<Rule> {
    vec![
        Rule::Alert(Alert {
            name: "SortieRegionNoEgress",
            severity: Severity::Critical,
            // Every port, or it is none of this alert's business.
            expr: format!(
                "min by (cloud_account_id, cloud_region, network_type) ({NO_EGRESS_RATIO}) >= {LOST}\n\
                 and on (cloud_account_id, cloud_region)\n\
                 {REGION_AGENTS} >= {SOME}\n\
                 and on (cloud_account_id, cloud_region)\n\
                 {REGION_AGENTS} >= {HEARD} * max_over_time({REGION_AGENTS}[6h])\n\
                 and\n\
                 max by (cloud_account_id, cloud_region, network_type) (max_over_time({WITH_EGRESS}[6h]))\n  \
                   >= on (cloud_account_id, cloud_region) group_left () {HAD} * {REGION_AGENTS}"
            ),
            unless: None,
            wait: Some(Minutes(5)),
            keep: Some(Minutes(15)),
            summary: "Nothing leaves <cloud_region> any more (<network_type>) in <subscription>",
            description: "On <percent> of the VMs of <subscription> in <cloud_region> nothing answers, on no port: their way \
                          out is lost, and no block of mail is told by this. Look at the NAT gateway, the public addresses, \
                          the routes and the firewall of the region.",
            board: Board::Subscription,
        }),
        Rule::Alert(Alert {
            name: "SortieVerdictInconclusive",
            severity: Severity::Warning,
            expr: format!(
                "sum by (cloud_account_id, server_port, network_type) ({STATES}{{sortie_port_state=\"inconclusive\"}})\n  \
                   / sum by (cloud_account_id, server_port, network_type) ({STATES}) > {OFTEN}\n\
                 and\n\
                 sum by (cloud_account_id, server_port, network_type) ({STATES}) >= {ENOUGH}"
            ),
            unless: None,
            wait: Some(Minutes(30)),
            keep: Some(Minutes(15)),
            summary: "No verdict about port <server_port> (<network_type>) on many VMs of <subscription>",
            description: "<percent> of the VMs of <subscription> cannot tell who stops port <server_port>, or whether anybody \
                          does: too few operators answer their controls. Compare the outcomes by destination, and run \
                          `sortie doctor` on one of them.",
            board: Board::Subscription,
        }),
    ]
}
