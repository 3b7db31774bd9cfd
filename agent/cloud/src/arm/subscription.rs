//! "Subscriptions - Get", 2022-12-01: what was bought, as far as a quota tells. Its name and its tags are not kept.

use serde_json::Value;

use crate::claim::{field, word};

use super::client::Client;
use super::read::{object, optional};
use super::refusal::Refusal;
use super::told::SubscriptionFacts;

const API_VERSION: &str = "2022-12-01";

pub(super) async fn ask(client: &Client, subscription: &str) -> Result<SubscriptionFacts, Refusal> {
    let answer = client.get(&format!("/subscriptions/{subscription}"), API_VERSION).await?;
    read(&answer, subscription)
}

/// What an answer says of this subscription.
pub(super) fn read(answer: &Value, subscription: &str) -> Result<SubscriptionFacts, Refusal> {
    if !field(answer, "subscriptionId").eq_ignore_ascii_case(subscription) {
        return Err(Refusal::Foreign);
    }
    let policies = object(answer, "subscriptionPolicies")?;
    Ok(SubscriptionFacts {
        quota_id: optional(policies, "quotaId", word)?.ok_or(Refusal::Malformed("quotaId"))?,
        spending_limit: optional(policies, "spendingLimit", word)?,
        state: optional(answer, "state", word)?,
        billing: None,
    })
}
