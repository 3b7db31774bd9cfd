//! "Virtual Machines - Get" and "Virtual Machines - Instance View".

use std::time::SystemTime;

use serde_json::{Value, json};

use super::super::cloud::Cloud;

pub(super) const VERSIONS: &[&str] =
    &["2024-11-01", "2024-07-01", "2024-03-01", "2023-09-01", "2023-03-01", "2022-11-01"];

/// The interface that does not count comes first: Azure promises no order.
pub(super) fn machine(cloud: &Cloud) -> Value {
    let machine = &cloud.machine;
    json!({
        "id": cloud.machine_id(),
        "name": machine.name,
        "type": "Microsoft.Compute/virtualMachines",
        "location": machine.region,
        "zones": [machine.zone],
        "properties": {
            "vmId": machine.vm_id,
            "provisioningState": "Succeeded",
            "hardwareProfile": {"vmSize": machine.size},
            "networkProfile": {
                "networkInterfaces": [
                    {"id": cloud.other_interface_id(), "properties": {"primary": false}},
                    {"id": cloud.primary_interface_id(), "properties": {"primary": true, "deleteOption": "Delete"}},
                ],
            },
            "timeCreated": "2024-02-29T12:00:00.1234567+00:00",
        },
    })
}

/// The agent of the machine reports all the time: its time says nothing about a start.
pub(super) fn instance_view(cloud: &Cloud) -> Value {
    json!({
        "computerName": cloud.machine.name,
        "osName": "ubuntu",
        "osVersion": "22.04",
        "vmAgent": {
            "vmAgentVersion": "2.11.1.12",
            "statuses": [{
                "code": "ProvisioningState/succeeded", "level": "Info", "displayStatus": "Ready",
                "message": "Guest Agent is running", "time": time(SystemTime::now()),
            }],
        },
        "disks": [{
            "name": "os",
            "statuses": [{
                "code": "ProvisioningState/succeeded", "level": "Info", "displayStatus": "Provisioning succeeded",
                "time": time(SystemTime::UNIX_EPOCH),
            }],
        }],
        "hyperVGeneration": "V2",
        "statuses": [
            {
                "code": "ProvisioningState/succeeded", "level": "Info", "displayStatus": "Provisioning succeeded",
                "time": time(cloud.machine.provisioned),
            },
            {"code": "PowerState/running", "level": "Info", "displayStatus": "VM running"},
        ],
    })
}

/// As .NET writes it: seven digits of a second, and the offset in numbers.
fn time(at: SystemTime) -> String {
    let micros = humantime::format_rfc3339_micros(at).to_string();
    format!("{}7+00:00", micros.trim_end_matches('Z'))
}
