//! "Billing Property - Get", 2024-04-01: the agreement behind a subscription. Many readers are not told it, and for some
//! agreements there is nothing to tell.

use serde_json::Value;

use crate::claim::{phrase, word};

use super::client::Client;
use super::read::{object, optional};
use super::refusal::Refusal;
use super::told::Billing;

const API_VERSION: &str = "2024-04-01";

pub(super) async fn ask(client: &Client, subscription: &str) -> Result<Option<Billing>, Refusal> {
    let path = format!("/subscriptions/{subscription}/providers/Microsoft.Billing/billingProperty/default");
    read(&client.get(&path, API_VERSION).await?)
}

/// What an answer says; `None` where it leaves out the agreement, without which the rest says nothing.
pub(super) fn read(answer: &Value) -> Result<Option<Billing>, Refusal> {
    let properties = object(answer, "properties")?;
    let account_type = optional(properties, "billingAccountType", word)?;
    let account_sub_type = optional(properties, "billingAccountSubType", word)?;
    let sku = optional(properties, "skuDescription", phrase)?;
    let agreement_type = optional(properties, "billingAccountAgreementType", word)?;
    Ok(agreement_type.map(|agreement_type| Billing { agreement_type, account_type, account_sub_type, sku }))
}
