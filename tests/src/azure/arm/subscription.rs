//! "Subscriptions - Get" and "Billing Property - Get".

use serde_json::{Value, json};

use super::super::cloud::{Billing, Cloud};

pub(super) const VERSIONS: &[&str] = &["2022-12-01", "2021-01-01", "2020-01-01", "2019-06-01", "2016-06-01"];
pub(super) const BILLING_VERSIONS: &[&str] = &["2024-04-01", "2020-05-01"];

const TENANT: &str = "00000000-0000-0000-0000-00000000000a";

pub(super) fn get(cloud: &Cloud) -> Value {
    let subscription = &cloud.subscription;
    json!({
        "id": cloud.subscription_path(),
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "tags": {},
        "subscriptionId": subscription.id,
        "tenantId": TENANT,
        "displayName": "Mail of Contoso",
        "state": subscription.state,
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": subscription.quota_id,
            "spendingLimit": subscription.spending_limit,
        },
    })
}

pub(super) fn billing_path(cloud: &Cloud) -> String {
    format!("{}/providers/Microsoft.Billing/billingProperty/default", cloud.subscription_path())
}

pub(super) fn billing(cloud: &Cloud) -> Value {
    let properties = cloud.subscription.billing.as_ref().map(|Billing { agreement, account, sku }| {
        json!({
            "subscriptionBillingStatus": "Active",
            "subscriptionBillingType": "Benefit",
            "billingTenantId": TENANT,
            "billingAccountId": "/providers/Microsoft.Billing/billingAccounts/1234567",
            "billingAccountDisplayName": "Contoso",
            "billingAccountAgreementType": agreement,
            "billingAccountType": account,
            "billingAccountSubType": account,
            "billingAccountStatus": "Active",
            "skuId": "0001",
            "skuDescription": sku,
            "isAccountAdmin": false,
        })
    });
    json!({
        "id": billing_path(cloud),
        "name": "default",
        "type": "Microsoft.Billing/billingProperty",
        "properties": properties,
    })
}
