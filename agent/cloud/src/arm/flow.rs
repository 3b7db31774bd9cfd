//! "Network Watchers - Verify IP Flow": what the security rules of the network do with one flow. No packet is sent for it.

use std::net::{Ipv4Addr, SocketAddrV4};

use serde_json::{Value, json};

use crate::claim::{field, resource_of, word};

use super::client::Client;
use super::read::list;
use super::refusal::Refusal;
use super::told::Flow;

const API_VERSION: &str = "2024-05-01";
/// Rules of security groups hardly ever name source ports: one of the ephemeral ones (RFC 6335 §6).
const LOCAL_PORT: u16 = 60_000;
/// Two names of at most 80 characters, and what stands between them.
const RULE_MOST: usize = 256;

/// A flow from this machine.
pub(super) struct Question<'a> {
    pub(super) machine: &'a str,
    pub(super) interface: &'a str,
    pub(super) local: Ipv4Addr,
    pub(super) remote: SocketAddrV4,
}

/// The id of the network watcher of a region.
pub(super) async fn watcher(client: &Client, subscription: &str, region: &str) -> Result<String, Refusal> {
    let path = format!("/subscriptions/{subscription}/providers/Microsoft.Network/networkWatchers");
    read_watchers(&client.get(&path, API_VERSION).await?, subscription, region)
}

pub(super) async fn verify(client: &Client, watcher: &str, question: &Question<'_>) -> Result<Flow, Refusal> {
    let body = json!({
        "targetResourceId": question.machine,
        "targetNicResourceId": question.interface,
        "direction": "Outbound",
        "protocol": "TCP",
        "localIPAddress": question.local.to_string(),
        "localPort": LOCAL_PORT.to_string(),
        "remoteIPAddress": question.remote.ip().to_string(),
        "remotePort": question.remote.port().to_string(),
    });
    read(&client.act(&format!("{watcher}/ipFlowVerify"), API_VERSION, &body).await?)
}

/// The watcher of a region among all of them.
pub(super) fn read_watchers(answer: &Value, subscription: &str, region: &str) -> Result<String, Refusal> {
    let is_here = |watcher: &&Value| is_same_region(field(watcher, "location"), region);
    let watcher = list(answer, "value")?.iter().find(is_here);
    let watcher = watcher.ok_or_else(|| Refusal::NoWatcher(region.to_owned()))?;
    resource_of(field(watcher, "id"), subscription, "networkWatchers").ok_or(Refusal::Malformed("watcher"))
}

/// What an answer says.
pub(super) fn read(answer: &Value) -> Result<Flow, Refusal> {
    let allowed = match field(answer, "access").to_ascii_lowercase().as_str() {
        "allow" => true,
        "deny" => false,
        _ => return Err(Refusal::Malformed("access")),
    };
    Ok(Flow { allowed, rule: rule(field(answer, "ruleName")) })
}

/// `westeurope`, or `West Europe` as some answers write it.
fn is_same_region(one: &str, other: &str) -> bool {
    let letters = |text: &str| text.replace(' ', "").to_ascii_lowercase();
    letters(one) == letters(other)
}

/// `defaultSecurityRules/AllowInternetOutBound`
fn rule(text: &str) -> Option<String> {
    let fits = text.len() <= RULE_MOST && text.split('/').all(|name| word(name).is_some());
    fits.then(|| text.to_owned())
}
