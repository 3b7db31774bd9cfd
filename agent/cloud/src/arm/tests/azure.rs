//! A machine of Azure, and what both services tell of it. Shapes are Microsoft's, values are invented.

use std::time::Duration;

use crate::arm::client::Patience;
use crate::arm::{Arm, ArmService};
use crate::ask::Whom;
use crate::place::{Place, Platform};
use crate::tests::server::{Reply, Request, Server, ok, status};

pub(super) const SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000001";
pub(super) const OTHER: &str = "00000000-0000-0000-0000-000000000002";
pub(super) const MACHINE: &str = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-mail/providers/Microsoft.Compute/virtualMachines/mx-1";
pub(super) const INTERFACE: &str = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-mail/providers/Microsoft.Network/networkInterfaces/mx-1-nic";
/// An instance of a uniform scale set, and its interface.
pub(super) const INSTANCE: &str = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-mail/providers/Microsoft.Compute/virtualMachineScaleSets/mx/virtualMachines/3";
pub(super) const INSTANCE_INTERFACE: &str = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-mail/providers/Microsoft.Compute/virtualMachineScaleSets/mx/virtualMachines/3/networkInterfaces/nic";
pub(super) const WATCHER: &str = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/NetworkWatcherRG/providers/Microsoft.Network/networkWatchers/NetworkWatcher_westeurope";

/// Time enough for a busy machine, and no waiting for its own sake.
pub(super) const PATIENCE: Patience = Patience {
    answer: Duration::from_secs(5),
    pause: Duration::from_millis(1),
    busy: Duration::from_secs(5),
    look: Duration::from_millis(1),
    operation: Duration::from_secs(5),
};

/// Where the machine stands.
pub(super) fn place() -> Place {
    let text = |text: &str| Some(text.to_owned());
    Place {
        resource_id: text(MACHINE),
        account_id: text(SUBSCRIPTION),
        environment: text("AzurePublicCloud"),
        region: text("westeurope"),
        ..Place::on(Platform::AzureVm)
    }
}

/// A metadata service that gives `token.1`, then `token.2`, …
pub(super) async fn metadata() -> Server {
    Server::start(|_, number| {
        ok(&format!(
            r#"{{"access_token": "token.{number}", "client_id": "{OTHER}", "expires_in": "86399",
            "expires_on": "1893456000", "ext_expires_in": "86399", "not_before": "1893369600",
            "resource": "https://management.azure.com/", "token_type": "Bearer"}}"#
        ))
    })
    .await
}

/// The questions of this machine to that server.
pub(super) fn arm(metadata: &Server, manager: &Server, place: &Place) -> Arm {
    patient(metadata, manager, place, PATIENCE)
}

pub(super) fn patient(metadata: &Server, manager: &Server, place: &Place, patience: Patience) -> Arm {
    let service = ArmService::At(manager.url.to_owned());
    Arm::with(&service, &Whom::Only(metadata.url.to_owned()), place, "", patience).expect("a place in Azure")
}

/// A Resource Manager that knows the machine and believes every token that the metadata service gives.
pub(super) fn healthy(request: &Request) -> Reply {
    if !request.head.contains("authorization: bearer token.") {
        return refusal("401 Unauthorized", "AuthenticationFailed");
    }
    let path = request.line().split('?').next().unwrap_or_default();
    let of_subscription = format!("/subscriptions/{SUBSCRIPTION}");
    let (verb, path) = path.split_once(' ').expect("a request");
    match (verb, path) {
        ("GET", path) if path == of_subscription => ok(&subscription("MSDNDevTest_2014-09-01")),
        ("GET", path) if path.ends_with("/billingProperty/default") => ok(BILLING),
        ("GET", MACHINE) => ok(&machine(&format!(r#"{{"id": "{INTERFACE}"}}"#))),
        ("GET", INSTANCE) => ok(&machine(&format!(r#"{{"id": "{INSTANCE_INTERFACE}"}}"#))),
        ("GET", INTERFACE | INSTANCE_INTERFACE) => ok(&interface("false")),
        ("GET", path) if path.ends_with("/instanceView") => ok(INSTANCE_VIEW),
        ("GET", path) if path.ends_with("/networkWatchers") => ok(&watchers()),
        ("POST", path) if path.ends_with("/effectiveRouteTable") => ok(ROUTES),
        ("POST", path) if path.ends_with("/ipFlowVerify") => {
            ok(r#"{"access": "Allow", "ruleName": "defaultSecurityRules/AllowInternetOutBound"}"#)
        }
        _ => refusal("404 Not Found", "ResourceNotFound"),
    }
}

/// As Resource Manager refuses.
pub(super) fn refusal(head: &str, code: &str) -> Reply {
    status(
        head,
        &format!(r#"{{"error": {{"code": "{code}", "message": "Text that nobody wants in a log."}}}}"#),
    )
}

pub(super) fn subscription(quota_id: &str) -> String {
    format!(
        r#"{{"id": "/subscriptions/{SUBSCRIPTION}", "authorizationSource": "RoleBased", "managedByTenants": [],
        "subscriptionId": "{SUBSCRIPTION}", "tenantId": "{OTHER}", "displayName": "Mail", "state": "Enabled",
        "subscriptionPolicies": {{"locationPlacementId": "Public_2014-09-01", "quotaId": "{quota_id}",
        "spendingLimit": "Off"}}}}"#
    )
}

pub(super) const BILLING: &str = r#"{"id": "/subscriptions/x/providers/Microsoft.Billing/billingProperty/default",
    "name": "default", "type": "Microsoft.Billing/billingProperty", "properties": {
    "billingAccountAgreementType": "MicrosoftCustomerAgreement", "billingAccountDisplayName": "Contoso",
    "billingAccountSubType": "Enterprise", "billingAccountType": "Enterprise", "billingAccountStatus": "Active",
    "skuDescription": "Microsoft Azure Plan for DevTest", "skuId": "0002"}}"#;

/// A machine with these interfaces.
pub(super) fn machine(interfaces: &str) -> String {
    format!(
        r#"{{"name": "mx-1", "id": "{MACHINE}", "location": "westeurope", "properties": {{"vmId": "{OTHER}",
        "networkProfile": {{"networkInterfaces": [{interfaces}]}}, "provisioningState": "Succeeded"}}}}"#
    )
}

/// An interface with this flag.
pub(super) fn interface(flag: &str) -> String {
    format!(
        r#"{{"name": "mx-1-nic", "id": "{INTERFACE}", "location": "westeurope", "properties": {{
        "allowPort25Out": {flag}, "primary": true, "ipConfigurations": [
        {{"name": "second", "properties": {{"privateIPAddress": "10.1.0.5", "primary": false}}}},
        {{"name": "ipconfig1", "properties": {{"privateIPAddress": "10.1.0.4", "primary": true,
        "privateIPAddressVersion": "IPv4"}}}}]}}}}"#
    )
}

const INSTANCE_VIEW: &str = r#"{"computerName": "mx-1", "osName": "debian",
    "disks": [{"name": "os", "statuses": [{"code": "ProvisioningState/succeeded", "time": "2031-01-01T00:00:00Z"}]}],
    "statuses": [
    {"code": "ProvisioningState/succeeded", "level": "Info", "displayStatus": "Provisioning succeeded",
     "time": "2026-10-02T09:30:15.8675123+00:00"},
    {"code": "OSState/generalized", "level": "Info", "time": "2026-09-30T23:59:59Z"},
    {"code": "PowerState/running", "level": "Info", "displayStatus": "VM running"}]}"#;

fn watchers() -> String {
    format!(
        r#"{{"value": [
        {{"id": "{}", "location": "northeurope", "properties": {{"provisioningState": "Succeeded"}}}},
        {{"id": "{WATCHER}", "location": "West Europe", "properties": {{"provisioningState": "Succeeded"}}}}]}}"#,
        WATCHER.replace("westeurope", "northeurope")
    )
}

pub(super) const ROUTES: &str = r#"{"value": [
    {"source": "Default", "state": "Active", "addressPrefix": ["10.1.0.0/16"], "nextHopType": "VnetLocal"},
    {"source": "Default", "state": "Invalid", "addressPrefix": ["0.0.0.0/0"], "nextHopType": "Internet"},
    {"name": "to-firewall", "source": "User", "state": "Active", "addressPrefix": ["0.0.0.0/0"],
     "nextHopIpAddress": ["10.9.0.4"], "nextHopType": "VirtualAppliance"},
    {"source": "Default", "state": "Active", "addressPrefix": ["192.168.0.0/16"], "nextHopType": "None"}]}"#;
