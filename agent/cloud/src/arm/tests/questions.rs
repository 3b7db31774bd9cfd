//! What is asked, and what of the answers is kept.

use std::sync::Arc;

use super::azure::{
    BILLING, INSTANCE, INSTANCE_INTERFACE, INTERFACE, MACHINE, OTHER, SUBSCRIPTION, arm, healthy, interface,
    machine, metadata, place, refusal, subscription,
};
use crate::arm::{Billing, Scope, SubscriptionFacts, Told};
use crate::place::{Place, Platform};
use crate::tests::server::{Reply, Request, Server, ok};

fn everything() -> Told {
    let text = |text: &str| Some(text.to_owned());
    Told {
        subscription: Some(SubscriptionFacts {
            quota_id: "MSDNDevTest_2014-09-01".to_owned(),
            spending_limit: text("Off"),
            state: text("Enabled"),
            billing: Some(Billing {
                agreement_type: "MicrosoftCustomerAgreement".to_owned(),
                account_type: text("Enterprise"),
                account_sub_type: text("Enterprise"),
                sku: text("Microsoft Azure Plan for DevTest"),
            }),
        }),
        allow_port_25_out: Some(false),
        has_interface: true,
        way_out: None,
        provisioned_at: text("2026-10-02T09:30:15Z"),
        power_state: text("running"),
        withheld: Vec::new(),
        trouble: Vec::new(),
    }
}

/// One answer of this server is another one.
async fn but(path: &'static str, reply: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Server {
    Server::start(move |request, _| {
        let asked = request.line().split('?').next().unwrap_or_default();
        if asked.ends_with(path) { reply(request) } else { healthy(request) }
    })
    .await
}

async fn told(manager: &Server) -> Told {
    arm(&metadata().await, manager, &place()).ask(Scope::Standing).await
}

#[tokio::test]
async fn a_reader_is_told_everything_in_five_questions() {
    let (metadata, manager) = (metadata().await, Server::start(|request, _| healthy(request)).await);
    let arm = arm(&metadata, &manager, &place());
    let arm = Arc::new(arm);
    let beside_probing = Arc::clone(&arm);
    let told = tokio::spawn(async move { beside_probing.ask(Scope::Standing).await }).await;
    assert_eq!(told.expect("it does not panic"), everything());
    let mut asked = manager.lines();
    asked.sort();
    assert_eq!(
        asked,
        [
            format!(
                "GET /subscriptions/{SUBSCRIPTION}/providers/Microsoft.Billing/billingProperty/default?api-version=2024-04-01"
            ),
            format!("GET {MACHINE}/instanceView?api-version=2024-07-01"),
            format!("GET {MACHINE}?api-version=2024-07-01"),
            format!("GET {INTERFACE}?api-version=2024-05-01"),
            format!("GET /subscriptions/{SUBSCRIPTION}?api-version=2022-12-01"),
        ]
    );
    arm.ask(Scope::Standing).await;
    assert_eq!(metadata.lines().len(), 1, "a token is good for many questions");
}

#[tokio::test]
async fn an_instance_of_a_uniform_scale_set_is_asked_in_its_own_versions() {
    let manager = Server::start(|request, _| healthy(request)).await;
    let place = Place { resource_id: Some(INSTANCE.to_owned()), platform: Platform::Aks, ..place() };
    assert_eq!(arm(&metadata().await, &manager, &place).ask(Scope::Standing).await, everything());
    for line in [
        format!("GET {INSTANCE}?api-version=2024-07-01"),
        format!("GET {INSTANCE}/instanceView?api-version=2024-07-01"),
        format!("GET {INSTANCE_INTERFACE}?api-version=2018-10-01"),
    ] {
        assert!(manager.lines().contains(&line), "{line}");
    }
}

#[tokio::test]
async fn one_part_that_fails_leaves_the_others() {
    let without = |forget: fn(&mut Told)| {
        let mut told = everything();
        forget(&mut told);
        told
    };
    let without_interface = without(|told| {
        told.allow_port_25_out = None;
        told.has_interface = false;
    });
    for (path, others, failed) in [
        ("0001", without(|told| told.subscription = None), "read the subscription"),
        (
            "/default",
            without(|told| told.subscription.as_mut().unwrap().billing = None),
            "read the billing property",
        ),
        ("/mx-1", without_interface.clone(), "read the network interface"),
        ("/mx-1-nic", without_interface, "read the network interface"),
        (
            "/instanceView",
            without(|told| {
                told.provisioned_at = None;
                told.power_state = None;
            }),
            "read the instance view",
        ),
    ] {
        let manager = but(path, |_| refusal("409 Conflict", "Conflict")).await;
        let told = told(&manager).await;
        let sentence = format!("failed to {failed}: Azure Resource Manager answers 409 (Conflict)");
        assert_eq!(told, Told { trouble: vec![sentence], ..others }, "{path}");
    }
}

#[tokio::test]
async fn a_reader_without_a_role_hears_which_one_is_missing() {
    for (refused, code) in
        [("403 Forbidden", "AuthorizationFailed"), ("404 Not Found", "SubscriptionNotFound")]
    {
        let manager = Server::start(move |_, _| refusal(refused, code)).await;
        let told = told(&manager).await;
        let bare = Told { trouble: Vec::new(), withheld: Vec::new(), ..told.clone() };
        assert_eq!(bare, Told { has_interface: true, ..Told::default() }, "a flag that is withheld is none");
        let hint = ": give the managed identity of this machine the role Reader on the subscription";
        let sentence = format!(
            "failed to read the subscription: Azure Resource Manager answers {} ({code}){hint}",
            &refused[..3]
        );
        assert!(told.trouble.contains(&sentence), "{:?}", told.trouble);
        assert_eq!(told.withheld.len(), 1, "nobody needs to know who pays: {:?}", told.withheld);
    }
}

#[tokio::test]
async fn a_subscription_of_which_a_part_is_odd_is_no_answer() {
    let whole = subscription("PayAsYouGo_2014-09-01");
    for (part, odd) in [
        (r#""PayAsYouGo_2014-09-01""#, r#""""#),
        (r#""PayAsYouGo_2014-09-01""#, "null"),
        (r#""PayAsYouGo_2014-09-01""#, "7"),
        (r#""PayAsYouGo_2014-09-01""#, r#"["PayAsYouGo_2014-09-01"]"#),
        (r#""PayAsYouGo_2014-09-01""#, r#""PayAsYouGo\u001b[2J""#),
        (r#""PayAsYouGo_2014-09-01""#, r#""PayAsYouGo\u202e""#),
        (r#""quotaId""#, r#""quota""#),
        (r#""subscriptionPolicies""#, r#""policies""#),
        (r#""Off""#, "false"),
        (r#""Off""#, r#""O\u0000ff""#),
        (r#""Enabled""#, "{}"),
        (r#""Enabled""#, r#""Ena bled""#),
        (r#""subscriptionId": "00000000-0000-0000-0000-000000000001""#, r#""subscriptionId": 1"#),
        (r#""subscriptionId": "00000000-0000-0000-0000-000000000001""#, r#""a": 1"#),
        (
            r#""subscriptionId": "00000000-0000-0000-0000-000000000001""#,
            r#""subscriptionId": "00000000-0000-0000-0000-000000000002""#,
        ),
    ] {
        let body = whole.replace(part, odd);
        assert_ne!(body, whole);
        let manager = but("0001", move |_| ok(&body)).await;
        let told = told(&manager).await;
        assert_eq!((told.subscription, told.trouble.len()), (None, 1), "{odd}");
        assert_eq!(told.allow_port_25_out, Some(false), "the rest is told all the same");
    }
}

#[tokio::test]
async fn a_spending_limit_and_a_state_that_are_not_told_are_absent() {
    let body = subscription("X").replace(r#""Off""#, "null").replace(r#""Enabled""#, r#""""#);
    let manager = but("0001", move |_| ok(&body)).await;
    let facts = told(&manager).await.subscription.expect("a subscription");
    assert_eq!((facts.quota_id.as_str(), facts.spending_limit, facts.state), ("X", None, None));
}

#[tokio::test]
async fn a_billing_property_of_which_a_part_is_odd_is_no_answer() {
    for (part, odd, trouble) in [
        ("Microsoft Azure Plan for DevTest", r"Plan\u001b[2J", 1),
        (r#""Microsoft Azure Plan for DevTest""#, "5", 1),
        ("MicrosoftCustomerAgreement", "Microsoft Customer Agreement", 1),
        (r#""MicrosoftCustomerAgreement""#, "{}", 1),
        (r#""billingAccountType": "Enterprise""#, r#""billingAccountType": true"#, 1),
        (r#""billingAccountSubType": "Enterprise""#, r#""billingAccountSubType": "\u202e""#, 1),
        (r#""properties""#, r#""others""#, 1),
        // An agreement that is left out is withheld, and says nothing about the kind of account either.
        ("billingAccountAgreementType", "other", 0),
        (r#""MicrosoftCustomerAgreement""#, "null", 0),
    ] {
        let body = BILLING.replace(part, odd);
        assert_ne!(body, BILLING);
        let manager = but("/default", move |_| ok(&body)).await;
        let told = told(&manager).await;
        assert_eq!((told.subscription.expect("told").billing, told.trouble.len()), (None, trouble), "{odd}");
    }
}

#[tokio::test]
async fn billing_that_is_withheld_or_fails_later_is_no_change() {
    for later in ["403 Forbidden", "404 Not Found", "409 Conflict"] {
        for (quota_id, expected) in
            [("MSDNDevTest_2014-09-01", true), ("EnterpriseAgreement_2014-09-01", false)]
        {
            let manager = Server::start(move |request, number| match request.line() {
                line if number > 5 && line.contains("/billingProperty/") => refusal(later, "Later"),
                line if number > 5 && line.contains("0001?") => ok(&subscription(quota_id)),
                _ => healthy(request),
            })
            .await;
            let arm = arm(&metadata().await, &manager, &place());
            assert_eq!(arm.ask(Scope::Standing).await, everything());
            let facts = arm.ask(Scope::Standing).await.subscription.expect("told");
            // Of another quota it says nothing.
            assert_eq!((facts.quota_id.as_str(), facts.billing.is_some()), (quota_id, expected), "{later}");
        }
    }
}

#[tokio::test]
async fn only_a_boolean_is_the_flag() {
    for (flag, told_flag) in [
        ("true", Some(true)),
        ("false", Some(false)),
        ("null", None),
        (r#""true""#, None),
        ("1", None),
        ("[]", None),
        ("{}", None),
    ] {
        let manager = but("-nic", move |_| ok(&interface(flag))).await;
        let told = told(&manager).await;
        assert_eq!((told.allow_port_25_out, told.trouble), (told_flag, Vec::new()), "{flag}");
    }
}

#[tokio::test]
async fn of_several_interfaces_the_primary_one_is_asked() {
    let nic = |id: &str, primary: &str| {
        format!(r#"{{"id": "{id}", "properties": {{"deleteOption": "Delete", "primary": {primary}}}}}"#)
    };
    let second = INTERFACE.replace("-nic", "-2nd");
    let of_others = INTERFACE.replace(SUBSCRIPTION, OTHER);
    let dots = INTERFACE.replace("mx-1-nic", "..");
    for (interfaces, expected) in [
        (nic(INTERFACE, "false"), ""),
        (format!("{}, {}", nic(&second, "false"), nic(INTERFACE, "true")), ""),
        (
            format!("{}, {}", nic(&second, "true"), nic(INTERFACE, "true")),
            "Azure Resource Manager tells no primary interface among 2",
        ),
        (
            format!("{}, {}", nic(&second, "null"), nic(INTERFACE, r#""true""#)),
            "Azure Resource Manager tells no primary interface among 2",
        ),
        (String::new(), "Azure Resource Manager tells no primary interface among 0"),
        (nic(&of_others, "true"), "Azure Resource Manager tells no usable interface"),
        (nic(MACHINE, "true"), "Azure Resource Manager tells no usable interface"),
        (nic("https://192.0.2.1/x", "true"), "Azure Resource Manager tells no usable interface"),
        (nic("//192.0.2.1/x", "true"), "Azure Resource Manager tells no usable interface"),
        (nic(&dots, "true"), "Azure Resource Manager tells no usable interface"),
        ("7".to_owned(), "Azure Resource Manager tells no usable interface"),
    ] {
        let body = machine(&interfaces);
        let manager = but("/mx-1", move |_| ok(&body)).await;
        let told = told(&manager).await;
        let trouble = told.trouble.join("\n");
        assert_eq!(trouble.trim_start_matches("failed to read the network interface: "), expected);
        assert_eq!(told.allow_port_25_out, expected.is_empty().then_some(false), "{interfaces}");
        assert_eq!(manager.lines().len(), if expected.is_empty() { 5 } else { 4 }, "{interfaces}");
    }
}

#[tokio::test]
async fn a_machine_without_an_id_in_its_subscription_is_not_asked_for() {
    let elsewhere = MACHINE.replace(SUBSCRIPTION, OTHER);
    for resource_id in [None, Some(elsewhere.as_str()), Some(INTERFACE), Some("/subscriptions/../x")] {
        let manager = Server::start(|request, _| healthy(request)).await;
        let place = Place { resource_id: resource_id.map(str::to_owned), ..place() };
        let told = arm(&metadata().await, &manager, &place).ask(Scope::WayOut(None)).await;
        assert_eq!(
            told.trouble,
            ["failed to read the machine: the metadata service tells no id of it in its subscription"]
        );
        assert_eq!(told.subscription, everything().subscription);
        assert_eq!(manager.lines().len(), 2, "{:?}", manager.lines());
    }
}

#[tokio::test]
async fn only_a_moment_is_a_moment() {
    for (times, newest, power) in [
        (
            r#"{"time": "2026-10-02T09:30:15Z"}, {"time": "2026-10-03T00:00:00+00:00"}"#,
            "2026-10-03T00:00:00Z",
            "",
        ),
        (r#"{"time": "yesterday"}, {"time": "2026-10-02T09:30:15Z"}"#, "2026-10-02T09:30:15Z", ""),
        (r#"{"time": "2026-10-02T09:30:15+02:00"}, {"time": "2026-13-02T09:30:15Z"}"#, "", ""),
        (r#"{"time": 1790000000}, {"time": null}, 5, null, []"#, "", ""),
        (r#"{"code": "PowerState/deallocated"}"#, "", "deallocated"),
        (r#"{"code": "powerstate/running"}"#, "", "running"),
        (
            r#"{"code": "PowerState/"}, {"code": "PowerState/a b"}, {"code": "Power"}, {"code": "größe"}"#,
            "",
            "",
        ),
    ] {
        let body = format!(r#"{{"statuses": [{times}]}}"#);
        let manager = but("/instanceView", move |_| ok(&body)).await;
        let told = told(&manager).await;
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        assert_eq!((told.provisioned_at, told.power_state), (given(newest), given(power)), "{times}");
    }
}
