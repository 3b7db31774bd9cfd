//! `/metadata/instance`: the recorded document, with what a trial says of the machine in it. Every value is a string.

use serde_json::{Value, json};

use super::super::cloud::{Cloud, ScaleSet};

pub(super) fn document(cloud: &Cloud) -> Value {
    let machine = &cloud.machine;
    let (of_uniform, of_flexible) = match &machine.scale_set {
        ScaleSet::None => (String::new(), String::new()),
        ScaleSet::Uniform { name, .. } => (name.clone(), String::new()),
        ScaleSet::Flexible { name } => {
            let set =
                format!("{}/providers/Microsoft.Compute/virtualMachineScaleSets/{name}", cloud.group_id());
            (String::new(), set)
        }
    };
    let name = match &machine.scale_set {
        ScaleSet::Uniform { name, instance } => format!("{name}_{instance}"),
        ScaleSet::None | ScaleSet::Flexible { .. } => machine.name.clone(),
    };
    let tags: Vec<_> = machine.tags.iter().map(|(name, value)| format!("{name}:{value}")).collect();
    let tags_list: Vec<_> =
        machine.tags.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
    json!({
        "compute": {
            "azEnvironment": cloud.environment,
            "evictionPolicy": "",
            "extendedLocation": {"type": "", "name": ""},
            "host": {"id": ""},
            "hostGroup": {"id": ""},
            "isHostCompatibilityLayerVm": "false",
            "licenseType": "",
            "location": machine.region,
            "name": name,
            "offer": "0001-com-ubuntu-server-jammy",
            "osProfile": {
                "adminUsername": "azureuser", "computerName": machine.name, "disablePasswordAuthentication": "true",
            },
            "osType": "Linux",
            "physicalZone": "",
            "placementGroupId": "",
            "plan": {"name": "", "product": "", "publisher": ""},
            "platformFaultDomain": "0",
            "platformUpdateDomain": "0",
            "priority": "",
            "provider": "Microsoft.Compute",
            "publicKeys": [],
            "publisher": "canonical",
            "resourceGroupName": machine.group,
            "resourceId": cloud.machine_id(),
            "securityProfile": {
                "encryptionAtHost": "false", "secureBootEnabled": "true", "securityType": "TrustedLaunch",
                "virtualTpmEnabled": "true",
            },
            "sku": "22_04-lts-gen2",
            "storageProfile": {
                "imageReference": {}, "osDisk": {}, "dataDisks": [], "resourceDisk": {"size": "16384"},
            },
            "subscriptionId": cloud.subscription.id,
            "tags": tags.join(";"),
            "tagsList": tags_list,
            "userData": "",
            "version": "22.04.202501010",
            "virtualMachineScaleSet": {"id": of_flexible},
            "vmId": machine.vm_id,
            "vmScaleSetName": of_uniform,
            "vmSize": machine.size,
            "zone": machine.zone,
        },
        "network": {
            "interface": [{
                "ipv4": {
                    "ipAddress": [{"privateIpAddress": "203.0.113.11", "publicIpAddress": ""}],
                    "subnet": [{"address": "203.0.113.10", "prefix": "31"}],
                },
                "ipv6": {"ipAddress": []},
                "macAddress": "020000000001",
            }],
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_leaf_is_a_string() {
        fn is_so(value: &Value) -> bool {
            match value {
                Value::Object(fields) => fields.values().all(is_so),
                Value::Array(items) => items.iter().all(is_so),
                leaf => leaf.is_string(),
            }
        }
        assert!(is_so(&document(&Cloud::default())));
    }

    #[test]
    fn a_scale_set_is_named_in_the_field_of_its_kind() {
        let mut cloud = Cloud::default();
        let mut fields = |scale_set| {
            cloud.machine.scale_set = scale_set;
            let document = document(&cloud);
            let compute = &document["compute"];
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            (text(&compute["vmScaleSetName"]), text(&compute["virtualMachineScaleSet"]["id"]))
        };
        assert_eq!(fields(ScaleSet::None), (String::new(), String::new()));
        let uniform = ScaleSet::Uniform { name: "mail".to_owned(), instance: 7 };
        assert_eq!(fields(uniform), ("mail".to_owned(), String::new()));
        let (uniform, flexible) = fields(ScaleSet::Flexible { name: "mail".to_owned() });
        assert!(uniform.is_empty() && flexible.ends_with("/virtualMachineScaleSets/mail"), "{flexible}");
    }
}
