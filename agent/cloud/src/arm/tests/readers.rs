//! Whatever somebody answers: no reader panics, and nothing that is kept could move a cursor.

use std::net::Ipv4Addr;
use std::time::SystemTime;

use proptest::prelude::*;
use serde_json::{Map, Value};

use super::azure::{
    BILLING, ROUTES, SUBSCRIPTION, interface as interface_of, machine as machine_of,
    subscription as subscription_of,
};
use crate::arm::{billing, flow, instance, interface, machine, routes, subscription, token};
use crate::claim::is_hostile;

/// Every name that a reader looks at.
const NAMES: [&str; 32] = [
    "subscriptionId",
    "subscriptionPolicies",
    "quotaId",
    "spendingLimit",
    "state",
    "properties",
    "billingAccountAgreementType",
    "billingAccountType",
    "billingAccountSubType",
    "skuDescription",
    "networkProfile",
    "networkInterfaces",
    "primary",
    "id",
    "allowPort25Out",
    "ipConfigurations",
    "privateIPAddress",
    "statuses",
    "time",
    "code",
    "value",
    "source",
    "addressPrefix",
    "nextHopType",
    "nextHopIpAddress",
    "access",
    "ruleName",
    "location",
    "error",
    "access_token",
    "expires_in",
    "expires_on",
];

/// Texts that some reader believes, and texts that none should.
fn texts() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        SUBSCRIPTION,
        "Active",
        "User",
        "0.0.0.0/0",
        "128.0.0.0/1",
        "10.9.0.4",
        "Allow",
        "Deny",
        "westeurope",
        "2026-10-02T09:30:15.8675123+00:00",
        "PowerState/running",
        "PowerState/\u{1b}",
        "a/b",
        "\u{202e}a",
        "",
        "/",
    ]);
    prop_oneof![3 => known.prop_map(str::to_owned), 1 => any::<String>(), 1 => "[0-9TZ:.+-]{0,40}"]
}

fn answers() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        texts().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 96, 8, |inner| {
        let named = (prop::sample::select(NAMES.to_vec()), inner.clone());
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Value::from),
            prop::collection::vec(named, 0..12).prop_map(|fields| {
                Value::from(
                    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>(),
                )
            }),
        ]
    })
}

/// What Azure says, with one value somewhere replaced by another.
fn mutations() -> impl Strategy<Value = Value> {
    let whole = prop::sample::select(vec![
        subscription_of("PayAsYouGo_2014-09-01"),
        BILLING.to_owned(),
        ROUTES.to_owned(),
        interface_of("true"),
        machine_of(r#"{"id": "/subscriptions/x", "properties": {"primary": true}}"#),
    ]);
    (whole, answers(), any::<prop::sample::Index>()).prop_map(|(whole, odd, at)| {
        let mut whole: Value = serde_json::from_str(&whole).expect("JSON");
        let count = places(&mut whole, &mut |_| ());
        let (chosen, mut seen) = (at.index(count), 0);
        places(&mut whole, &mut |place| {
            if seen == chosen {
                *place = odd.clone();
            }
            seen += 1;
        });
        whole
    })
}

/// Visits every value, innermost first, and counts them.
fn places(of: &mut Value, visit: &mut impl FnMut(&mut Value)) -> usize {
    let inner: usize = match of {
        Value::Array(values) => values.iter_mut().map(|value| places(value, visit)).sum(),
        Value::Object(fields) => fields.values_mut().map(|value| places(value, visit)).sum(),
        _ => 0,
    };
    visit(of);
    inner + 1
}

/// Every text that any reader keeps of an answer.
fn kept(answer: &Value) -> Vec<String> {
    let mut kept = Vec::new();
    if let Ok(facts) = subscription::read(answer, SUBSCRIPTION) {
        assert!(!facts.quota_id.is_empty());
        kept.extend([Some(facts.quota_id), facts.spending_limit, facts.state].into_iter().flatten());
    }
    if let Ok(Some(of)) = billing::read(answer) {
        kept.extend(
            [Some(of.agreement_type), of.account_type, of.account_sub_type, of.sku].into_iter().flatten(),
        );
    }
    if let Ok(id) = machine::read(answer, SUBSCRIPTION) {
        assert!(id.contains(SUBSCRIPTION));
        kept.push(id);
    }
    if let Ok(id) = flow::read_watchers(answer, SUBSCRIPTION, "westeurope") {
        kept.push(id);
    }
    if let Ok(of) = instance::read(answer) {
        assert!(of.provisioned_at.as_deref().is_none_or(|at| humantime::parse_rfc3339(at).is_ok()));
        kept.extend([of.provisioned_at, of.power_state].into_iter().flatten());
    }
    if let Ok(hop) = routes::read(answer, Ipv4Addr::new(203, 0, 113, 25)) {
        kept.extend([hop.kind, hop.address].into_iter().flatten());
    }
    kept.extend(flow::read(answer).ok().and_then(|flow| flow.rule));
    let _ = interface::read(answer);
    let _ = token::read(&answer.to_string(), SystemTime::now());
    kept
}

proptest! {
    #[test]
    fn no_answer_panics_and_no_text_that_is_kept_moves_a_cursor(answer in answers()) {
        prop_assert!(kept(&answer).iter().all(|text| !text.is_empty() && !text.contains(is_hostile)));
    }

    #[test]
    fn the_same_with_one_odd_value_in_an_answer_of_azure(answer in mutations()) {
        prop_assert!(kept(&answer).iter().all(|text| !text.is_empty() && !text.contains(is_hostile)));
    }
}
