//! "Virtual Machines - Get", or an instance of a uniform scale set: which of its network interfaces is the primary one.

use serde_json::Value;

use crate::claim::{field, resource_of};

use super::client::Client;
use super::read::{list, object};
use super::refusal::Refusal;

pub(super) const API_VERSION: &str = "2024-07-01";

/// The id of the interface.
pub(super) async fn ask(client: &Client, machine: &str, subscription: &str) -> Result<String, Refusal> {
    read(&client.get(machine, API_VERSION).await?, subscription)
}

/// What an answer says; an interface of another subscription is none of this machine.
pub(super) fn read(answer: &Value, subscription: &str) -> Result<String, Refusal> {
    let profile = object(object(answer, "properties")?, "networkProfile")?;
    let interfaces = list(profile, "networkInterfaces")?;
    let is_primary =
        |interface: &&Value| interface.pointer("/properties/primary").and_then(Value::as_bool) == Some(true);
    let mut primary = interfaces.iter().filter(is_primary);
    // A single one is not always marked.
    let (([chosen], _, _) | (_, Some(chosen), None)) = (interfaces, primary.next(), primary.next()) else {
        return Err(Refusal::NoPrimary(interfaces.len()));
    };
    resource_of(field(chosen, "id"), subscription, "networkInterfaces").ok_or(Refusal::Malformed("interface"))
}
