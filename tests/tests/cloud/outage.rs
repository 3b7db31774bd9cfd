//! A Resource Manager that fails, or is somebody else: what the metadata service said stays, the verdict is the same, and
//! nothing is made up.

use std::time::Duration;

use anyhow::{Result, ensure};
use e2e::agent::Stage;
use e2e::azure::{Cloud, Mood, Question, Service};
use serde_json::{Value, json};

use crate::lab::{ARM, Case, IMDS, Lab, require_fields};

/// What a check may wait for the cloud beyond its verdict, and what a busy machine may add to that.
const BEYOND: Duration = Duration::from_secs(5);
const BUSY: Duration = Duration::from_secs(5);

/// A first one and a fresh one, for each of the two looks of a check at four parts.
const MOST_TOKENS: usize = 16;

pub(crate) const CASES: &[Case] = &[
    ("a_silent_resource_manager_costs_five_seconds_at_most", |stage| fails(stage, Mood::Silent)),
    ("a_resource_manager_that_takes_for_ever_costs_five_seconds_at_most", |stage| {
        fails(stage, Mood::Trickle)
    }),
    ("a_resource_manager_that_floods_is_cut_off", |stage| fails(stage, Mood::Huge)),
    ("a_forbidden_subscription_is_not_known", |stage| fails(stage, Mood::Forbidden)),
    ("a_throttled_subscription_is_not_known", |stage| fails(stage, Mood::Throttled(600))),
    ("a_subscription_with_half_a_document_is_not_known", |stage| fails(stage, Mood::Malformed)),
    ("a_subscription_of_wrong_types_is_not_known", |stage| fails(stage, Mood::Mistyped)),
    ("a_subscription_with_control_characters_is_not_known", |stage| fails(stage, Mood::Controls)),
    ("a_subscription_elsewhere_is_not_known", |stage| fails(stage, Mood::Redirect)),
    ("a_resource_manager_that_is_broken_tells_nothing", |stage| fails(stage, Mood::Status(500))),
    ("what_has_arrived_is_reported_without_what_has_not", parts),
    ("a_machine_without_an_identity_asks_no_resource_manager", no_identity),
    ("a_resource_manager_that_believes_no_token_is_not_asked_for_ever", no_token),
    ("a_tokens_shape_is_checked_before_it_is_sent", odd_token),
];

fn fails(stage: &Stage, mood: Mood) -> Result<()> {
    let without = Lab::new(stage, Cloud::default(), IMDS)?.check()?;
    let lab = Lab::new(stage, Cloud::default(), ARM)?;
    lab.azure.meets(Question::Subscription, mood);
    let checked = lab.check()?;
    checked.require("open", 0)?;
    ensure!(checked.verdict(25)?["expected"] == "any", "{:#}", checked.verdict(25)?);
    require_fields(
        checked.cloud(),
        &[
            ("subscription", Value::Null),
            ("subscription_id", json!(lab.azure.cloud().subscription.id)),
            ("region", json!("westeurope")),
        ],
    )?;
    ensure!(lab.azure.times_asked(Question::Subscription) > 0, "nobody was asked");
    let asked = lab.azure.asked();
    ensure!(asked.iter().all(|it| it.service != Service::Elsewhere), "a stranger was asked: {asked:#?}");
    let most = without.took() + BEYOND + BUSY;
    ensure!(checked.took() < most, "{:?} is more than {most:?}", checked.took());
    Ok(())
}

/// Each part may be late by itself.
fn parts(stage: &Stage) -> Result<()> {
    let lab = Lab::new(stage, Cloud::default(), ARM)?;
    for late in [Question::Interface, Question::Billing, Question::InstanceView, Question::Machine] {
        lab.azure.meets(late, Mood::Silent);
        let checked = lab.check()?;
        lab.azure.meets(late, Mood::Usual);
        let subscription = &checked.cloud()["subscription"];
        ensure!(
            subscription["quota_id"] == "EnterpriseAgreement_2014-09-01",
            "without {late:?} there is no subscription: {subscription:#}"
        );
        let flag = &checked.cloud()["allow_port_25_out"];
        let is_told = !matches!(late, Question::Interface | Question::Machine);
        ensure!(
            *flag == if is_told { json!(true) } else { Value::Null },
            "the flag without {late:?}: {flag}"
        );
    }
    Ok(())
}

fn no_identity(stage: &Stage) -> Result<()> {
    let lab = Lab::new(stage, Cloud { identities: Vec::new(), ..Cloud::default() }, ARM)?;
    let checked = lab.check()?;
    checked.require("open", 0)?;
    require_fields(checked.cloud(), &[("subscription", Value::Null), ("region", json!("westeurope"))])?;
    let tokens = lab.azure.times_asked(Question::Token);
    ensure!((1..=2).contains(&tokens), "a token was asked for {tokens} times: once with each look");
    let asked = lab.azure.asked();
    ensure!(asked.iter().all(|it| it.service == Service::Imds), "asked without a token: {asked:#?}");
    Ok(())
}

/// As that of another tenant does.
fn no_token(stage: &Stage) -> Result<()> {
    let lab = Lab::new(stage, Cloud { trusts_tokens: false, ..Cloud::default() }, ARM)?;
    let checked = lab.check()?;
    checked.require("open", 0)?;
    require_fields(checked.cloud(), &[("subscription", Value::Null), ("region", json!("westeurope"))])?;
    let asked = lab.azure.asked();
    let refused = asked.iter().filter(|it| it.question == Some(Question::Subscription));
    let (tokens, refused) = (lab.azure.times_asked(Question::Token), refused.count());
    ensure!(refused >= 2, "it was not tried again with another token: {asked:#?}");
    ensure!(tokens <= MOST_TOKENS, "{tokens} tokens were asked for");
    Ok(())
}

fn odd_token(stage: &Stage) -> Result<()> {
    for mood in [Mood::Controls, Mood::Mistyped, Mood::Malformed, Mood::Redirect] {
        let lab = Lab::new(stage, Cloud::default(), ARM)?;
        lab.azure.meets(Question::Token, mood);
        let checked = lab.check()?;
        checked.require("open", 0)?;
        require_fields(checked.cloud(), &[("subscription", Value::Null)])?;
        ensure!(lab.azure.times_asked(Question::Token) > 0, "no token was asked for");
        let asked = lab.azure.asked();
        ensure!(asked.iter().all(|it| it.service == Service::Imds), "{mood:?}: {asked:#?}");
    }
    Ok(())
}
