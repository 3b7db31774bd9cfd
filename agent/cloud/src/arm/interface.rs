//! "Network Interfaces - Get": whether Azure lets port 25 out, and the address that its packets carry.
//!
//! `allowPort25Out` stands in no document; it was seen in answers since 2022-05-01. Whatever is not a boolean is absent.

use std::net::Ipv4Addr;

use serde_json::Value;

use crate::claim::field;

use super::client::Client;
use super::read::object;
use super::refusal::Refusal;

const API_VERSION: &str = "2024-05-01";
/// The only one for interfaces within a uniform scale set.
const SCALE_SET_API_VERSION: &str = "2018-10-01";

/// What is known of an interface.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Interface {
    pub(super) allow_port_25_out: Option<bool>,
    /// Primary private address.
    pub(super) address: Option<Ipv4Addr>,
}

pub(super) async fn ask(client: &Client, id: &str) -> Result<Interface, Refusal> {
    read(&client.get(id, api_version(id)).await?)
}

/// The version in which an interface is asked.
pub(super) fn api_version(id: &str) -> &'static str {
    if is_in_uniform_set(id) { SCALE_SET_API_VERSION } else { API_VERSION }
}

/// Whether a machine or an interface belongs to a uniform scale set; those of a flexible one are like any other.
pub(super) fn is_in_uniform_set(id: &str) -> bool {
    id.to_ascii_lowercase().contains("/virtualmachinescalesets/")
}

/// What an answer says.
pub(super) fn read(answer: &Value) -> Result<Interface, Refusal> {
    let properties = object(answer, "properties")?;
    let addresses = properties.get("ipConfigurations").and_then(Value::as_array).into_iter().flatten();
    let addresses = addresses.filter_map(|configuration| configuration.get("properties"));
    let is_primary = |of: &Value| of.get("primary").and_then(Value::as_bool) == Some(true);
    let told: Vec<(bool, Ipv4Addr)> = addresses
        .filter_map(|of| Some((is_primary(of), field(of, "privateIPAddress").parse().ok()?)))
        .collect();
    let primary = told.iter().find(|(is_primary, _)| *is_primary).or_else(|| told.first());
    Ok(Interface {
        allow_port_25_out: properties.get("allowPort25Out").and_then(Value::as_bool),
        address: primary.map(|(_, address)| *address),
    })
}
