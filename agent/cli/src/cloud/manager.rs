//! Azure Resource Manager: whether it may be asked, about what, and what of its answer goes where.

use sortie_cloud::arm::{Arm, ArmError, ArmService, Billing, Scope, Told};
use sortie_cloud::{Place, Whom};
use sortie_core::report::{Cloud, Flow, SOURCE_ARM, Subscription, WayOut};
use sortie_core::subscription::{self, classify};
use tokio::sync::watch;

use crate::config::{Config, Service};

/// It, asked about one machine.
#[derive(Debug)]
pub(crate) struct Manager(Arm);

impl Manager {
    /// `None` where it must not be asked.
    pub(crate) fn of(config: &Config, imds: &Whom, place: &Place) -> Option<Result<Self, ArmError>> {
        let service = match &config.cloud.arm {
            Service::Off => return None,
            Service::Auto => ArmService::Known,
            Service::At(url) => ArmService::At(url.clone()),
        };
        Some(Arm::new(&service, imds, place).map(Self))
    }

    /// Asks, and adds the answer to what is known.
    pub(crate) async fn ask(&self, scope: Scope, cloud: &mut Option<Cloud>) -> Told {
        let told = self.0.ask(scope).await;
        if let Some(cloud) = cloud {
            add(cloud, &told, scope);
        }
        told
    }

    /// The same for whoever may not wait for the whole: each part is added to what is known when it arrives.
    pub(crate) async fn ask_telling(&self, scope: Scope, known: &watch::Sender<Option<Cloud>>) -> Told {
        let put = |told: &Told| {
            known.send_modify(|cloud| {
                if let Some(cloud) = cloud {
                    add(cloud, told, scope);
                }
            });
        };
        self.0.ask_telling(scope, put).await
    }
}

/// A question that got no answer takes nothing back, nor do they all where none may be answered any more.
fn add(cloud: &mut Cloud, told: &Told, scope: Scope) {
    let is_silent =
        told.subscription.is_none() && told.provisioned_at.is_none() && told.power_state.is_none();
    if is_silent && told.allow_port_25_out.is_none() {
        return;
    }
    if let Some(facts) = &told.subscription {
        let billing = facts.billing.as_ref();
        let fact = |read: fn(&Billing) -> Option<&String>| billing.and_then(read).map(String::as_str);
        let kind = classify(&subscription::Told {
            quota_id: Some(&facts.quota_id),
            agreement: billing.map(|billing| billing.agreement_type.as_str()),
            account: fact(|billing| billing.account_type.as_ref()),
            sku: fact(|billing| billing.sku.as_ref()),
        });
        cloud.subscription = Some(Subscription {
            kind: kind.code(),
            quota_id: Some(facts.quota_id.clone()),
            agreement_type: billing.map(|billing| billing.agreement_type.clone()),
            spending_limit: facts.spending_limit.clone(),
            state: facts.state.clone(),
            source: SOURCE_ARM,
        });
    }
    if told.provisioned_at.is_some() {
        cloud.provisioned_at.clone_from(&told.provisioned_at);
    }
    if !told.has_interface {
        return;
    }
    cloud.allow_port_25_out = told.allow_port_25_out;
    if scope != Scope::Standing {
        cloud.way_out = told.way_out.as_ref().map(|way| WayOut {
            next_hop: way.next_hop.clone(),
            next_hop_address: way.next_hop_address.clone(),
            flow: way.flow.as_ref().map(|flow| Flow { allowed: flow.allowed, rule: flow.rule.clone() }),
        });
    }
}

#[cfg(test)]
mod tests {
    use sortie_cloud::arm::{self, SubscriptionFacts};

    use super::*;

    fn facts(quota_id: &str, agreement: Option<&str>) -> SubscriptionFacts {
        SubscriptionFacts {
            quota_id: quota_id.to_owned(),
            spending_limit: Some("Off".to_owned()),
            state: Some("Enabled".to_owned()),
            billing: agreement.map(|agreement| Billing {
                agreement_type: agreement.to_owned(),
                account_type: None,
                account_sub_type: None,
                sku: None,
            }),
        }
    }

    fn whole() -> Told {
        let flow = Some(arm::Flow { allowed: false, rule: Some("DenySmtp".to_owned()) });
        Told {
            subscription: Some(facts("EnterpriseAgreement_2014-09-01", Some("EnterpriseAgreement"))),
            allow_port_25_out: Some(false),
            has_interface: true,
            way_out: Some(arm::WayOut {
                next_hop: Some("Internet".to_owned()),
                next_hop_address: None,
                flow,
            }),
            provisioned_at: Some("2026-11-26T12:00:00Z".to_owned()),
            ..Told::default()
        }
    }

    #[test]
    fn an_answer_is_in_the_report_as_it_was_told() {
        let mut cloud = Cloud::default();
        add(&mut cloud, &whole(), Scope::WayOut(None));
        let subscription = cloud.subscription.as_ref().expect("it was told");
        assert_eq!((subscription.kind, subscription.source), ("ea", SOURCE_ARM));
        assert_eq!(subscription.agreement_type.as_deref(), Some("EnterpriseAgreement"));
        assert_eq!(cloud.allow_port_25_out, Some(false));
        let way = cloud.way_out.as_ref().expect("it was told");
        assert_eq!(way.flow.as_ref().and_then(|flow| flow.rule.as_deref()), Some("DenySmtp"));
        assert_eq!(cloud.detour(), None);
    }

    #[test]
    fn silence_takes_nothing_back_and_a_narrow_question_leaves_the_way_out() {
        let mut cloud = Cloud::default();
        add(&mut cloud, &whole(), Scope::WayOut(None));
        let before = cloud.clone();
        add(&mut cloud, &Told::default(), Scope::WayOut(None));
        assert_eq!(cloud, before);
        let other_parts = Told { has_interface: false, way_out: None, allow_port_25_out: None, ..whole() };
        add(&mut cloud, &other_parts, Scope::WayOut(None));
        assert_eq!(cloud, before, "the interface could not be read this once");
        add(&mut cloud, &Told { provisioned_at: None, ..whole() }, Scope::WayOut(None));
        assert_eq!(cloud, before, "nor could the instance view");
        add(&mut cloud, &Told { way_out: None, ..whole() }, Scope::Standing);
        assert_eq!(cloud, before);
        add(&mut cloud, &Told { way_out: None, allow_port_25_out: None, ..whole() }, Scope::WayOut(None));
        assert_eq!((cloud.way_out, cloud.allow_port_25_out), (None, None), "it is withheld now");
    }
}
