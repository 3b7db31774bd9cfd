//! What a machine tells by itself.

use super::machine::Machine;
use crate::place::{Place, Platform, Provider};

const SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000001";
const OWNER: &str = "00000000-0000-0000-0000-000000000001+rg-mail-WestEuropewebspace-Linux";

fn platform(machine: &Machine) -> Option<Platform> {
    machine.around().place().map(|place| place.platform)
}

#[test]
fn firmware_tells_the_provider() {
    for (file, text, maker) in [
        ("chassis_asset_tag", "7783-7084-3265-9085-8269-3286-77\n", Some(Provider::Azure)),
        ("sys_vendor", "Amazon EC2\n", Some(Provider::Aws)),
        ("bios_vendor", "Amazon EC2\n", Some(Provider::Aws)),
        ("product_name", "Google Compute Engine\n", Some(Provider::Gcp)),
        ("chassis_asset_tag", "OracleCloud.com\n", Some(Provider::Oracle)),
        ("sys_vendor", "DigitalOcean\n", Some(Provider::DigitalOcean)),
        ("sys_vendor", "Hetzner\n", Some(Provider::Hetzner)),
        ("sys_vendor", "Scaleway\n", Some(Provider::Scaleway)),
        // Hyper-V in a cellar is of the same vendor as Azure.
        ("sys_vendor", "Microsoft Corporation\n", None),
        ("sys_vendor", "QEMU\n", None),
        ("chassis_asset_tag", "", None),
    ] {
        assert_eq!(Machine::silent().with_dmi(file, text).around().maker, maker, "{file}: {text}");
    }
    let binary = Machine::silent().with_dmi("sys_vendor", [0xff, 0xfe]);
    assert_eq!(binary.around().place(), None);
    assert_eq!(Machine::silent().around().place(), None);
}

#[test]
fn what_cloud_init_was_told_needs_no_question() {
    const DATA: &str = "run/cloud-init/instance-data.json";
    let azure = format!(
        r#"{{"base64_encoded_keys": [], "ds": {{"meta_data": {{"imds": {{"compute": {{"azEnvironment":
        "AzurePublicCloud", "location": "westeurope", "subscriptionId": "{SUBSCRIPTION}", "vmSize":
        "Standard_B1s", "zone": ""}}}}, "instance-id": "x"}}}}, "merged_cfg": "redacted for non-root user"}}"#
    );
    let aws = r#"{"ds": {"dynamic": {"instance-identity": {"document": {"instanceId": "i-1234abcd",
        "accountId": "123456789012", "region": "eu-west-1"}}}, "meta_data": {"ami-id": "x"}}}"#;
    let text = |text: &str| Some(text.to_owned());
    let by_imds = Place {
        account_id: text(SUBSCRIPTION),
        environment: text("AzurePublicCloud"),
        region: text("westeurope"),
        size: text("Standard_B1s"),
        ..Place::on(Platform::AzureVm)
    };
    let of_instance = Place {
        vm_id: text("i-1234abcd"),
        account_id: text("123456789012"),
        region: text("eu-west-1"),
        ..Place::on(Platform::Ec2)
    };
    let of_azure = || Machine::silent().with_dmi("chassis_asset_tag", "7783-7084-3265-9085-8269-3286-77");
    let of_aws = || Machine::silent().with_dmi("sys_vendor", "Amazon EC2");
    for (machine, data, place) in [
        (of_azure(), azure.as_str(), Some(by_imds)),
        (of_aws(), aws, Some(of_instance.clone())),
        (of_aws(), &aws.replace("instance-identity", "instance_identity"), Some(of_instance)),
        // Told by somebody else than the maker of this machine.
        (of_aws(), &azure, Some(Place::on(Platform::Ec2))),
        (Machine::silent(), &azure, None),
        (of_azure(), "{}", Some(Place::on(Platform::AzureVm))),
        (of_azure(), r#"{"ds": {"meta_data": {"imds": null}}}"#, Some(Place::on(Platform::AzureVm))),
        (of_azure(), "[", Some(Place::on(Platform::AzureVm))),
        (Machine::silent().with_dmi("sys_vendor", "Hetzner"), aws, Some(Place::on(Platform::HetznerServer))),
    ] {
        assert_eq!(machine.with_file(DATA, data).around().place(), place, "{data}");
    }
}

#[test]
fn an_app_is_told_by_its_environment() {
    let site = [
        ("WEBSITE_SITE_NAME", "mailer"),
        ("WEBSITE_OWNER_NAME", OWNER),
        ("WEBSITE_RESOURCE_GROUP", "rg-mail"),
        ("WEBSITE_SKU", "Standard"),
        ("REGION_NAME", "West Europe"),
    ];
    let place = Machine::silent().with_variables(&site).around().place().expect("an app");
    let unsupported = place.unsupported.expect("without VNet integration");
    assert!(
        unsupported.contains("unsupported on Azure App Service without VNet integration"),
        "{unsupported}"
    );
    assert_eq!(
        Place { unsupported: None, ..place },
        Place {
            resource_id: Some(format!(
                "/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-mail/providers/Microsoft.Web/sites/mailer"
            )),
            account_id: Some(SUBSCRIPTION.to_owned()),
            region: Some("westeurope".to_owned()),
            size: Some("Standard".to_owned()),
            ..Place::on(Platform::AppService)
        }
    );
}

#[test]
fn port_25_is_unsupported_where_no_virtual_network_carries_it() {
    const SITE: (&str, &str) = ("WEBSITE_SITE_NAME", "mailer");
    for (variables, platform, is_unsupported) in [
        (&[SITE][..], Platform::AppService, true),
        (&[SITE, ("WEBSITE_PRIVATE_IP", "10.0.0.4")], Platform::AppService, false),
        (&[SITE, ("WEBSITE_SKU", "IsolatedV2")], Platform::AppService, false),
        (&[SITE, ("FUNCTIONS_EXTENSION_VERSION", "~4")], Platform::Functions, true),
        (
            &[SITE, ("FUNCTIONS_EXTENSION_VERSION", "~4"), ("WEBSITE_PRIVATE_IP", "10.0.0.4")],
            Platform::Functions,
            false,
        ),
        (
            &[("CONTAINER_APP_NAME", "mailer"), ("CONTAINER_APP_REVISION", "mailer--1")],
            Platform::ContainerApps,
            true,
        ),
        (&[("Fabric_ApplicationName", "caas-0a1b2c")], Platform::ContainerInstances, true),
        (&[("KUBERNETES_SERVICE_HOST", "mail-0a1b.hcp.westeurope.azmk8s.io")], Platform::Aks, false),
    ] {
        let place = Machine::silent().with_variables(variables).around().place().expect("Azure");
        assert_eq!(
            (place.platform, place.unsupported.is_some()),
            (platform, is_unsupported),
            "{variables:?}"
        );
    }
    for none in [
        &[("WEBSITE_SITE_NAME", "")][..],
        &[("CONTAINER_APP_NAME", "mailer")],
        &[("Fabric_ApplicationName", "fabric:/mail")],
        &[("KUBERNETES_SERVICE_HOST", "10.0.0.1")],
        &[("IDENTITY_ENDPOINT", "http://127.0.0.1:40342/metadata/identity/oauth2/token")],
    ] {
        assert_eq!(Machine::silent().with_variables(none).around().place(), None, "{none:?}");
    }
}

#[test]
fn a_hostile_environment_gives_no_ids() {
    let place = Machine::silent()
        .with_variables(&[
            ("WEBSITE_SITE_NAME", "mailer/../../x"),
            ("WEBSITE_OWNER_NAME", OWNER),
            ("WEBSITE_RESOURCE_GROUP", "rg\u{1b}[2J"),
            ("REGION_NAME", "West\u{202e}Europe"),
            ("WEBSITE_SKU", "a b"),
        ])
        .around()
        .place()
        .expect("an app");
    let known = (place.account_id.as_deref(), place.resource_id, place.region, place.size);
    assert_eq!(known, (Some(SUBSCRIPTION), None, None, None));
}

#[test]
fn arc_tells_who_knows_the_machine_and_hosts_nothing() {
    const CONFIG: &str = "var/opt/azcmagent/agentconfig.json";
    let config = format!(
        r#"{{"subscriptionId": "{SUBSCRIPTION}", "resourceGroup": "rg-arc", "resourceName": "mx-1",
            "vmId": "02aab8a4-74ef-476e-8182-f6d2ba4166a6", "location": "westeurope", "tenantId": "x"}}"#
    );
    let place = Machine::silent().with_file(CONFIG, &config).around().place().expect("Arc");
    assert_eq!(
        place,
        Place {
            resource_id: Some(format!(
                "/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-arc/providers/Microsoft.HybridCompute/machines/mx-1"
            )),
            vm_id: Some("02aab8a4-74ef-476e-8182-f6d2ba4166a6".to_owned()),
            account_id: Some(SUBSCRIPTION.to_owned()),
            region: Some("westeurope".to_owned()),
            ..Place::on(Platform::Arc)
        }
    );
    assert!(!place.platform.is_hosted());
    let agent = Machine::silent().with_file("opt/azcmagent/bin/himds", "");
    assert_eq!(agent.around().place(), Some(Place::on(Platform::Arc)));
    let told = Machine::silent().with_variables(&[
        ("IMDS_ENDPOINT", "http://localhost:40342"),
        ("IDENTITY_ENDPOINT", "http://localhost:40342/metadata/identity/oauth2/token"),
    ]);
    assert_eq!(told.around().place(), Some(Place::on(Platform::Arc)));
    let empty = Machine::silent().with_file(CONFIG, "{}");
    assert_eq!(empty.around().place(), Some(Place::on(Platform::Arc)));
    assert_eq!(platform(&Machine::silent().with_file(CONFIG, "not JSON")), None);
}

#[test]
fn whoever_made_the_machine_hosts_it_also_where_azure_knows_it_too() {
    let both =
        Machine::silent().with_dmi("sys_vendor", "Amazon EC2").with_file("opt/azcmagent/bin/himds", "");
    assert_eq!(platform(&both), Some(Platform::Ec2));
}
