use std::time::{Duration, SystemTime};

use hyper::body::Bytes;
use hyper::header::AUTHORIZATION;
use hyper::{HeaderMap, Method};
use serde_json::{Value, json};

use super::super::cloud::{Cloud, ScaleSet, Subscription};
use super::super::reply::{Answer, Mood, Reply};
use super::super::request::query;
use super::*;

const AUDIENCE: &str = "https://management.azure.com/";
const NOW: SystemTime = SystemTime::UNIX_EPOCH;
const HOUR: Duration = Duration::from_secs(3600);

/// A Resource Manager, and somebody with a token.
struct Here {
    state: State,
    token: String,
}

impl Here {
    fn of(cloud: Cloud) -> Self {
        let mut state = State { cloud, ..State::default() };
        let token = state.tokens.give(AUDIENCE, NOW, HOUR);
        Self { state, token }
    }

    fn ask(&mut self, method: Method, target: &str, body: &Value) -> (Option<Question>, Answer) {
        let token = self.token.clone();
        self.ask_with(Some(&token), method, target, body)
    }

    fn ask_with(
        &mut self,
        token: Option<&str>,
        method: Method,
        target: &str,
        body: &Value,
    ) -> (Option<Question>, Answer) {
        let (path, rest) = target.split_once('?').unwrap_or((target, ""));
        let mut headers = HeaderMap::new();
        if let Some(token) = token {
            headers.insert(AUTHORIZATION, format!("Bearer {token}").parse().expect("a value"));
        }
        let request = Request {
            method,
            path: path.to_owned(),
            query: query(rest),
            headers,
            body: Bytes::from(body.to_string()),
        };
        match answer(&mut self.state, &request, NOW) {
            (question, Reply::Whole(answer)) => (question, answer),
            (_, other) => unreachable!("{other:?} is no whole answer"),
        }
    }

    fn get(&mut self, target: &str) -> Value {
        let (_, answer) = self.ask(Method::GET, target, &Value::Null);
        assert_eq!(answer.status, 200, "{target}: {}", answer.body);
        serde_json::from_str(&answer.body).expect("JSON")
    }
}

#[test]
fn nobody_is_answered_without_a_token_that_is_good_here_and_now() {
    let mut here = Here::of(Cloud::default());
    let target = format!("{}?api-version=2022-12-01", here.state.cloud.subscription_path());
    let of_somebody_else = here.state.tokens.give("https://graph.microsoft.com", NOW, HOUR);
    let expired = here.state.tokens.give(AUDIENCE, NOW, Duration::ZERO);
    let good = here.token.clone();
    for (token, status) in [
        (None, 401),
        (Some("eyJ0"), 401),
        (Some(of_somebody_else.as_str()), 401),
        (Some(expired.as_str()), 401),
        (Some(good.as_str()), 200),
    ] {
        let (_, answer) = here.ask_with(token, Method::GET, &target, &Value::Null);
        assert_eq!(answer.status, status, "{token:?}");
        let challenges = answer.headers.iter().any(|(name, _)| *name == "www-authenticate");
        assert_eq!(challenges, status == 401, "{token:?}");
    }
    here.state.cloud.trusts_tokens = false;
    assert_eq!(here.ask(Method::GET, &target, &Value::Null).1.status, 401, "of another tenant");
    here.state.cloud.trusts_tokens = true;
    here.state.tokens.revoke();
    assert_eq!(here.ask(Method::GET, &target, &Value::Null).1.status, 401);
}

#[test]
fn every_question_has_its_method_its_version_and_its_path() {
    let mut here = Here::of(Cloud::default());
    let cloud = here.state.cloud.clone();
    let (subscription, machine) = (cloud.subscription_path(), cloud.machine_id());
    let interface = cloud.primary_interface_id();
    for (method, path, version, question) in [
        (Method::GET, subscription.clone(), "2022-12-01", Question::Subscription),
        (
            Method::GET,
            format!("{subscription}/providers/Microsoft.Billing/billingProperty/default"),
            "2024-04-01",
            Question::Billing,
        ),
        (Method::GET, machine.clone(), "2024-07-01", Question::Machine),
        (Method::GET, machine.to_uppercase(), "2024-07-01", Question::Machine),
        (Method::GET, format!("{machine}/instanceView"), "2024-07-01", Question::InstanceView),
        (Method::GET, interface.clone(), "2024-05-01", Question::Interface),
        (Method::GET, cloud.other_interface_id(), "2024-05-01", Question::OtherInterface),
        (
            Method::GET,
            format!("{subscription}/providers/Microsoft.Network/networkWatchers"),
            "2024-05-01",
            Question::Watchers,
        ),
    ] {
        let target = format!("{path}?api-version={version}");
        let (asked, answer) = here.ask(method.clone(), &target, &Value::Null);
        assert_eq!((asked, answer.status), (Some(question), 200), "{target}");
        let (_, answer) = here.ask(Method::DELETE, &target, &Value::Null);
        assert_eq!(answer.status, 405, "{target}");
        let (_, answer) = here.ask(method.clone(), &path, &Value::Null);
        assert!(answer.status == 400 && answer.body.contains("MissingApiVersion"), "{path}");
        let (_, answer) = here.ask(method, &format!("{path}?api-version=2031-01-01"), &Value::Null);
        assert!(answer.status == 400 && answer.body.contains("InvalidApiVersion"), "{path}");
    }
}

#[test]
fn what_is_not_there_is_not_found() {
    let mut here = Here::of(Cloud::default());
    let mine = here.state.cloud.subscription_path();
    let foreign = mine.replace("01", "02");
    for (path, code) in [
        (foreign, "SubscriptionNotFound"),
        (format!("{mine}/resourceGroups/rg-mail"), "ResourceNotFound"),
        ("/".to_owned(), "SubscriptionNotFound"),
    ] {
        let (question, answer) =
            here.ask(Method::GET, &format!("{path}?api-version=2022-12-01"), &Value::Null);
        assert!(
            question.is_none() && answer.status == 404 && answer.body.contains(code),
            "{path}: {answer:?}"
        );
    }
}

#[test]
fn what_is_told_is_what_is_true_now() {
    let mut here = Here::of(Cloud { allow_port_25_out: None, ..Cloud::default() });
    let interface = format!("{}?api-version=2024-05-01", here.state.cloud.primary_interface_id());
    assert_eq!(here.get(&interface)["properties"].get("allowPort25Out"), None);
    for allowed in [true, false] {
        here.state.cloud.allow_port_25_out = Some(allowed);
        assert_eq!(here.get(&interface)["properties"]["allowPort25Out"], allowed);
        let other = format!("{}?api-version=2024-05-01", here.state.cloud.other_interface_id());
        assert_eq!(here.get(&other)["properties"]["allowPort25Out"], !allowed, "the other one misleads");
    }
    here.state.cloud.subscription = Subscription::pay_as_you_go();
    let subscription = format!("{}?api-version=2022-12-01", here.state.cloud.subscription_path());
    assert_eq!(here.get(&subscription)["subscriptionPolicies"]["quotaId"], "PayAsYouGo_2014-09-01");
    here.state.cloud.subscription.billing = None;
    let billing = format!("{}?api-version=2024-04-01", subscription::billing_path(&here.state.cloud));
    assert_eq!(here.ask(Method::GET, &billing, &Value::Null).1.status, 403);
}

#[test]
fn the_time_of_a_start_is_that_of_the_machine_and_not_of_its_agent() {
    let mut here = Here::of(Cloud::default());
    here.state.cloud.machine.provisioned = NOW + HOUR;
    let view = format!("{}/instanceView?api-version=2024-07-01", here.state.cloud.machine_id());
    let view = here.get(&view);
    assert_eq!(view["statuses"][0]["time"], "1970-01-01T01:00:00.0000007+00:00");
    assert_ne!(view["vmAgent"]["statuses"][0]["time"], view["statuses"][0]["time"]);
}

#[test]
fn effective_routes_are_an_operation_that_takes_its_time() {
    let appliance = Some("10.2.0.4".to_owned());
    let mut here = Here::of(Cloud { polls: 2, appliance, ..Cloud::default() });
    let target =
        format!("{}/effectiveRouteTable?api-version=2024-05-01", here.state.cloud.primary_interface_id());
    let (question, begun) = here.ask(Method::POST, &target, &Value::Null);
    assert_eq!((question, begun.status), (Some(Question::Routes), 202));
    let (_, place) = begun.headers.iter().find(|(name, _)| *name == "location").expect("a place");
    let result = place.strip_prefix(crate::azure::ARM_URL).expect("on the same host").to_owned();
    for _ in 0..2 {
        assert_eq!(here.ask(Method::GET, &result, &Value::Null).1.status, 202);
    }
    let routes = here.get(&result);
    let to_everywhere =
        |route: &&Value| route["addressPrefix"][0] == "0.0.0.0/0" && route["state"] == "Active";
    let routes: Vec<_> = routes["value"].as_array().expect("a list").iter().filter(to_everywhere).collect();
    assert_eq!(routes.len(), 1);
    assert_eq!(routes[0]["nextHopType"], "VirtualAppliance");
    assert_eq!(here.ask(Method::GET, &result.replace("00000000?", "00000009?"), &Value::Null).1.status, 404);
}

#[test]
fn a_flow_is_verified_only_as_azure_wants_to_be_asked() {
    let mut here = Here::of(Cloud::default());
    let target = format!("{}/ipFlowVerify?api-version=2024-05-01", network::watcher_id(&here.state.cloud));
    let flow = json!({
        "targetResourceId": here.state.cloud.machine_id(), "direction": "Outbound", "protocol": "TCP",
        "localPort": "40000", "remotePort": "25", "localIPAddress": "203.0.113.11",
        "remoteIPAddress": "192.0.2.11",
    });
    let verified = |here: &mut Here, flow: &Value| {
        let (_, answer) = here.ask(Method::POST, &target, flow);
        (answer.status, answer.body)
    };
    let (status, body) = verified(&mut here, &flow);
    assert!(status == 200 && body.contains(r#""access":"Allow""#), "{body}");
    here.state.cloud.denied_by = Some("deny-smtp".to_owned());
    let (_, body) = verified(&mut here, &flow);
    assert!(body.contains("Deny") && body.contains("deny-smtp"), "{body}");
    for (name, wrong) in [
        ("direction", json!("Inbound")),
        ("protocol", json!("tcp")),
        ("localPort", json!(40000)),
        ("remotePort", json!("443")),
        ("localIPAddress", json!("")),
        ("targetResourceId", json!("/subscriptions/x")),
    ] {
        let mut flow = flow.clone();
        flow[name] = wrong;
        assert_eq!(verified(&mut here, &flow).0, 400, "{flow}");
    }
}

#[test]
fn interfaces_of_a_uniform_scale_set_are_those_of_its_time() {
    let mut cloud = Cloud::default();
    cloud.machine.scale_set = ScaleSet::Uniform { name: "mail".to_owned(), instance: 0 };
    let mut here = Here::of(cloud);
    let path = here.state.cloud.primary_interface_id();
    for (version, status) in [("2018-10-01", 200), ("2024-05-01", 400)] {
        let target = format!("{path}?api-version={version}");
        assert_eq!(here.ask(Method::GET, &target, &Value::Null).1.status, status, "{version}");
    }
}

#[test]
fn a_mood_is_met_only_by_whoever_may_ask() {
    let mut here = Here::of(Cloud::default());
    here.state.moods.insert(Question::Subscription, Mood::Forbidden);
    let target = format!("{}?api-version=2022-12-01", here.state.cloud.subscription_path());
    assert_eq!(here.ask(Method::GET, &target, &Value::Null).1.status, 403);
    assert_eq!(here.ask_with(None, Method::GET, &target, &Value::Null).1.status, 401);
    here.state.moods.insert(Question::Subscription, Mood::Redirect);
    let (_, answer) = here.ask(Method::GET, &target, &Value::Null);
    assert!(answer.status == 307 && answer.body.contains("PayAsYouGo"), "the body lies: {}", answer.body);
}
