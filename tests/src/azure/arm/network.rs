//! "Network Interfaces - Get" with the flag that no document describes, the effective routes, and IP flow verify.

use hyper::body::Bytes;
use serde_json::{Value, json};

use super::super::ARM_URL;
use super::super::book::State;
use super::super::cloud::{Cloud, ScaleSet};
use super::super::reply::Answer;

pub(super) const VERSIONS: &[&str] =
    &["2024-05-01", "2024-03-01", "2024-01-01", "2023-11-01", "2023-09-01", "2022-05-01"];
/// Interfaces of uniform scale sets are known to the versions of their time.
const UNIFORM_VERSIONS: &[&str] = &["2018-10-01", "2017-03-30"];

/// What an operation asks for before the next poll, in seconds.
const POLL_AFTER: &str = "1";

/// Versions that have the machine's interfaces.
pub(super) fn versions(cloud: &Cloud) -> &'static [&'static str] {
    match cloud.machine.scale_set {
        ScaleSet::Uniform { .. } => UNIFORM_VERSIONS,
        ScaleSet::None | ScaleSet::Flexible { .. } => VERSIONS,
    }
}

pub(super) fn interface(cloud: &Cloud, is_primary: bool) -> Value {
    let id = if is_primary { cloud.primary_interface_id() } else { cloud.other_interface_id() };
    let allowed =
        if is_primary { cloud.allow_port_25_out } else { Some(cloud.allow_port_25_out != Some(true)) };
    let mut properties = json!({
        "provisioningState": "Succeeded",
        "primary": is_primary,
        "macAddress": "02-00-00-00-00-01",
        "enableAcceleratedNetworking": true,
        "vnetEncryptionSupported": false,
        "enableIPForwarding": false,
        "virtualMachine": {"id": cloud.machine_id()},
        "ipConfigurations": [{
            "id": format!("{id}/ipConfigurations/ipconfig1"),
            "name": "ipconfig1",
            "properties": {"privateIPAddress": "203.0.113.11", "primary": true, "privateIPAddressVersion": "IPv4"},
        }],
        "nicType": "Standard",
    });
    if let (Some(allowed), Some(fields)) = (allowed, properties.as_object_mut()) {
        fields.insert("allowPort25Out".to_owned(), allowed.into());
    }
    json!({
        "id": id,
        "name": id.rsplit('/').next(),
        "location": cloud.machine.region,
        "type": "Microsoft.Network/networkInterfaces",
        "properties": properties,
    })
}

/// Accepts an operation, and says where its result will be.
pub(super) fn begin(state: &mut State) -> Answer {
    state.operations.push(0);
    let number = state.operations.len() - 1;
    let path = format!("{}/operationResults/{number:08}", location(&state.cloud));
    Answer::new(202, &Value::Null)
        .with("location", format!("{ARM_URL}{path}?api-version={}", VERSIONS[0]))
        .with("retry-after", POLL_AFTER)
}

/// What became of an operation: 202 until it has been asked for often enough.
pub(super) fn operation(state: &mut State, path: &str) -> Answer {
    let number = path.rsplit('/').next().and_then(|number| number.parse::<usize>().ok());
    let Some(polls) = number.and_then(|number| state.operations.get_mut(number)) else {
        return Answer::error(404, "OperationNotFound", "The operation could not be found.");
    };
    *polls += 1;
    if *polls <= state.cloud.polls {
        Answer::new(202, &Value::Null).with("retry-after", POLL_AFTER)
    } else {
        Answer::ok(&routes(&state.cloud))
    }
}

/// "Effective routes": what a user's route has overruled stays in the list, inactive.
pub(super) fn routes(cloud: &Cloud) -> Value {
    let route = |name: Option<&str>, state: &str, prefix: &str, kind: &str, via: &[&str]| {
        let source = if name.is_some() { "User" } else { "Default" };
        json!({
            "name": name, "source": source, "state": state, "disableBgpRoutePropagation": false,
            "addressPrefix": [prefix], "nextHopType": kind, "nextHopIpAddress": via,
        })
    };
    let mut routes = vec![
        route(None, "Active", "203.0.113.0/24", "VnetLocal", &[]),
        route(None, "Active", "10.0.0.0/8", "None", &[]),
        route(Some("to-office"), "Active", "172.16.0.0/12", "VirtualNetworkGateway", &[]),
    ];
    if let Some(appliance) = &cloud.appliance {
        routes.push(route(None, "Invalid", "0.0.0.0/0", "Internet", &[]));
        routes.push(route(Some("to-firewall"), "Active", "0.0.0.0/0", "VirtualAppliance", &[appliance]));
    } else {
        routes.push(route(None, "Active", "0.0.0.0/0", "Internet", &[]));
    }
    json!({"value": routes})
}

pub(super) fn location(cloud: &Cloud) -> String {
    format!("{}/providers/Microsoft.Network/locations/{}", cloud.subscription_path(), cloud.machine.region)
}

pub(super) fn watchers_path(cloud: &Cloud) -> String {
    format!("{}/providers/Microsoft.Network/networkWatchers", cloud.subscription_path())
}

pub(super) fn watcher_id(cloud: &Cloud) -> String {
    watcher_of(cloud, &cloud.machine.region)
}

fn watcher_of(cloud: &Cloud, region: &str) -> String {
    format!(
        "{}/resourceGroups/NetworkWatcherRG/providers/Microsoft.Network/networkWatchers/NetworkWatcher_{region}",
        cloud.subscription_path()
    )
}

/// One in each region; that of another region comes first, and knows nothing of the machine.
pub(super) fn watchers(cloud: &Cloud) -> Value {
    let watcher = |region: &str| {
        json!({
            "id": watcher_of(cloud, region), "name": format!("NetworkWatcher_{region}"), "location": region,
            "type": "Microsoft.Network/networkWatchers", "properties": {"provisioningState": "Succeeded"},
        })
    };
    json!({"value": [watcher("southcentralus"), watcher(&cloud.machine.region)]})
}

/// "IP flow verify": refuses what it would refuse.
pub(super) fn flow(cloud: &Cloud, body: &Bytes) -> Answer {
    let bad = |text: &str| Answer::error(400, "InvalidRequestFormat", text);
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return bad("Cannot parse the request.") };
    let text = |name: &str| body[name].as_str().unwrap_or_default();
    if !text("targetResourceId").eq_ignore_ascii_case(&cloud.machine_id()) {
        return bad("targetResourceId is not the machine.");
    }
    let is_address = |name: &str| text(name).parse::<std::net::IpAddr>().is_ok();
    let is_port = |name: &str| text(name).parse::<u16>().is_ok();
    let is_flow = text("direction") == "Outbound"
        && text("protocol") == "TCP"
        && is_address("localIPAddress")
        && is_address("remoteIPAddress")
        && is_port("localPort")
        && text("remotePort") == "25";
    if is_flow { Answer::ok(&verified(cloud)) } else { bad("This is no flow to port 25.") }
}

pub(super) fn verified(cloud: &Cloud) -> Value {
    match &cloud.denied_by {
        Some(rule) => json!({"access": "Deny", "ruleName": format!("securityRules/{rule}")}),
        None => json!({"access": "Allow", "ruleName": "defaultSecurityRules/AllowInternetOutBound"}),
    }
}
