//! Services of Azure that run programs and not machines. They have no metadata service that tells of a machine; their
//! environment says what they are.

use super::{Variable, name};
use crate::claim::{resource_id, uuid, word};
use crate::place::{Place, Platform};

const APP_SERVICE: &str = "port 25 is unsupported on Azure App Service without VNet integration: it may work, and may stop without notice";
const FUNCTIONS: &str = "port 25 is unsupported on Azure Functions without VNet integration: it may work, and may stop without notice";
const CONTAINER_APPS: &str =
    "port 25 is unsupported on Azure Container Apps: it may work, and may stop without notice";
const CONTAINER_INSTANCES: &str =
    "port 25 is unsupported on Azure Container Instances: it may work, and may stop without notice";

pub(super) fn place(variable: Variable<'_>) -> Option<Place> {
    if variable("CONTAINER_APP_NAME").is_some() && variable("CONTAINER_APP_REVISION").is_some() {
        return Some(Place { unsupported: Some(CONTAINER_APPS), ..Place::on(Platform::ContainerApps) });
    }
    if variable("WEBSITE_SITE_NAME").is_some() {
        return Some(site(variable));
    }
    // The fabric below names each group of containers like this, "container as a service".
    if variable("Fabric_ApplicationName").is_some_and(|name| name.starts_with("caas-")) {
        return Some(Place {
            unsupported: Some(CONTAINER_INSTANCES),
            ..Place::on(Platform::ContainerInstances)
        });
    }
    None
}

fn site(variable: Variable<'_>) -> Place {
    // `00000000-0000-0000-0000-000000000001+rg-mail-WestEuropewebspace`
    let owner = variable("WEBSITE_OWNER_NAME").unwrap_or_default();
    let account_id = owner.split_once('+').and_then(|(subscription, _)| uuid(subscription));
    let (group, site) = (variable("WEBSITE_RESOURCE_GROUP"), variable("WEBSITE_SITE_NAME"));
    let id = account_id.as_ref().zip(group).zip(site).map(|((subscription, group), site)| {
        format!("/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Web/sites/{site}")
    });
    let (platform, sentence) = match variable("FUNCTIONS_EXTENSION_VERSION") {
        Some(_) => (Platform::Functions, FUNCTIONS),
        None => (Platform::AppService, APP_SERVICE),
    };
    Place {
        resource_id: id.as_deref().and_then(resource_id),
        // "West Europe" is `westeurope` everywhere else.
        region: variable("REGION_NAME")
            .map(|name| name.replace(' ', "").to_lowercase())
            .as_deref()
            .and_then(word),
        size: name(variable, "WEBSITE_SKU"),
        account_id,
        unsupported: (!is_in_a_vnet(variable)).then_some(sentence),
        ..Place::on(platform)
    }
}

/// Where it is, the subscription of the virtual network decides as it does for a virtual machine.
fn is_in_a_vnet(variable: Variable<'_>) -> bool {
    let is_environment = variable("WEBSITE_SKU").is_some_and(|sku| sku.starts_with("Isolated"));
    is_environment || variable("WEBSITE_PRIVATE_IP").is_some()
}
