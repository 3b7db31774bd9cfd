//! Variables of the environment, which belong to a whole process: each test starts one of its own.

use std::process::Command;

use super::azure::{OTHER, metadata, place};
use crate::arm::{Arm, ArmService, Scope};
use crate::ask::Whom;
use crate::tests::server::{Server, status};

/// One test of this program again, by its name and with these variables.
async fn again(name: &'static str, variables: Vec<(&'static str, String)>) {
    let program = std::env::current_exe().expect("this program");
    let mut command = Command::new(program);
    command.args(["--exact", name, "--include-ignored", "--nocapture"]).envs(variables);
    let output = tokio::task::spawn_blocking(move || command.output()).await.expect("it does not panic");
    let output = output.expect("it starts");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && told.contains("1 passed"), "{told}");
}

/// Takes connections for others, and lets none through.
async fn proxy() -> Server {
    Server::start(|_, _| status("403 Forbidden", "")).await
}

#[tokio::test]
async fn a_proxy_sees_nothing_of_plain_http() {
    let proxy = proxy().await;
    let variables = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];
    let variables = variables.map(|name| (name, proxy.url.to_owned()));
    let name = "arm::tests::questions::a_reader_is_told_everything_in_five_questions";
    again(name, variables.to_vec()).await;
    assert_eq!(proxy.lines(), Vec::<String>::new());
}

#[tokio::test]
async fn a_proxy_for_https_passes_on_what_it_cannot_read() {
    let proxy = proxy().await;
    let variables = ["HTTPS_PROXY", "HTTP_PROXY"].map(|name| (name, proxy.url.to_owned()));
    let variables = variables.into_iter().chain([("AZURE_CLIENT_ID", OTHER.to_owned())]);
    again("arm::tests::variables::in_a_process_of_its_own", variables.collect()).await;
    let requests = proxy.requests();
    assert!(!requests.is_empty());
    for request in requests {
        assert_eq!(request.line(), "CONNECT management.azure.com:443");
        assert!(!request.head.contains("token.") && !request.head.contains("bearer"), "{}", request.head);
    }
}

#[tokio::test]
#[ignore = "wants the variables that the test above sets"]
async fn in_a_process_of_its_own() {
    let metadata = metadata().await;
    let imds = Whom::Only(metadata.url.to_owned());
    let arm = Arm::new(&ArmService::Known, &imds, &place()).expect("a place in Azure");
    let told = arm.ask(Scope::Standing).await;
    assert_eq!((told.subscription, told.trouble.len()), (None, 4));
    let [token] = &metadata.lines()[..] else { panic!("one token") };
    assert!(
        token.ends_with(&format!("&resource=https://management.azure.com/&client_id={OTHER}")),
        "{token}"
    );
}
