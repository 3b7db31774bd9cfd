//! How wide a column is. Cut off, the names of two subscriptions, alerts or machines are the same: a column that tells rows apart has
//! room for the longest that there is.

use crate::rules::{Rule, groups};

/// Pixels that a character of a compact table takes, and that a cell keeps free.
const CHARACTER: usize = 8;
const MARGIN: usize = 12;

/// Of a UUID (RFC 9562 §4).
const UUID: usize = 36;
/// A Linux machine in Azure may have 64; a table of names that long would show nothing else.
const HOST_NAME: usize = 32;
/// `outlook-com.olc.protection.outlook.com`, and a little more.
const DESTINATION: usize = 40;
/// `australiasoutheast`, and a little more.
const REGION: usize = 20;
/// `platform_blocked`, and a little more.
const STATE: usize = 18;
/// `EnterpriseAgreement_2014-09-01`, and a little more.
const QUOTA_ID: usize = 32;

/// Pixels for the values of a label; `None` for words so short that what is left over is enough.
pub(super) fn of(label: &str) -> Option<usize> {
    let characters = match label {
        "alertname" => longest_alert(),
        "cloud_account_id" | "host_id" => UUID,
        "host_name" => HOST_NAME,
        "server_address" => DESTINATION,
        "cloud_region" => REGION,
        "sortie_port_state" => STATE,
        "azure_subscription_quota_id" => QUOTA_ID,
        _ => return None,
    };
    Some(characters * CHARACTER + MARGIN)
}

fn longest_alert() -> usize {
    let groups = groups();
    let rules = groups.iter().flat_map(|group| &group.rules);
    let names = rules.filter_map(|rule| match rule {
        Rule::Alert(alert) => Some(alert.name.len()),
        Rule::Record(_) => None,
    });
    names.max().unwrap_or_default()
}
