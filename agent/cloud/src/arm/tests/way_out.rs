//! The way out: actions that take their time, and that a plain Reader may not.

use std::net::Ipv4Addr;
use std::time::Duration;

use serde_json::{Value, json};

use super::azure::{
    INSTANCE, INSTANCE_INTERFACE, INTERFACE, MACHINE, PATIENCE, ROUTES, WATCHER, arm, healthy, metadata,
    patient, place, refusal,
};
use crate::arm::client::Patience;
use crate::arm::routes::read;
use crate::arm::{Flow, Scope, Told, WayOut};
use crate::place::Place;
use crate::tests::server::{Reply, Request, Server, ok, status};

/// Public, and nobody's in these tests: nothing is sent there.
const REMOTE: &str = "203.0.113.25:25";

async fn told(manager: &Server) -> Told {
    let arm = arm(&metadata().await, manager, &place());
    arm.ask(Scope::WayOut(REMOTE.parse().ok())).await
}

async fn but(path: &'static str, reply: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Server {
    Server::start(
        move |request, _| if request.line().contains(path) { reply(request) } else { healthy(request) },
    )
    .await
}

fn through_firewall() -> WayOut {
    WayOut {
        next_hop: Some("VirtualAppliance".to_owned()),
        next_hop_address: Some("10.9.0.4".to_owned()),
        flow: Some(Flow {
            allowed: true,
            rule: Some("defaultSecurityRules/AllowInternetOutBound".to_owned()),
        }),
    }
}

#[tokio::test]
async fn the_way_out_is_told_on_demand() {
    let manager = Server::start(|request, _| healthy(request)).await;
    let told = told(&manager).await;
    assert_eq!((told.way_out, told.trouble), (Some(through_firewall()), Vec::new()));
    let asked = manager.requests();
    let posts: Vec<_> = asked.iter().filter(|request| request.line().starts_with("POST")).collect();
    let [routes, flow] = &posts[..] else { panic!("two actions: {:?}", manager.lines()) };
    assert_eq!(routes.line(), format!("POST {INTERFACE}/effectiveRouteTable?api-version=2024-05-01"));
    assert_eq!(flow.line(), format!("POST {WATCHER}/ipFlowVerify?api-version=2024-05-01"));
    let body: Value = serde_json::from_str(&flow.body).expect("JSON");
    assert_eq!(
        body,
        json!({"targetResourceId": MACHINE, "targetNicResourceId": INTERFACE, "direction": "Outbound",
            "protocol": "TCP", "localIPAddress": "10.1.0.4", "localPort": "60000",
            "remoteIPAddress": "203.0.113.25", "remotePort": "25"})
    );

    let manager = Server::start(|request, _| healthy(request)).await;
    let told = arm(&metadata().await, &manager, &place()).ask(Scope::Standing).await;
    assert_eq!((told.way_out, manager.lines().iter().any(|line| line.starts_with("POST"))), (None, false));
}

#[tokio::test]
async fn a_flow_is_not_verified_without_a_destination_or_for_a_uniform_scale_set() {
    let manager = Server::start(|request, _| healthy(request)).await;
    let without = WayOut { flow: None, ..through_firewall() };
    let told = arm(&metadata().await, &manager, &place()).ask(Scope::WayOut(None)).await;
    assert_eq!((told.way_out.as_ref(), &told.trouble), (Some(&without), &Vec::new()));
    let place = Place { resource_id: Some(INSTANCE.to_owned()), ..place() };
    let arm = arm(&metadata().await, &manager, &place);
    let told = arm.ask(Scope::WayOut(REMOTE.parse().ok())).await;
    assert_eq!((told.way_out.as_ref(), &told.trouble), (Some(&without), &Vec::new()));
    let routes = format!("POST {INSTANCE_INTERFACE}/effectiveRouteTable?api-version=2018-10-01");
    assert!(manager.lines().contains(&routes), "{:?}", manager.lines());
    assert!(!manager.lines().iter().any(|line| line.contains("ipFlowVerify")));
}

#[tokio::test]
async fn what_takes_time_is_looked_at_until_it_is_there() {
    const RESULT: &str =
        "/subscriptions/x/providers/Microsoft.Network/locations/westeurope/operationResults/1";
    // Whoever is not ready yet names the place again, or does not.
    for not_yet in ["202 Accepted", &format!("202 Accepted\r\nLocation: {RESULT}")] {
        let not_yet = not_yet.to_owned();
        let manager = Server::start(move |request, number| match request.line() {
            line if line.contains("effectiveRouteTable") => status(
                &format!("202 Accepted\r\nRetry-After: 0\r\nLocation: {RESULT}?api-version=2024-05-01"),
                "",
            ),
            line if line.contains(RESULT) && number % 3 != 0 => status(&not_yet, "null"),
            line if line.contains(RESULT) => ok(ROUTES),
            _ => healthy(request),
        })
        .await;
        let told = told(&manager).await;
        assert_eq!((told.way_out, told.trouble), (Some(through_firewall()), Vec::new()));
        let looks: Vec<_> = manager.lines().into_iter().filter(|line| line.contains(RESULT)).collect();
        assert!(looks.len() > 1, "it was not ready at once: {looks:?}");
        assert!(looks[0].starts_with("GET ") && looks[0].ends_with("?api-version=2024-05-01"), "{looks:?}");
    }
}

#[tokio::test]
async fn a_place_to_look_at_elsewhere_never_sees_the_token() {
    let elsewhere = Server::start(|_, _| ok(ROUTES)).await;
    let host = elsewhere.url.trim_start_matches("http://");
    for location in [
        format!("Location: {}/x", elsewhere.url),
        format!("Location: //{host}/x"),
        format!("Location: http://me:you@{host}/x"),
        format!("Location: https://{host}/x"),
        "Location: http://[".to_owned(),
        "Location: \u{fc}".to_owned(),
        "X: y".to_owned(),
    ] {
        let head: &'static str = format!("202 Accepted\r\n{location}").leak();
        let manager = but("effectiveRouteTable", move |_| status(head, "")).await;
        let told = told(&manager).await;
        let way_out = told.way_out.expect("the flow is told all the same");
        assert_eq!((way_out.next_hop, way_out.flow.is_some()), (None, true));
        assert_eq!(told.trouble.len(), 1, "{location}: {:?}", told.trouble);
        assert_eq!(elsewhere.lines(), Vec::<String>::new(), "{location}");
    }
}

#[tokio::test]
async fn what_is_never_ready_is_given_up() {
    let manager =
        but("effectiveRouteTable", |_| status("202 Accepted\r\nLocation: /x/effectiveRouteTable", "")).await;
    let patience = Patience { operation: Duration::from_millis(200), ..PATIENCE };
    let told = patient(&metadata().await, &manager, &place(), patience).ask(Scope::WayOut(None)).await;
    assert_eq!(
        told.trouble,
        ["failed to read the effective routes: Azure Resource Manager was not ready with it within 0 s"]
    );
    assert_eq!(told.way_out, None);
}

#[tokio::test]
async fn a_plain_reader_hears_what_would_be_needed_and_nothing_is_wrong() {
    let manager = Server::start(|request, _| {
        if request.line().starts_with("POST") {
            refusal("403 Forbidden", "AuthorizationFailed")
        } else {
            healthy(request)
        }
    })
    .await;
    let told = told(&manager).await;
    assert_eq!((told.way_out, told.trouble), (None, Vec::new()));
    assert_eq!(
        told.withheld,
        [
            "may not read the effective routes: the identity of this machine lacks \
             Microsoft.Network/networkInterfaces/effectiveRouteTable/action, which Reader does not have",
            "may not verify the flow: the identity of this machine lacks \
             Microsoft.Network/networkWatchers/ipFlowVerify/action, which Reader does not have",
        ]
    );
}

#[tokio::test]
async fn a_flow_is_allowed_or_denied_and_else_unknown() {
    for (answer, flow) in [
        (r#"{"access": "Deny", "ruleName": "UserRule_deny-25"}"#, Some((false, Some("UserRule_deny-25")))),
        (r#"{"access": "allow"}"#, Some((true, None))),
        (r#"{"access": "Deny", "ruleName": "a\u001b[2J"}"#, Some((false, None))),
        (r#"{"access": "Deny", "ruleName": "//"}"#, Some((false, None))),
        (r#"{"access": "Deny", "ruleName": 5}"#, Some((false, None))),
        (r#"{"access": true}"#, None),
        (r#"{"access": "Perhaps"}"#, None),
        ("[]", None),
    ] {
        let manager = but("ipFlowVerify", move |_| ok(answer)).await;
        let told = told(&manager).await;
        let seen = told.way_out.expect("routes").flow;
        let seen = seen.as_ref().map(|flow| (flow.allowed, flow.rule.as_deref()));
        assert_eq!((seen, told.trouble.len()), (flow, usize::from(flow.is_none())), "{answer}");
    }
}

#[tokio::test]
async fn a_watcher_is_of_the_region_and_of_the_subscription() {
    for (watchers, trouble) in [
        (
            json!([]),
            "failed to find the network watcher: there is no network watcher in westeurope; \
             Azure makes one for each region with a virtual network",
        ),
        (
            json!([{"id": WATCHER.replace("0001", "0002"), "location": "westeurope"}]),
            "failed to find the network watcher: Azure Resource Manager tells no usable watcher",
        ),
        (
            json!([{"id": MACHINE, "location": "westeurope"}]),
            "failed to find the network watcher: Azure Resource Manager tells no usable watcher",
        ),
        (
            json!({"westeurope": WATCHER}),
            "failed to find the network watcher: Azure Resource Manager tells no usable value",
        ),
    ] {
        let body = json!({"value": watchers}).to_string();
        let manager = but("/networkWatchers?", move |_| ok(&body)).await;
        assert_eq!(told(&manager).await.trouble, [trouble]);
    }
}

#[test]
fn the_active_route_of_the_longest_prefix_wins_and_among_equals_the_users() {
    let remote = Ipv4Addr::new(203, 0, 113, 25);
    let route = |source: &str, state: &str, prefix: &str, hop: &str| json!({"source": source, "state": state, "addressPrefix": [prefix], "nextHopType": hop});
    let internet = route("Default", "Active", "0.0.0.0/0", "Internet");
    for (routes, kind) in [
        (vec![internet.clone()], Some("Internet")),
        (vec![route("User", "Active", "0.0.0.0/0", "None"), internet.clone()], Some("None")),
        (vec![internet.clone(), route("User", "Active", "0.0.0.0/0", "None")], Some("None")),
        (vec![route("User", "Invalid", "0.0.0.0/0", "None"), internet.clone()], Some("Internet")),
        (
            vec![
                internet.clone(),
                route("VirtualNetworkGateway", "Active", "0.0.0.0/0", "VirtualNetworkGateway"),
            ],
            Some("VirtualNetworkGateway"),
        ),
        (
            vec![
                route("User", "Active", "0.0.0.0/0", "VirtualAppliance"),
                route("VirtualNetworkGateway", "Active", "0.0.0.0/0", "VirtualNetworkGateway"),
            ],
            Some("VirtualAppliance"),
        ),
        // Two halves of the internet are more specific than the whole of it.
        (
            vec![
                route("User", "Active", "0.0.0.0/0", "None"),
                route("VirtualNetworkGateway", "active", "128.0.0.0/1", "VirtualNetworkGateway"),
            ],
            Some("VirtualNetworkGateway"),
        ),
        (
            vec![internet.clone(), route("User", "Active", "203.0.113.25/32", "VirtualAppliance")],
            Some("VirtualAppliance"),
        ),
        (vec![internet.clone(), route("User", "Active", "203.0.113.24/32", "None")], Some("Internet")),
        // What is no prefix is no route.
        (vec![internet.clone(), route("User", "Active", "203.0.113.25/33", "None")], Some("Internet")),
        (vec![internet.clone(), route("User", "Active", "203.0.113.25", "None")], Some("Internet")),
        (vec![internet.clone(), route("User", "Active", "AzureCloud.westeurope", "None")], Some("Internet")),
        (
            vec![internet, route("User", "Active", "::/0", "None"), json!(null), json!({"state": "Active"})],
            Some("Internet"),
        ),
        (vec![route("User", "Active", "0.0.0.0/0", "a\u{1b}[2J")], None),
        (vec![route("Default", "Active", "10.0.0.0/8", "VnetLocal")], None),
        (vec![], None),
    ] {
        let hop = read(&json!({"value": routes}), remote).expect("a list");
        assert_eq!(hop.kind.as_deref(), kind, "{routes:?}");
    }
    assert!(read(&json!({"value": {}}), remote).is_err());
}
