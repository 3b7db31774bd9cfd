//! Azure Instance Metadata Service: a virtual machine, alone, in a uniform or in a flexible scale set, or a node of AKS.
//!
//! All of its values are strings, and what does not apply is empty.

use reqwest::StatusCode;
use serde_json::Value;

use crate::claim::{field, resource_id, resource_name, uuid, word};
use crate::metadata::{Headers, Metadata, Silence};
use crate::place::{Place, Platform};

/// Has every field below; a cloud that is older than it names those that it has.
const API_VERSION: &str = "2021-12-13";

/// Without it nobody is answered, so that a page in a browser cannot ask.
const HEADERS: Headers<'_> = &[("Metadata", "true")];

/// Tags that AKS gives its nodes begin like this.
const AKS_TAG: &str = "aks-managed-";

pub(super) async fn ask(service: &Metadata) -> Result<Place, Silence> {
    let instance = match service.json(&path(API_VERSION), HEADERS).await {
        Err(Silence::Refused(StatusCode::BAD_REQUEST, body)) => match newest(&body) {
            Some(version) => service.json(&path(&version), HEADERS).await?,
            None => return Err(Silence::Refused(StatusCode::BAD_REQUEST, body)),
        },
        answer => answer?,
    };
    read(&instance)
}

/// What an answer says, whoever kept it.
pub(super) fn read(instance: &Value) -> Result<Place, Silence> {
    let compute = instance.get("compute").ok_or(Silence::Foreign("it tells nothing of a machine"))?;
    // On machines that are older than the service every field may be empty, and they are Azure's all the same.
    if field(compute, "azEnvironment").is_empty() && uuid(field(compute, "vmId")).is_none() {
        return Err(super::NO_ID);
    }
    Ok(place(compute))
}

fn path(version: &str) -> String {
    format!("/metadata/instance?api-version={version}")
}

/// The newest version that a refusal names.
fn newest(refusal: &[u8]) -> Option<String> {
    let refusal: Value = serde_json::from_slice(refusal).ok()?;
    refusal.get("newest-versions")?.as_array()?.first()?.as_str().and_then(word)
}

fn place(compute: &Value) -> Place {
    let flexible = compute.get("virtualMachineScaleSet").map(|set| field(set, "id")).unwrap_or_default();
    Place {
        resource_id: resource_id(field(compute, "resourceId")),
        vm_id: uuid(field(compute, "vmId")),
        account_id: uuid(field(compute, "subscriptionId")),
        environment: word(field(compute, "azEnvironment")),
        region: word(field(compute, "location")),
        zone: word(field(compute, "zone")),
        size: word(field(compute, "vmSize")),
        // The name is that of a uniform scale set, the id that of a flexible one.
        scale_set: word(field(compute, "vmScaleSetName")).or_else(|| resource_name(flexible)),
        ..Place::on(if is_aks(compute) { Platform::Aks } else { Platform::AzureVm })
    }
}

fn is_aks(compute: &Value) -> bool {
    field(compute, "tags").split(';').any(|tag| tag.starts_with(AKS_TAG))
}
