//! The type of a subscription, from what Azure says of it. Never "open" from a quotaId alone: three agreements share that
//! of the Enterprise Agreement.
//!
//! ```text
//!   quotaId ─▶ the types that it leaves possible (`data/knowledge/azure.toml`)
//!   agreement, kind of account, SKU ─▶ which of those it is
//! ```

use crate::knowledge::{self, Subscription};

/// What Azure says of a subscription, verbatim. Billing facts are withheld from many readers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told<'a> {
    /// `subscriptionPolicies.quotaId` of the subscription ("Subscriptions - Get", 2022-12-01).
    pub quota_id: Option<&'a str>,
    /// `billingAccountAgreementType` of its billing property ("Billing Property - Get", 2024-04-01).
    pub agreement: Option<&'a str>,
    /// `billingAccountType` of the same: `Enterprise`, `Individual` and others.
    pub account: Option<&'a str>,
    /// `skuDescription` of the same.
    pub sku: Option<&'a str>,
}

/// Its type, as far as the policy of port 25 tells types apart.
pub fn classify(told: &Told<'_>) -> Subscription {
    use Subscription::{Ea, EaDevtest, McaE, Other, Unknown};
    let Some(offer) = told.quota_id.and_then(|id| knowledge::azure().offer(id)) else { return Unknown };
    let candidates = offer.subscriptions;
    // An id that leaves no choice is not overruled; Microsoft's own subscriptions are in no cell of the policy.
    if let [only] = candidates {
        return *only;
    }
    let is_devtest = told.sku.is_some_and(is_for_devtest) || !candidates.contains(&Ea);
    let of_enterprise = |standard| if is_devtest { EaDevtest } else { standard };
    match (told.agreement.map(Agreement::of), told.account) {
        (Some(Agreement::Enterprise), _) => of_enterprise(Ea),
        // The agreement of an enterprise, not the one that an individual signs online.
        (Some(Agreement::Customer), Some(account)) if account.eq_ignore_ascii_case("Enterprise") => {
            of_enterprise(McaE)
        }
        (Some(Agreement::Customer), Some(account)) if account.eq_ignore_ascii_case("Individual") => Other,
        (Some(Agreement::Other), _) => Other,
        // Blocked whichever it is, and of them only the enterprise's has something to try.
        (None, _) if candidates.contains(&EaDevtest) => EaDevtest,
        _ => Unknown,
    }
}

/// What was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Agreement {
    Enterprise,
    Customer,
    /// With a partner, or online for pay-as-you-go.
    Other,
    /// A word that Azure did not have when this was written.
    Foreign,
}

impl Agreement {
    /// The words of `AgreementType` ("Billing Accounts - Get", 2024-04-01).
    fn of(word: &str) -> Self {
        match word.to_ascii_lowercase().as_str() {
            "enterpriseagreement" => Self::Enterprise,
            "microsoftcustomeragreement" => Self::Customer,
            "microsoftpartneragreement" | "microsoftonlineservicesprogram" => Self::Other,
            _ => Self::Foreign,
        }
    }
}

/// "Microsoft Azure Plan for DevTest", "Dev/Test".
fn is_for_devtest(sku: &str) -> bool {
    let letters: String = sku.chars().filter(char::is_ascii_alphanumeric).collect();
    letters.to_ascii_lowercase().contains("devtest")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_id_leaves_possible_what_the_agreement_decides() {
        use Subscription::{Ea, EaDevtest, McaE, Other, Unknown};
        const EA: &str = "EnterpriseAgreement_2014-09-01";
        const DEVTEST: &str = "MSDNDevTest_2014-09-01";
        const BY_EA: &str = "EnterpriseAgreement";
        const BY_MCA: &str = "MicrosoftCustomerAgreement";
        const ONLINE: &str = "MicrosoftOnlineServicesProgram";
        for (quota_id, agreement, account, sku, expected) in [
            (EA, "", "", "", Unknown),
            (EA, BY_EA, "", "", Ea),
            ("enterpriseagreement_2031-01-01", "enterpriseagreement", "", "", Ea),
            (EA, BY_EA, "", "Microsoft Azure Enterprise Dev/Test", EaDevtest),
            (EA, BY_MCA, "Enterprise", "Microsoft Azure Plan", McaE),
            (EA, BY_MCA, "Enterprise", "Microsoft Azure Plan for DevTest", EaDevtest),
            (EA, BY_MCA, "Individual", "Microsoft Azure Plan", Other),
            (EA, BY_MCA, "", "", Unknown),
            (EA, BY_MCA, "Business", "", Unknown),
            (EA, "MicrosoftPartnerAgreement", "Enterprise", "", Other),
            (EA, ONLINE, "", "", Other),
            (EA, "AgreementOfTheFuture", "Enterprise", "", Unknown),
            (EA, "", "", "Microsoft Azure Plan for DevTest", Unknown),
            (DEVTEST, "", "", "", EaDevtest),
            (DEVTEST, BY_EA, "", "", EaDevtest),
            (DEVTEST, BY_MCA, "Enterprise", "", EaDevtest),
            (DEVTEST, BY_MCA, "Individual", "", Other),
            (DEVTEST, ONLINE, "", "", Other),
            ("PayAsYouGo_2014-09-01", "", "", "", Other),
            ("PayAsYouGo_2014-09-01", BY_EA, "", "", Other),
            ("CSP_2015-05-01", "MicrosoftPartnerAgreement", "", "", Other),
            ("Internal_2014-09-01", "", "", "", Unknown),
            ("Internal_2014-09-01", BY_EA, "", "", Unknown),
            ("QuotaOfTheFuture_2031-01-01", BY_EA, "", "", Unknown),
            ("", BY_EA, "", "", Unknown),
        ] {
            let given = |text: &'static str| Some(text).filter(|text| !text.is_empty());
            let told = Told {
                quota_id: given(quota_id),
                agreement: given(agreement),
                account: given(account),
                sku: given(sku),
            };
            assert_eq!(classify(&told), expected, "{told:?}");
        }
    }
}
