//! Azure Arc: Azure knows the machine, and somebody else's network carries its packets.

use serde_json::Value;

use super::{Root, Variable};
use crate::claim::{field, resource_id, uuid, word};
use crate::place::{Place, Platform};

/// The agent's settings, where it was connected and this process may read them.
const CONFIG: &str = "var/opt/azcmagent/agentconfig.json";
/// The agent itself.
const AGENT: &str = "opt/azcmagent/bin/himds";
/// The agent's own metadata service, on loopback.
const PORT: &str = ":40342";

pub(super) fn place(root: &Root, variable: Variable<'_>) -> Option<Place> {
    let config = root.read(CONFIG).and_then(|text| serde_json::from_str(&text).ok());
    let is_told = ["IMDS_ENDPOINT", "IDENTITY_ENDPOINT"]
        .iter()
        .all(|name| variable(name).is_some_and(|url| url.contains(PORT)));
    match config {
        Some(config) => Some(connected(&config)),
        None => (is_told || root.has(AGENT)).then(|| Place::on(Platform::Arc)),
    }
}

fn connected(config: &Value) -> Place {
    let [subscription, group, name] =
        ["subscriptionId", "resourceGroup", "resourceName"].map(|name| field(config, name));
    let id = format!(
        "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.HybridCompute/machines/{name}"
    );
    Place {
        resource_id: resource_id(&id),
        vm_id: uuid(field(config, "vmId")),
        account_id: uuid(subscription),
        region: word(field(config, "location")),
        ..Place::on(Platform::Arc)
    }
}
