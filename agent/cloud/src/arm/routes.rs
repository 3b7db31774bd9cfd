//! "Network Interfaces - Get Effective Route Table": the next hop of what leaves an interface.

use std::net::Ipv4Addr;

use serde_json::{Value, json};

use crate::claim::{field, word};

use super::client::Client;
use super::interface::api_version;
use super::read::list;
use super::refusal::Refusal;

/// What a route table says of one destination; nothing where no route has it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct NextHop {
    pub(super) kind: Option<String>,
    pub(super) address: Option<String>,
}

pub(super) async fn ask(client: &Client, interface: &str, remote: Ipv4Addr) -> Result<NextHop, Refusal> {
    let path = format!("{interface}/effectiveRouteTable");
    read(&client.act(&path, api_version(interface), &json!({})).await?, remote)
}

/// The active route of the longest prefix; among equals that of the user, then that of a gateway, then Azure's own
/// ("Virtual network traffic routing", how Azure selects a route).
pub(super) fn read(answer: &Value, remote: Ipv4Addr) -> Result<NextHop, Refusal> {
    let active = |route: &&Value| field(route, "state").eq_ignore_ascii_case("Active");
    let ranked = list(answer, "value")?
        .iter()
        .filter(active)
        .filter_map(|route| Some(((longest(route, remote)?, preference(route)), route)));
    let best = ranked.max_by_key(|(rank, _)| *rank).map(|(_, route)| route);
    Ok(best.map_or_else(NextHop::default, |route| NextHop {
        kind: word(field(route, "nextHopType")),
        address: next_address(route),
    }))
}

fn longest(route: &Value, remote: Ipv4Addr) -> Option<u32> {
    let prefixes = route.get("addressPrefix")?.as_array()?;
    prefixes.iter().filter_map(|prefix| covers(prefix.as_str()?, remote)).max()
}

/// The length of a prefix that covers an address.
fn covers(prefix: &str, remote: Ipv4Addr) -> Option<u32> {
    let (network, length) = prefix.split_once('/')?;
    let network: Ipv4Addr = network.parse().ok()?;
    let length: u32 = length.parse().ok().filter(|length| *length <= Ipv4Addr::BITS)?;
    let mask = u32::MAX.checked_shl(Ipv4Addr::BITS - length).unwrap_or(0);
    (network.to_bits() & mask == remote.to_bits() & mask).then_some(length)
}

fn preference(route: &Value) -> u8 {
    match field(route, "source").to_ascii_lowercase().as_str() {
        "user" => 2,
        "virtualnetworkgateway" => 1,
        _ => 0,
    }
}

fn next_address(route: &Value) -> Option<String> {
    let addresses = route.get("nextHopIpAddress")?.as_array()?;
    let address: Option<Ipv4Addr> = addresses.iter().find_map(|address| address.as_str()?.parse().ok());
    address.map(|address| address.to_string())
}
