//! What Azure Resource Manager told. What it did not tell is absent, and what failed is a sentence for a log.

use reqwest::StatusCode;

use crate::claim::is_hostile;

use super::refusal::Refusal;

/// A sentence longer than this says no more.
const SENTENCE_MOST: usize = 400;

/// The answers of one round of questions. Every text is printable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// `None` is no answer, and so no change either.
    pub subscription: Option<SubscriptionFacts>,
    /// `allowPort25Out` of the primary network interface. Advisory: no document describes it.
    pub allow_port_25_out: Option<bool>,
    /// Whether the interface was told of, or is withheld: else nobody knows whether its flag is still what it was.
    pub has_interface: bool,
    /// Only where it was asked for.
    pub way_out: Option<WayOut>,
    /// RFC 3339, UTC, whole seconds: when Azure last finished something with the machine.
    pub provisioned_at: Option<String>,
    /// `running`, `deallocated` and others, as the instance view tells.
    pub power_state: Option<String>,
    /// What this reader may not know, and what would change that. Nothing is wrong with it.
    pub withheld: Vec<String>,
    /// What failed, and what to do about it.
    pub trouble: Vec<String>,
}

/// A subscription, verbatim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionFacts {
    /// `MSDNDevTest_2014-09-01`
    pub quota_id: String,
    /// `On`, `Off` or `CurrentPeriodOff`.
    pub spending_limit: Option<String>,
    /// `Enabled`, `Warned`, `PastDue`, `Disabled` or `Deleted`.
    pub state: Option<String>,
    /// Who pays under which agreement. `None` is no answer: what was told before still holds.
    pub billing: Option<Billing>,
}

/// The billing account behind a subscription, verbatim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Billing {
    /// `EnterpriseAgreement`, `MicrosoftCustomerAgreement` and others.
    pub agreement_type: String,
    /// `Enterprise`, `Individual` and others.
    pub account_type: Option<String>,
    /// `Enterprise`, `Individual`, `None` and others.
    pub account_sub_type: Option<String>,
    /// `Microsoft Azure Plan for DevTest`
    pub sku: Option<String>,
}

/// The way of this machine's traffic to the internet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WayOut {
    /// Type of the effective next hop: `Internet`, `VirtualAppliance`, `VirtualNetworkGateway`, `None` and others.
    pub next_hop: Option<String>,
    /// Address of an appliance.
    pub next_hop_address: Option<String>,
    /// What IP flow verify says.
    pub flow: Option<Flow>,
}

/// What the security rules do with a flow; the platform's own block is none of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// Whether every rule lets it pass.
    pub allowed: bool,
    /// `defaultSecurityRules/AllowInternetOutBound`
    pub rule: Option<String>,
}

impl Told {
    /// The answer to a question, or a sentence about why there is none.
    pub(super) fn keep<T>(&mut self, doing: &str, answer: Result<T, Refusal>) -> Option<T> {
        answer.map_err(|refusal| self.failed(&format!("failed to {doing}: {refusal}"))).ok()
    }

    /// The same of a question that a reader may be refused for good reason, by one of these.
    pub(super) fn keep_permitted<T>(
        &mut self,
        doing: &str,
        (withheld, needed): (&[StatusCode], &str),
        answer: Result<T, Refusal>,
    ) -> Option<T> {
        match answer {
            Err(Refusal::Status(status, _)) if withheld.contains(&status) => {
                self.withheld.push(format!("may not {doing}: the identity of this machine lacks {needed}"));
                None
            }
            answer => self.keep(doing, answer),
        }
    }

    pub(super) fn failed(&mut self, sentence: &str) {
        let clean = |c: char| if is_hostile(c) { char::REPLACEMENT_CHARACTER } else { c };
        let sentence: String = sentence.chars().take(SENTENCE_MOST).map(clean).collect();
        if !self.trouble.contains(&sentence) {
            self.trouble.push(sentence);
        }
    }
}
