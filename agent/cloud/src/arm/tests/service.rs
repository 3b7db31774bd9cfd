//! What is refused before anybody is asked, and what a token is asked for.

use super::azure::{OTHER, PATIENCE, arm, healthy, metadata, place};
use crate::arm::{Arm, ArmService, Scope};
use crate::ask::Whom;
use crate::place::{Place, Platform};
use crate::tests::server::Server;

fn refused(service: &ArmService, place: &Place, client_id: &str) -> String {
    let imds = Whom::Only("http://127.0.0.1:1".to_owned());
    let refused = Arm::with(service, &imds, place, client_id, PATIENCE);
    refused.err().map(|error| error.to_string()).unwrap_or_default()
}

#[test]
fn a_place_about_which_nobody_can_be_asked_is_refused() {
    let of = |environment: Option<&str>| Place { environment: environment.map(str::to_owned), ..place() };
    let on = |platform| Place { platform, ..place() };
    for (place, expected) in [
        (place(), ""),
        (on(Platform::Aks), ""),
        (of(Some("AZUREUSGOVERNMENTCLOUD")), ""),
        (
            on(Platform::Arc),
            "only a virtual machine of Azure gets a token for Azure Resource Manager, and this is azure.arc",
        ),
        (
            on(Platform::Ec2),
            "only a virtual machine of Azure gets a token for Azure Resource Manager, and this is aws_ec2",
        ),
        (
            Place { account_id: None, ..place() },
            "the metadata service tells no subscription of this machine, so there is nothing to ask about",
        ),
        (
            Place { account_id: Some("../x".to_owned()), ..place() },
            "the metadata service tells no subscription of this machine, so there is nothing to ask about",
        ),
        (
            of(None),
            "the metadata service does not name the Azure cloud of this machine; set `cloud.arm` to the URL of its Resource Manager",
        ),
        (
            of(Some("AzureMoonCloud")),
            "the Azure cloud AzureMoonCloud is not known; set `cloud.arm` to the URL of its Resource Manager",
        ),
    ] {
        assert_eq!(refused(&ArmService::Known, &place, ""), expected, "{place:?}");
    }
}

#[test]
fn only_a_scheme_and_a_host_are_a_resource_manager() {
    for (url, is_one) in [
        ("http://127.0.0.1:8080", true),
        ("https://management.example.com/", true),
        ("http://[2001:db8::1]:8080", true),
        ("", false),
        ("management.example.com", false),
        ("ftp://management.example.com", false),
        ("http://me:s3cret@management.example.com", false),
        ("http://management.example.com/api", false),
        ("http://management.example.com/?a=b", false),
        ("http://management.example.com/#a", false),
        ("http://management.exa\tmple.com", false),
        (" http://management.example.com", false),
        ("http://a&client_id=x", false),
    ] {
        let refused = refused(&ArmService::At(url.to_owned()), &place(), "");
        assert_eq!(refused.is_empty(), is_one, "{url:?}: {refused}");
        assert!(!refused.contains("s3cret"), "{refused}");
    }
}

#[test]
fn a_client_id_looks_like_one() {
    for client_id in ["", OTHER] {
        assert_eq!(refused(&ArmService::Known, &place(), client_id), "");
    }
    assert_eq!(
        refused(&ArmService::Known, &place(), "mail&resource=x\u{1b}"),
        r#"AZURE_CLIENT_ID is not a client id, which looks like 02aab8a4-74ef-476e-8182-f6d2ba4166a6: "mail&resource=x\u{1b}""#
    );
}

#[tokio::test]
async fn a_token_is_for_the_resource_manager_of_the_machines_cloud_or_for_the_configured_one() {
    let manager = Server::start(|request, _| healthy(request)).await;
    for (environment, resource) in [
        (Some("AzurePublicCloud"), "https://management.azure.com/"),
        (Some("AZUREUSGOVERNMENTCLOUD"), "https://management.usgovcloudapi.net/"),
        (Some("azurechinacloud"), "https://management.chinacloudapi.cn/"),
        (Some("AzureGermanCloud"), "https://management.microsoftazure.de/"),
        (Some("AzureStackCloud"), manager.url),
        (None, manager.url),
    ] {
        let metadata = metadata().await;
        let place = Place { environment: environment.map(str::to_owned), ..place() };
        let told = arm(&metadata, &manager, &place).ask(Scope::Standing).await;
        assert_eq!(told.trouble, Vec::<String>::new(), "{environment:?}");
        let [request] = &metadata.requests()[..] else { panic!("one token") };
        let line = format!("GET /metadata/identity/oauth2/token?api-version=2018-02-01&resource={resource}");
        assert_eq!((request.line(), request.has("metadata: true")), (line.as_str(), true));
    }
}

#[tokio::test]
async fn nobody_is_asked_who_is_not_asked_to() {
    let (metadata, manager) = (metadata().await, Server::start(|request, _| healthy(request)).await);
    drop(arm(&metadata, &manager, &place()));
    assert_eq!((metadata.lines(), manager.lines()), (Vec::new(), Vec::new()));
}
