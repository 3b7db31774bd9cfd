//! What Resource Manager says of the subscription and of the network interface, and what a check expects because of it.

use anyhow::{Result, ensure};
use e2e::agent::Stage;
use e2e::azure::cloud::{Billing, ScaleSet, Subscription};
use e2e::azure::{Cloud, Mood, Question, Service};
use serde_json::{Value, json};

use crate::lab::{ARM, Case, Lab, require_fields};

pub(crate) const CASES: &[Case] = &[
    ("the_type_of_a_subscription_decides_what_is_expected", types),
    ("a_block_where_enterprise_mail_should_leave_is_a_violation", |stage| {
        let cloud = Cloud { allow_port_25_out: Some(true), ..Cloud::default() };
        dropped(stage, cloud, "ea", "open", 2)
    }),
    ("a_block_of_dev_test_is_as_expected", |stage| {
        dropped(stage, devtest(Some(false)), "ea-devtest", "blocked", 0)
    }),
    ("a_block_of_dev_test_that_has_its_exemption_is_a_violation", |stage| {
        dropped(stage, devtest(Some(true)), "ea-devtest", "open", 2)
    }),
    ("a_block_of_a_subscription_that_nobody_can_classify_is_no_violation", |stage| {
        let mut cloud = Cloud { allow_port_25_out: None, ..Cloud::default() };
        cloud.subscription.billing = None;
        dropped(stage, cloud, "unknown", "any", 0)
    }),
    ("a_word_of_the_configuration_beats_what_azure_says", configured),
    ("a_cloud_of_its_own_is_asked_for_its_own_token_and_nothing_is_expected_there", sovereign),
    ("the_flag_of_the_primary_interface_counts", flag),
    ("an_instance_of_a_uniform_scale_set_has_a_flag_too", |stage| {
        let mut cloud = devtest(Some(true));
        cloud.machine.scale_set = ScaleSet::Uniform { name: "mail".to_owned(), instance: 7 };
        let checked = Lab::new(stage, cloud, ARM)?.check()?;
        require_fields(checked.cloud(), &[("allow_port_25_out", json!(true)), ("scale_set", json!("mail"))])
    }),
    ("a_user_assigned_identity_is_asked_for_by_its_client_id", user_assigned),
];

fn devtest(allowed: Option<bool>) -> Cloud {
    Cloud { subscription: Subscription::of_devtest(), allow_port_25_out: allowed, ..Cloud::default() }
}

/// One network, in which everything is open, and one subscription after the other.
fn types(stage: &Stage) -> Result<()> {
    let customer = |account: &str, sku: &str| {
        let (agreement, account, sku) =
            ("MicrosoftCustomerAgreement".to_owned(), account.to_owned(), sku.to_owned());
        let billing = Some(Billing { agreement, account, sku });
        Subscription { billing, ..Subscription::of_enterprise() }
    };
    let withheld = Subscription { billing: None, ..Subscription::of_enterprise() };
    let lab = Lab::new(stage, Cloud { allow_port_25_out: None, ..Cloud::default() }, ARM)?;
    for (subscription, kind, expected, exit) in [
        (Subscription::of_enterprise(), "ea", "open", 0),
        (customer("Enterprise", "Microsoft Azure Plan"), "mca-e", "open", 0),
        (customer("Enterprise", "Microsoft Azure Plan for DevTest"), "ea-devtest", "blocked", 2),
        (customer("Individual", "Microsoft Azure Plan"), "other", "blocked", 2),
        (withheld, "unknown", "any", 0),
        (Subscription::of_devtest(), "ea-devtest", "blocked", 2),
        (Subscription::pay_as_you_go(), "other", "blocked", 2),
    ] {
        lab.azure.change(|cloud| cloud.subscription = subscription.clone());
        let checked = lab.check()?;
        checked.require("open", exit)?;
        let agreement = subscription.billing.as_ref().map(|billing| billing.agreement.as_str());
        require_fields(
            &checked.cloud()["subscription"],
            &[
                ("type", json!(kind)),
                ("quota_id", json!(subscription.quota_id)),
                ("agreement_type", json!(agreement)),
                ("spending_limit", json!("Off")),
                ("state", json!("Enabled")),
                ("source", json!("arm")),
            ],
        )?;
        ensure!(checked.verdict(25)?["expected"] == expected, "{kind}: {:#}", checked.verdict(25)?);
    }
    Ok(())
}

fn dropped(stage: &Stage, cloud: Cloud, kind: &str, expected: &str, exit: i32) -> Result<()> {
    let flag = cloud.allow_port_25_out;
    let lab = Lab::new(stage, cloud, ARM)?;
    lab.drop_port_25()?;
    let checked = lab.check()?;
    checked.require("platform_blocked", exit)?;
    let verdict = checked.verdict(25)?;
    require_fields(verdict, &[("expected", json!(expected)), ("as_expected", json!(exit == 0))])?;
    require_fields(&checked.cloud()["subscription"], &[("type", json!(kind))])?;
    require_fields(checked.cloud(), &[("allow_port_25_out", json!(flag))])
}

fn configured(stage: &Stage) -> Result<()> {
    let with = |config: &str| {
        let lab = Lab::new(stage, devtest(Some(false)), &format!("{ARM}\n{config}"))?;
        lab.check()
    };
    let checked = with("[config.expect]\nport_25 = 'auto'\nsubscription = 'ea'")?;
    checked.require("open", 0)?;
    ensure!(checked.verdict(25)?["expected"] == "open", "{:#}", checked.verdict(25)?);
    require_fields(
        &checked.cloud()["subscription"],
        &[("type", json!("ea")), ("source", json!("config")), ("quota_id", json!("MSDNDevTest_2014-09-01"))],
    )?;
    let checked = with("[config.expect]\nport_25 = 'blocked'\nsubscription = 'ea'")?;
    checked.require("open", 2)?;
    ensure!(checked.verdict(25)?["expected"] == "blocked", "{:#}", checked.verdict(25)?);
    Ok(())
}

fn sovereign(stage: &Stage) -> Result<()> {
    let environment = "AzureUSGovernmentCloud".to_owned();
    let lab = Lab::new(stage, Cloud { environment, allow_port_25_out: None, ..Cloud::default() }, ARM)?;
    let checked = lab.check()?;
    checked.require("open", 0)?;
    require_fields(checked.cloud(), &[("environment", json!("AzureUSGovernmentCloud"))])?;
    require_fields(
        &checked.cloud()["subscription"],
        &[("quota_id", json!("EnterpriseAgreement_2014-09-01"))],
    )?;
    ensure!(checked.verdict(25)?["expected"] == "any", "{:#}", checked.verdict(25)?);
    let asked = lab.azure.asked();
    let of_token = asked.iter().find(|it| it.question == Some(Question::Token));
    ensure!(
        of_token.is_some_and(|it| it.target.contains("management.usgovcloudapi.net")),
        "the token was for somebody else: {of_token:?}"
    );
    Ok(())
}

fn flag(stage: &Stage) -> Result<()> {
    let lab = Lab::new(stage, devtest(None), ARM)?;
    for (allowed, mood, expected) in [
        (Some(true), Mood::Usual, json!(true)),
        (Some(false), Mood::Usual, json!(false)),
        (None, Mood::Usual, Value::Null),
        (Some(true), Mood::Forbidden, Value::Null),
        (Some(true), Mood::Mistyped, Value::Null),
        (Some(true), Mood::Malformed, Value::Null),
        (Some(true), Mood::Redirect, Value::Null),
    ] {
        lab.azure.change(|cloud| cloud.allow_port_25_out = allowed);
        lab.azure.meets(Question::Interface, mood);
        let checked = lab.check()?;
        require_fields(checked.cloud(), &[("allow_port_25_out", expected)])?;
        // Whatever becomes of the interface, the subscription is what it is.
        require_fields(&checked.cloud()["subscription"], &[("type", json!("ea-devtest"))])?;
    }
    let asked = lab.azure.asked();
    ensure!(asked.iter().all(|it| it.service != Service::Elsewhere), "a stranger was asked: {asked:#?}");
    Ok(())
}

fn user_assigned(stage: &Stage) -> Result<()> {
    let [first, second] = ["7f3f2a51-0c52-4b8f-9a3e-2d9f5f0e6c11", "1c1b9f55-64f0-44b1-9a52-0d6f2f0f8a22"];
    let identities = vec![first.to_owned(), second.to_owned()];
    let lab = Lab::new(stage, Cloud { identities, ..Cloud::default() }, ARM)?;
    let checked = lab.check()?;
    require_fields(checked.cloud(), &[("subscription", Value::Null), ("region", json!("westeurope"))])?;
    let checked = lab.check_with(&[("AZURE_CLIENT_ID", second)])?;
    require_fields(&checked.cloud()["subscription"], &[("type", json!("ea"))])
}
