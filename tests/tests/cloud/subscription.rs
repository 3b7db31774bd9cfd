//! A subscription that changes while an agent watches, and while nobody does.
//!
//! A life of an agent asks once when it begins and then every minute, so a story that needs many answers takes many lives:
//! they follow each other faster than polls.

use anyhow::{Context as _, Result, ensure};
use e2e::agent::{Daemon, Stage};
use e2e::azure::cloud::Subscription;
use e2e::azure::{Asked, Cloud, Mood, Question, Service};
use e2e::ledger::Event;
use serde_json::Value;

use crate::lab::{ARM, Case, Lab, PATIENCE, in_the_end};

const TYPE_CHANGE: &str = "sortie.subscription.type_change";
const RAISED: &str = "sortie.alert.raised";
const EA: &str = "EnterpriseAgreement_2014-09-01";
const PAYG: &str = "PayAsYouGo_2014-09-01";
const OTHER_ID: &str = "00000000-0000-0000-0000-000000000002";

pub(crate) const CASES: &[Case] = &[
    ("an_enterprise_agreement_that_becomes_pay_as_you_go_is_told_once", changes),
    ("a_change_while_the_agent_was_down_is_told_once_by_the_next_life", changes_unseen),
    ("every_watched_fact_is_told_when_it_changes", facts),
    ("a_poll_that_fails_is_no_change", failures),
    ("billing_that_is_withheld_from_now_on_is_no_change", withheld),
    ("a_token_that_was_revoked_is_replaced_and_nothing_is_told", revoked),
    ("a_machine_that_was_moved_while_the_agent_was_down_is_told_of", moved_unseen),
    ("a_machine_that_is_moved_while_the_agent_runs_is_told_of", moved),
];

/// A life that has read the subscription, and shown it.
fn life<'a>(lab: &'a Lab<'_>, quota_id: &str) -> Result<Daemon<'a>> {
    let mut agent = lab.agent()?;
    agent.until("open")?;
    until_shown(&agent, quota_id)?;
    Ok(agent)
}

fn until_shown(agent: &Daemon<'_>, quota_id: &str) -> Result<()> {
    in_the_end(|| {
        let report: Value = serde_json::from_str(&agent.get("/api/v1/report")?.body)?;
        let shown = &report["cloud"]["subscription"]["quota_id"];
        ensure!(shown == quota_id, "{shown} is shown and not {quota_id}");
        Ok(())
    })
}

/// Ends a life, and waits until it was told everything that it had to say.
fn end(lab: &Lab<'_>, mut agent: Daemon<'_>) -> Result<()> {
    lab.until_exported_again()?;
    agent.process().stop(PATIENCE)?;
    Ok(())
}

fn one(events: &[Event]) -> Result<&Event> {
    ensure!(events.len() == 1, "one event was to be told: {events:#?}");
    events.first().context("there is one")
}

/// Something that somebody does to a subscription.
type Happens = fn(&mut Subscription);

/// Attributes of an event.
type Told<'a> = &'a [(&'a str, &'a str)];

fn require_told(event: &Event, attributes: Told<'_>) -> Result<()> {
    for (key, expected) in attributes {
        let told = event.attributes.get(*key).map(String::as_str);
        ensure!(told == Some(*expected), "{key} is {told:?} and not {expected}: {event:#?}");
    }
    Ok(())
}

const FROM_EA_TO_PAYG: Told<'_> = &[
    ("azure.subscription.quota_id.previous", EA),
    ("azure.subscription.quota_id", PAYG),
    ("sortie.subscription.type.previous", "ea"),
    ("sortie.subscription.type", "other"),
];

fn changes(stage: &Stage) -> Result<()> {
    let lab = Lab::new(stage, Cloud::default(), ARM)?;
    let agent = life(&lab, EA)?;
    ensure!(series(&agent, EA)?, "the metric does not show {EA}");
    lab.azure.change(|cloud| {
        cloud.subscription = Subscription::pay_as_you_go();
        cloud.allow_port_25_out = Some(false);
    });
    until_shown(&agent, PAYG)?;
    // Port 25 is open all the time: nobody had to be blocked for it.
    let events = lab.until_told(TYPE_CHANGE, 1)?;
    require_told(one(&events)?, FROM_EA_TO_PAYG)?;
    in_the_end(|| {
        ensure!(series(&agent, PAYG)? && !series(&agent, EA)?, "the metric does not show {PAYG} alone");
        Ok(())
    })?;
    let alerts = lab.events_named(RAISED)?;
    let alerts: Vec<_> = alerts.iter().filter_map(|it| it.attributes.get("sortie.alert.name")).collect();
    ensure!(alerts.iter().any(|it| *it == "SortieSubscriptionTypeChanged"), "{alerts:?}");
    // The next poll finds what the last one found.
    let polls = lab.azure.times_asked(Question::Subscription);
    lab.azure.wait("another poll", PATIENCE, |asked| times(asked, Question::Subscription) > polls)?;
    end(&lab, agent)?;
    one(&lab.events_named(TYPE_CHANGE)?)?;
    Ok(())
}

/// Whether `/metrics` has the info of a subscription with this quota.
fn series(agent: &Daemon<'_>, quota_id: &str) -> Result<bool> {
    let page = agent.get("/metrics")?.body;
    let label = format!("azure_subscription_quota_id=\"{quota_id}\"");
    let mut lines = page.lines().filter(|line| line.starts_with("sortie_subscription_info{"));
    Ok(lines.any(|line| line.contains(&label) && line.ends_with(" 1")))
}

fn times(asked: &[Asked], question: Question) -> usize {
    asked.iter().filter(|it| it.question == Some(question)).count()
}

fn changes_unseen(stage: &Stage) -> Result<()> {
    let lab = Lab::new(stage, Cloud::default(), ARM)?;
    end(&lab, life(&lab, EA)?)?;
    lab.azure.change(|cloud| cloud.subscription = Subscription::pay_as_you_go());
    for _ in 0..2 {
        let agent = life(&lab, PAYG)?;
        require_told(one(&lab.until_told(TYPE_CHANGE, 1)?)?, FROM_EA_TO_PAYG)?;
        end(&lab, agent)?;
    }
    one(&lab.events_named(TYPE_CHANGE)?)?;
    Ok(())
}

fn facts(stage: &Stage) -> Result<()> {
    let lab = Lab::new(stage, Cloud::default(), ARM)?;
    end(&lab, life(&lab, EA)?)?;
    let changes: [(Happens, Told<'_>); 3] = [
        (
            |it| "CurrentPeriodOff".clone_into(&mut it.spending_limit),
            &[
                ("azure.subscription.spending_limit.previous", "Off"),
                ("azure.subscription.spending_limit", "CurrentPeriodOff"),
            ],
        ),
        (
            |it| "Warned".clone_into(&mut it.state),
            &[("azure.subscription.state.previous", "Enabled"), ("azure.subscription.state", "Warned")],
        ),
        (
            |it| {
                if let Some(billing) = &mut it.billing {
                    "MicrosoftOnlineServicesProgram".clone_into(&mut billing.agreement);
                }
            },
            &[
                ("azure.subscription.agreement_type.previous", "EnterpriseAgreement"),
                ("azure.subscription.agreement_type", "MicrosoftOnlineServicesProgram"),
                ("sortie.subscription.type.previous", "ea"),
                ("sortie.subscription.type", "other"),
            ],
        ),
    ];
    for (number, (change, told)) in changes.into_iter().enumerate() {
        lab.azure.change(|cloud| change(&mut cloud.subscription));
        let agent = life(&lab, EA)?;
        let events = lab.until_told(TYPE_CHANGE, number + 1)?;
        require_told(events.last().context("one was told")?, told)?;
        end(&lab, agent)?;
    }
    let events = lab.events_named(TYPE_CHANGE)?;
    ensure!(events.len() == 3, "three changes: {events:#?}");
    Ok(())
}

fn failures(stage: &Stage) -> Result<()> {
    let lab = Lab::new(stage, Cloud::default(), ARM)?;
    end(&lab, life(&lab, EA)?)?;
    for mood in [
        Mood::Forbidden,
        Mood::Status(404),
        Mood::Status(500),
        Mood::Throttled(600),
        Mood::Malformed,
        Mood::Mistyped,
        Mood::Controls,
        Mood::Huge,
        Mood::Redirect,
    ] {
        for question in [Question::Subscription, Question::Billing] {
            lab.azure.meets(question, mood);
        }
        let polls = lab.azure.times_asked(Question::Subscription);
        let mut agent = lab.agent()?;
        agent.until("open")?;
        lab.azure.wait("a poll", PATIENCE, |asked| times(asked, Question::Subscription) > polls)?;
        end(&lab, agent)?;
        let events = lab.events_named(TYPE_CHANGE)?;
        ensure!(events.is_empty(), "{mood:?} was taken for a change: {events:#?}");
    }
    for question in [Question::Subscription, Question::Billing] {
        lab.azure.meets(question, Mood::Usual);
    }
    end(&lab, life(&lab, EA)?)?;
    let events = lab.events_named(TYPE_CHANGE)?;
    ensure!(events.is_empty(), "an answer after failures was taken for a change: {events:#?}");
    let asked = lab.azure.asked();
    ensure!(asked.iter().all(|it| it.service != Service::Elsewhere), "a stranger was asked: {asked:#?}");
    Ok(())
}

/// The type of the same quota is what it was while billing could be read.
fn withheld(stage: &Stage) -> Result<()> {
    let lab = Lab::new(stage, Cloud::default(), ARM)?;
    end(&lab, life(&lab, EA)?)?;
    lab.azure.change(|cloud| cloud.subscription.billing = None);
    end(&lab, life(&lab, EA)?)?;
    let events = lab.events_named(TYPE_CHANGE)?;
    ensure!(events.is_empty(), "what nobody may read any more was taken for a change: {events:#?}");
    Ok(())
}

fn revoked(stage: &Stage) -> Result<()> {
    let lab = Lab::new(stage, Cloud::default(), ARM)?;
    let agent = life(&lab, EA)?;
    let before = lab.azure.tokens().len();
    lab.azure.revoke_tokens();
    let answers = |asked: &[Asked], status| {
        asked
            .iter()
            .filter(|it| it.question == Some(Question::Subscription) && it.answered == Some(status))
            .count()
    };
    let good = answers(&lab.azure.asked(), 200);
    lab.azure.wait("a poll with a fresh token", PATIENCE, |asked| answers(asked, 200) > good)?;
    ensure!(answers(&lab.azure.asked(), 401) > 0, "the old token was not tried");
    ensure!(lab.azure.tokens().len() > before, "no other token was asked for");
    end(&lab, agent)?;
    let events = lab.events_named(TYPE_CHANGE)?;
    ensure!(events.is_empty(), "{events:#?}");
    Ok(())
}

const MOVED: Told<'_> = &[
    ("cloud.account.id.previous", "00000000-0000-0000-0000-000000000001"),
    ("cloud.account.id", OTHER_ID),
    ("azure.subscription.quota_id", PAYG),
];

fn moved_unseen(stage: &Stage) -> Result<()> {
    let lab = Lab::new(stage, Cloud::default(), ARM)?;
    end(&lab, life(&lab, EA)?)?;
    lab.azure.change(|cloud| cloud.subscription = Subscription::pay_as_you_go().named(OTHER_ID));
    let agent = life(&lab, PAYG)?;
    require_told(one(&lab.until_told(TYPE_CHANGE, 1)?)?, MOVED)?;
    end(&lab, agent)?;
    one(&lab.events_named(TYPE_CHANGE)?)?;
    Ok(())
}

/// The old subscription is not found any more, and the metadata service knows the new one.
fn moved(stage: &Stage) -> Result<()> {
    let lab = Lab::new(stage, Cloud::default(), ARM)?;
    let agent = life(&lab, EA)?;
    lab.azure.change(|cloud| cloud.subscription = Subscription::pay_as_you_go().named(OTHER_ID));
    until_shown(&agent, PAYG)?;
    require_told(one(&lab.until_told(TYPE_CHANGE, 1)?)?, MOVED)?;
    end(&lab, agent)?;
    one(&lab.events_named(TYPE_CHANGE)?)?;
    Ok(())
}
