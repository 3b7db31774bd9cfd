//! What changed about a subscription between two answers, and what did not: an answer that is missing, or that tells less
//! than the one before, changes nothing.

use serde::{Deserialize, Serialize};

use crate::knowledge::Subscription;

/// A subscription as it was last told: by Resource Manager, or by the metadata service, which knows the id alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Of the subscription that the machine is in.
    pub id: Option<String>,
    /// `MSDNDevTest_2014-09-01`
    pub quota_id: Option<String>,
    /// `EnterpriseAgreement`
    pub agreement_type: Option<String>,
    /// `On`, `Off` or `CurrentPeriodOff`.
    pub spending_limit: Option<String>,
    /// `Enabled`, `Warned`, `PastDue`, `Disabled` or `Deleted`.
    pub state: Option<String>,
    /// What follows from them.
    #[serde(rename = "type")]
    pub kind: Subscription,
}

/// A change: the whole subscription before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// As it was.
    pub previous: Told,
    /// As it is.
    pub current: Told,
}

impl Told {
    /// Whether the next answer is about another subscription.
    pub fn is_another(&self, next: &Self) -> bool {
        differs(self.id.as_ref(), next.id.as_ref())
    }

    /// Takes the next answer, and tells what changed.
    pub fn turn(&mut self, mut next: Self) -> Option<Change> {
        let has_moved = self.is_another(&next);
        if !has_moved {
            keep(self.id.as_ref(), &mut next.id);
            self.lend(&mut next);
        }
        let is_other = has_moved
            || differs(self.quota_id.as_ref(), next.quota_id.as_ref())
            || differs(self.agreement_type.as_ref(), next.agreement_type.as_ref())
            || differs(self.spending_limit.as_ref(), next.spending_limit.as_ref())
            || differs(self.state.as_ref(), next.state.as_ref());
        let previous = std::mem::replace(self, next);
        is_other.then(|| Change { previous, current: self.clone() })
    }

    /// What the next answer about the same subscription withholds is as it was.
    fn lend(&self, next: &mut Self) {
        let is_same_offer = !differs(self.quota_id.as_ref(), next.quota_id.as_ref());
        let withholds_type =
            next.quota_id.is_none() || (next.agreement_type.is_none() && self.agreement_type.is_some());
        if is_same_offer && withholds_type {
            next.kind = self.kind;
        }
        if is_same_offer {
            keep(self.quota_id.as_ref(), &mut next.quota_id);
            keep(self.agreement_type.as_ref(), &mut next.agreement_type);
        }
        keep(self.spending_limit.as_ref(), &mut next.spending_limit);
        keep(self.state.as_ref(), &mut next.state);
    }
}

impl Change {
    /// Whether the machine is in another subscription, which need not differ in anything else.
    pub fn is_move(&self) -> bool {
        self.previous.is_another(&self.current)
    }

    /// What changed, from what to what, in words.
    pub fn spoken(&self) -> String {
        let of = |told: &Told| {
            let mut parts = vec![format!("type {}", told.kind.code())];
            let named = [("quotaId", &told.quota_id), ("agreement", &told.agreement_type)];
            let others = [("spending limit", &told.spending_limit), ("state", &told.state)];
            let facts = named.into_iter().chain(others);
            parts.extend(facts.filter_map(|(name, fact)| fact.as_ref().map(|fact| format!("{name} {fact}"))));
            parts.join(", ")
        };
        let what = if self.is_move() {
            "This machine is in another subscription"
        } else {
            "The subscription of this machine has changed"
        };
        format!("{what}: from {} to {}.", of(&self.previous), of(&self.current))
    }
}

/// Both are known, and they are not the same, whatever their letters.
fn differs(before: Option<&String>, after: Option<&String>) -> bool {
    before.zip(after).is_some_and(|(before, after)| !before.eq_ignore_ascii_case(after))
}

fn keep(before: Option<&String>, next: &mut Option<String>) {
    if next.is_none() {
        *next = before.cloned();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "00000000-0000-0000-0000-000000000001";

    fn enterprise() -> Told {
        Told {
            id: Some(ID.to_owned()),
            quota_id: Some("EnterpriseAgreement_2014-09-01".to_owned()),
            agreement_type: Some("EnterpriseAgreement".to_owned()),
            spending_limit: Some("Off".to_owned()),
            state: Some("Enabled".to_owned()),
            kind: Subscription::Ea,
        }
    }

    fn nothing() -> Told {
        Told {
            id: None,
            quota_id: None,
            agreement_type: None,
            spending_limit: None,
            state: None,
            kind: Subscription::Unknown,
        }
    }

    #[test]
    fn every_fact_of_a_subscription_is_watched_and_told_once() {
        let some = |text: &str| Some(text.to_owned());
        for (next, has_moved) in [
            (
                Told {
                    quota_id: some("PayAsYouGo_2014-09-01"),
                    agreement_type: None,
                    kind: Subscription::Other,
                    ..enterprise()
                },
                false,
            ),
            (
                Told {
                    agreement_type: some("MicrosoftOnlineServicesProgram"),
                    kind: Subscription::Other,
                    ..enterprise()
                },
                false,
            ),
            (Told { spending_limit: some("On"), ..enterprise() }, false),
            (Told { state: some("Warned"), ..enterprise() }, false),
            (Told { id: some("00000000-0000-0000-0000-000000000002"), ..enterprise() }, true),
        ] {
            let mut known = enterprise();
            let change = known.turn(next.clone()).expect("it is another");
            assert_eq!((&change.previous, &change.current), (&enterprise(), &next));
            assert_eq!(change.is_move(), has_moved);
            assert_eq!(known.turn(next), None, "once");
        }
    }

    #[test]
    fn what_is_not_told_any_more_is_as_it_was() {
        let id_alone = Told { id: Some(ID.to_owned()), ..nothing() };
        let billing_withheld = Told { agreement_type: None, kind: Subscription::Unknown, ..enterprise() };
        let other_letters =
            Told { quota_id: Some("ENTERPRISEAGREEMENT_2014-09-01".to_owned()), ..enterprise() };
        for less in [nothing(), id_alone, billing_withheld] {
            let mut known = enterprise();
            assert_eq!(known.turn(less), None);
            assert_eq!(known, enterprise());
        }
        assert_eq!(enterprise().turn(other_letters), None);
    }

    #[test]
    fn what_is_learned_for_the_first_time_is_no_change() {
        let mut known = Told { id: Some(ID.to_owned()), ..nothing() };
        assert_eq!(known.turn(enterprise()), None);
        assert_eq!(known, enterprise());
    }

    #[test]
    fn nothing_of_the_former_subscription_is_said_of_another() {
        let mut known = enterprise();
        let moved = Told { id: Some("00000000-0000-0000-0000-000000000002".to_owned()), ..nothing() };
        let change = known.turn(moved.clone()).expect("it has moved");
        assert_eq!((change.current, known), (moved.clone(), moved));
    }

    #[test]
    fn a_new_quota_id_does_not_inherit_the_agreement() {
        let mut known = enterprise();
        let next = Told {
            quota_id: Some("MSDNDevTest_2014-09-01".to_owned()),
            agreement_type: None,
            kind: Subscription::EaDevtest,
            ..enterprise()
        };
        assert!(known.turn(next.clone()).is_some());
        assert_eq!(known, next);
    }

    #[test]
    fn a_change_is_told_in_words() {
        let mut known = enterprise();
        let next = Told {
            quota_id: Some("PayAsYouGo_2014-09-01".to_owned()),
            agreement_type: None,
            kind: Subscription::Other,
            ..enterprise()
        };
        let spoken = known.turn(next).expect("it is another").spoken();
        assert!(spoken.contains("from type ea, quotaId EnterpriseAgreement_2014-09-01"), "{spoken}");
        assert!(
            spoken.contains("to type other, quotaId PayAsYouGo_2014-09-01, spending limit Off"),
            "{spoken}"
        );
    }
}
