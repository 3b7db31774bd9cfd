//! What is known of the subscription that a machine is in, on the metric and on the events about it.

use sortie_core::drift::Told;
use sortie_core::knowledge::Subscription;

use super::{Attribute, Holds, Presence};

/// `sortie.subscription.type`
pub const SUBSCRIPTION_TYPE: Attribute = Attribute {
    key: "sortie.subscription.type",
    holds: Holds::Word(types),
    presence: Presence::Always,
    says: "The type of the subscription, as far as the policy of port 25 tells types apart.",
};
/// `sortie.subscription.type.previous`
pub const SUBSCRIPTION_TYPE_PREVIOUS: Attribute = Attribute {
    key: "sortie.subscription.type.previous",
    holds: Holds::Word(types),
    presence: Presence::Always,
    says: "What it was before.",
};
/// `azure.subscription.quota_id`
pub const QUOTA_ID: Attribute = fact(
    "azure.subscription.quota_id",
    &["EnterpriseAgreement_2014-09-01"],
    "The id of the offer, as Azure tells it.",
);
/// `azure.subscription.quota_id.previous`
pub const QUOTA_ID_PREVIOUS: Attribute =
    fact("azure.subscription.quota_id.previous", &["EnterpriseAgreement_2014-09-01"], "What it was before.");
/// `azure.subscription.offer`
pub const OFFER: Attribute =
    fact("azure.subscription.offer", &["Pay-as-you-go"], "The offers that share the quota id.")
        .only_where("the offers behind the quota id are known");
/// `azure.subscription.spending_limit`
pub const SPENDING_LIMIT: Attribute = fact(
    "azure.subscription.spending_limit",
    &["Off"],
    "One of `On`, `Off` and `CurrentPeriodOff`, as Azure tells it.",
);
/// `azure.subscription.spending_limit.previous`
pub const SPENDING_LIMIT_PREVIOUS: Attribute =
    fact("azure.subscription.spending_limit.previous", &["Off"], "What it was before.");
/// `azure.subscription.state`
pub const SUBSCRIPTION_STATE: Attribute = fact(
    "azure.subscription.state",
    &["Enabled"],
    "One of `Enabled`, `Warned`, `PastDue`, `Disabled` and `Deleted`, as Azure tells it.",
);
/// `azure.subscription.state.previous`
pub const SUBSCRIPTION_STATE_PREVIOUS: Attribute =
    fact("azure.subscription.state.previous", &["Enabled"], "What it was before.");
/// `azure.subscription.agreement_type`
pub const AGREEMENT_TYPE: Attribute = fact(
    "azure.subscription.agreement_type",
    &["EnterpriseAgreement"],
    "What was signed, as Azure tells it.",
);
/// `azure.subscription.agreement_type.previous`
pub const AGREEMENT_TYPE_PREVIOUS: Attribute =
    fact("azure.subscription.agreement_type.previous", &["EnterpriseAgreement"], "What it was before.");
/// `cloud.account.id`, of the subscription that an event is about
pub const ACCOUNT_ID_NOW: Attribute = fact(
    "cloud.account.id",
    &["00000000-0000-0000-0000-000000000002"],
    "The subscription that the machine is in.",
);
/// `cloud.account.id.previous`
pub const ACCOUNT_ID_PREVIOUS: Attribute = fact(
    "cloud.account.id.previous",
    &["00000000-0000-0000-0000-000000000001"],
    "The one that it was in before.",
);

/// What Azure tells of a subscription, before and after.
pub(crate) const WATCHED: [Fact; 5] = [
    (ACCOUNT_ID_NOW, ACCOUNT_ID_PREVIOUS, |told| told.id.as_deref()),
    (AGREEMENT_TYPE, AGREEMENT_TYPE_PREVIOUS, |told| told.agreement_type.as_deref()),
    (QUOTA_ID, QUOTA_ID_PREVIOUS, |told| told.quota_id.as_deref()),
    (SPENDING_LIMIT, SPENDING_LIMIT_PREVIOUS, |told| told.spending_limit.as_deref()),
    (SUBSCRIPTION_STATE, SUBSCRIPTION_STATE_PREVIOUS, |told| told.state.as_deref()),
];

/// The attribute of what is, of what was, and where they are read.
type Fact = (Attribute, Attribute, fn(&Told) -> Option<&str>);

fn types() -> Vec<&'static str> {
    Subscription::ALL.map(Subscription::code).to_vec()
}

const fn fact(key: &'static str, examples: &'static [&'static str], says: &'static str) -> Attribute {
    Attribute { key, holds: Holds::Text(examples), presence: Presence::Where("Azure told it"), says }
}
