//! What each provider tells, when it is asked as it wants to be asked.

use super::machine::Machine;
use super::server::{Reply, Request, Server, ok, status};
use crate::around::Surroundings;
use crate::ask::{Whom, ask, ask_known};
use crate::place::{Place, Platform, Provider};

const SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000001";
const VM_ID: &str = "02aab8a4-74ef-476e-8182-f6d2ba4166a6";

/// Azure, with these fields in its answer.
fn azure(fields: &str) -> String {
    format!(
        r#"{{"compute": {{"azEnvironment": "AzurePublicCloud", {fields}}}, "network": {{"interface": []}}}}"#
    )
}

fn machine_of_azure(request: &Request) -> Reply {
    let (of_vm, id) =
        ("resourceGroups/rg-mail/providers/Microsoft.Compute/virtualMachines/mx-1", SUBSCRIPTION);
    let body = azure(&format!(
        r#""location": "westeurope", "name": "mx-1", "resourceGroupName": "rg-mail", "sku": "22_04-lts-gen2",
        "resourceId": "/subscriptions/{id}/{of_vm}", "subscriptionId": "{id}", "tags": "env:prod;team:mail",
        "userData": "", "virtualMachineScaleSet": {{"id": ""}}, "vmId": "{VM_ID}", "vmScaleSetName": "",
        "vmSize": "Standard_D2s_v5", "zone": "1""#
    ));
    match request.line() {
        "GET /metadata/instance?api-version=2021-12-13" if request.has("metadata: true") => ok(&body),
        _ => status("400 Bad Request", r#"{"error": "Bad request. Required metadata header not specified"}"#),
    }
}

fn instance_of_ec2(request: &Request) -> Reply {
    match request.line() {
        "PUT /latest/api/token" if request.has("x-aws-ec2-metadata-token-ttl-seconds: 60") => {
            ok("AQAEtoken==")
        }
        "GET /latest/dynamic/instance-identity/document"
            if request.has("x-aws-ec2-metadata-token: aqaetoken==") =>
        {
            ok(r#"{"accountId": "123456789012", "architecture": "x86_64", "availabilityZone": "eu-west-1b",
                "instanceId": "i-1234567890abcdef0", "instanceType": "t3.micro", "region": "eu-west-1"}"#)
        }
        _ => status("401 Unauthorized", ""),
    }
}

fn instance_of_gce(request: &Request) -> Reply {
    const SIGNED: &str = "200 OK\r\nMetadata-Flavor: Google";
    if !request.has("metadata-flavor: google") {
        return status("403 Forbidden", "");
    }
    match request.line() {
        "GET /computeMetadata/v1/instance/id" => status(SIGNED, "4520031799277581759"),
        "GET /computeMetadata/v1/instance/zone" => status(SIGNED, "projects/1234567/zones/europe-west1-b"),
        "GET /computeMetadata/v1/instance/machine-type" => {
            status(SIGNED, "projects/1234567/machineTypes/e2-small")
        }
        "GET /computeMetadata/v1/project/project-id" => status(SIGNED, "mail-prod"),
        _ => status("404 Not Found", ""),
    }
}

fn instance_of_oci(request: &Request) -> Reply {
    match request.line() {
        "GET /opc/v2/instance/" if request.has("authorization: bearer oracle") => {
            ok(r#"{"availabilityDomain": "Uocm:PHX-AD-1", "canonicalRegionName": "us-phoenix-1",
            "id": "ocid1.instance.oc1.phx.anyhqljt", "region": "phx", "shape": "VM.Standard.E4.Flex",
            "tenantId": "ocid1.tenancy.oc1..aaaa", "metadata": {"ssh_authorized_keys": "ssh-ed25519 AAAA"}}"#)
        }
        _ => status("404 Not Found", ""),
    }
}

fn droplet(request: &Request) -> Reply {
    match request.line() {
        "GET /metadata/v1/id" => ok("2756294"),
        "GET /metadata/v1/region" => ok("nyc3"),
        _ => status("404 Not Found", ""),
    }
}

fn server_of_hetzner(request: &Request) -> Reply {
    match request.line() {
        "GET /hetzner/v1/metadata/instance-id" => ok("42\n"),
        "GET /hetzner/v1/metadata/region" => ok("eu-central\n"),
        "GET /hetzner/v1/metadata/availability-zone" => ok("fsn1-dc14\n"),
        _ => status("404 Not Found", ""),
    }
}

fn instance_of_scaleway(request: &Request) -> Reply {
    match request.line() {
        "GET /conf?format=json" => ok(&format!(
            r#"{{"id": "{VM_ID}", "name": "mx-1", "commercial_type": "DEV1-S", "zone": "fr-par-1",
            "project": "{SUBSCRIPTION}", "location": {{"zone_id": "par1"}}}}"#
        )),
        _ => status("404 Not Found", ""),
    }
}

fn texts<const N: usize>(texts: [&str; N]) -> [Option<String>; N] {
    texts.map(|text| (!text.is_empty()).then(|| text.to_owned()))
}

/// In the order of [`Place`]: resource, machine, account, region, zone, size.
fn place(platform: Platform, known: [&str; 6]) -> Place {
    let [resource_id, vm_id, account_id, region, zone, size] = texts(known);
    Place { resource_id, vm_id, account_id, region, zone, size, ..Place::on(platform) }
}

type Service = fn(&Request) -> Reply;

fn everybody() -> [(Provider, Service, Place); 7] {
    let vm = format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-mail/providers/Microsoft.Compute/virtualMachines/mx-1"
    );
    let oci = "ocid1.instance.oc1.phx.anyhqljt";
    let (zone, account) = ("Uocm:PHX-AD-1", "ocid1.tenancy.oc1..aaaa");
    [
        (
            Provider::Azure,
            machine_of_azure as Service,
            Place {
                environment: Some("AzurePublicCloud".to_owned()),
                ..place(Platform::AzureVm, [&vm, VM_ID, SUBSCRIPTION, "westeurope", "1", "Standard_D2s_v5"])
            },
        ),
        (
            Provider::Aws,
            instance_of_ec2,
            place(
                Platform::Ec2,
                ["", "i-1234567890abcdef0", "123456789012", "eu-west-1", "eu-west-1b", "t3.micro"],
            ),
        ),
        (
            Provider::Gcp,
            instance_of_gce,
            place(
                Platform::ComputeEngine,
                ["", "4520031799277581759", "mail-prod", "europe-west1", "europe-west1-b", "e2-small"],
            ),
        ),
        (
            Provider::Oracle,
            instance_of_oci,
            place(Platform::OracleCompute, [oci, oci, account, "us-phoenix-1", zone, "VM.Standard.E4.Flex"]),
        ),
        (Provider::DigitalOcean, droplet, place(Platform::Droplet, ["", "2756294", "", "nyc3", "", ""])),
        (
            Provider::Hetzner,
            server_of_hetzner,
            place(Platform::HetznerServer, ["", "42", "", "eu-central", "fsn1-dc14", ""]),
        ),
        (
            Provider::Scaleway,
            instance_of_scaleway,
            place(Platform::ScalewayInstance, ["", VM_ID, SUBSCRIPTION, "fr-par", "fr-par-1", "DEV1-S"]),
        ),
    ]
}

async fn at(server: &Server, around: &Surroundings) -> Option<Place> {
    ask(&Whom::Only(server.url.to_owned()), around).await
}

#[tokio::test]
async fn a_provider_at_a_configured_url_is_known_by_its_answer() {
    for (provider, service, place) in everybody() {
        let server = Server::start(move |request, _| service(request)).await;
        // The firmware is not asked for its opinion.
        let machine = Machine::silent().with_dmi("sys_vendor", "Hetzner");
        assert_eq!(at(&server, &machine.around()).await, Some(place), "{provider:?}");
    }
}

#[tokio::test]
async fn a_provider_that_the_firmware_names_is_asked_alone() {
    for (provider, service, place) in everybody() {
        let server = Server::start(move |request, _| service(request)).await;
        let around = Surroundings { maker: Some(provider), ..Machine::silent().around() };
        let url = |asked| if asked == provider { server.url } else { "http://127.0.0.1:1" };
        assert_eq!(ask_known(&around, url).await, Some(place), "{provider:?}");
        let strange: Vec<_> = server.lines().into_iter().filter(|line| !belongs(provider, line)).collect();
        assert_eq!(strange, Vec::<String>::new(), "{provider:?}");
    }
}

fn belongs(provider: Provider, line: &str) -> bool {
    line.contains(match provider {
        Provider::Azure => "/metadata/instance",
        Provider::Aws => "/latest/",
        Provider::Gcp => "/computeMetadata/",
        Provider::Oracle => "/opc/",
        Provider::DigitalOcean => "/metadata/v1/",
        Provider::Hetzner => "/hetzner/",
        Provider::Scaleway => "/conf",
    })
}

#[tokio::test]
async fn where_nothing_tells_everybody_is_asked_and_the_one_who_is_there_answers() {
    for (provider, service, place) in everybody() {
        let server = Server::start(move |request, _| service(request)).await;
        assert_eq!(ask_known(&Machine::silent().around(), |_| server.url).await, Some(place), "{provider:?}");
    }
}

#[tokio::test]
async fn nobody_is_asked_where_the_machine_knows_better() {
    let server = Server::start(|request, _| machine_of_azure(request)).await;
    for machine in [
        Machine::silent().with_variables(&[("WEBSITE_SITE_NAME", "mailer")]),
        Machine::silent().with_file("opt/azcmagent/bin/himds", ""),
    ] {
        assert_eq!(ask_known(&machine.around(), |_| server.url).await, None);
    }
    assert_eq!(server.lines(), Vec::<String>::new());
}

#[tokio::test]
async fn a_scale_set_is_told_by_its_name_or_by_its_id() {
    let set = format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachineScaleSets"
    );
    for (name, id, scale_set) in [
        ("uniform", String::new(), Some("uniform")),
        ("", format!("{set}/flexible"), Some("flexible")),
        ("", String::new(), None),
        ("", "flexible".to_owned(), None),
        ("not a name", String::new(), None),
    ] {
        let body = azure(&format!(
            r#""vmId": "{VM_ID}", "vmScaleSetName": "{name}", "virtualMachineScaleSet": {{"id": "{id}"}}"#
        ));
        let server = Server::start(move |_, _| ok(&body)).await;
        let place = at(&server, &Machine::silent().around()).await.expect("Azure");
        assert_eq!((place.platform, place.scale_set.as_deref()), (Platform::AzureVm, scale_set));
    }
}

#[tokio::test]
async fn a_node_or_a_pod_of_aks_is_no_mere_machine() {
    let pod = [("KUBERNETES_SERVICE_HOST", "mail-0a1b.hcp.westeurope.azmk8s.io")];
    for (tags, machine, platform) in [
        ("aks-managed-poolName:np1;env:prod", Machine::silent(), Platform::Aks),
        ("env:aks-managed-", Machine::silent(), Platform::AzureVm),
        ("", Machine::silent().with_variables(&pod), Platform::Aks),
    ] {
        let body = azure(&format!(r#""vmId": "{VM_ID}", "tags": "{tags}""#));
        let server = Server::start(move |_, _| ok(&body)).await;
        let place = at(&server, &machine.around()).await.expect("Azure");
        assert_eq!((place.platform, place.vm_id.as_deref()), (platform, Some(VM_ID)));
    }
}

#[tokio::test]
async fn an_older_azure_is_asked_in_a_version_that_it_names() {
    let server = Server::start(|request, _| match request.line() {
        "GET /metadata/instance?api-version=2020-06-01" => ok(&azure(r#""location": "local""#)),
        _ => status(
            "400 Bad Request",
            r#"{"error": "Bad request. api-version was not specified in the request",
            "newest-versions": ["2020-06-01", "2019-11-01", "2019-08-15"]}"#,
        ),
    })
    .await;
    let place = at(&server, &Machine::silent().around()).await;
    let environment = Some("AzurePublicCloud".to_owned());
    let region = Some("local".to_owned());
    assert_eq!(place, Some(Place { environment, region, ..Place::on(Platform::AzureVm) }));
}
