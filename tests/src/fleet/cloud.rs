//! What a machine knows of its cloud: where it stands from the first moment, the rest when it asks.

use sortie_core::alert::TypeAlarm;
use sortie_core::circumstances::Circumstances;
use sortie_core::drift::{Change, Told};
use sortie_core::expect::Expectation;
use sortie_core::knowledge::Subscription;
use sortie_core::policy;
use sortie_core::report::{self, Cloud};
use sortie_core::target::Port;

use std::time::Duration;

use super::population::{SIZE, Vm};
use super::script::Script;

/// Of one machine.
#[derive(Debug)]
pub(super) struct CloudFacts {
    cloud: Cloud,
    /// As the configuration names it; what Azure tells counts where it does not.
    configured: Option<Subscription>,
    /// Whether it asks for the type of the subscription, and for the flag of its interface.
    is_watcher: bool,
    asks_for_flag: bool,
    told: Option<Told>,
    pub(super) alarm: TypeAlarm,
}

impl CloudFacts {
    pub(super) fn new(script: &Script, vm: &Vm) -> Self {
        let subscription = &script.scenario.subscription[vm.subscription];
        let is_watcher = subscription.watcher && vm.within == 0;
        let account = script.population.subscriptions[vm.subscription].clone();
        let cloud = Cloud {
            provider: "azure".to_owned(),
            platform: "azure.vm".to_owned(),
            resource_id: Some(vm.resource_id.clone()),
            vm_id: Some(vm.host_id.clone()),
            region: Some(vm.region.clone()),
            size: Some(SIZE.to_owned()),
            account_id: Some(account.clone()),
            subscription_id: Some(account),
            environment: Some("AzurePublicCloud".to_owned()),
            ..Cloud::default()
        };
        Self {
            cloud,
            configured: (!is_watcher).then_some(subscription.expect.unwrap_or(subscription.kind)),
            is_watcher,
            asks_for_flag: subscription.allow_port_25_out.is_some(),
            told: None,
            alarm: TypeAlarm::default(),
        }
    }

    /// Whether Azure Resource Manager is asked at all.
    pub(super) fn is_asked(&self) -> bool {
        self.is_watcher || self.asks_for_flag
    }

    /// Asks, and says what is another than before.
    pub(super) fn poll(&mut self, script: &Script, vm: &Vm, at: Duration) -> Option<Change> {
        if self.asks_for_flag {
            self.cloud.allow_port_25_out = script.allows_port_25(vm, at);
        }
        if !self.is_watcher {
            return None;
        }
        let next = told(script.kind(vm, at), self.cloud.subscription_id.clone());
        self.cloud.subscription = Some(report::Subscription {
            quota_id: next.quota_id.clone(),
            agreement_type: next.agreement_type.clone(),
            spending_limit: next.spending_limit.clone(),
            state: next.state.clone(),
            ..report::Subscription::of(next.kind.code(), report::SOURCE_ARM)
        });
        if let Some(known) = &mut self.told {
            return known.turn(next);
        }
        self.told = Some(next);
        None
    }

    /// What Resource Manager told of the subscription.
    pub(super) fn told(&self) -> Option<&Told> {
        self.told.as_ref()
    }

    pub(super) fn expected(&self, port: Port) -> Expectation {
        if port == Port::SMTP {
            policy::port_25(Some(&self.cloud), self.subscription())
        } else {
            // Azure restricts submission for nobody.
            Expectation::Open
        }
    }

    pub(super) fn circumstances(&self, port: Port) -> Circumstances<'_> {
        Circumstances {
            expected: self.expected(port),
            subscription: self.subscription(),
            cloud: Some(&self.cloud),
        }
    }

    /// Whether what is expected of port 25 follows from what Azure tells.
    pub(super) fn is_told_what_to_expect(&self) -> bool {
        self.configured.is_none()
    }

    fn subscription(&self) -> Option<Subscription> {
        self.configured.or_else(|| self.told.as_ref().map(|told| told.kind))
    }
}

/// A subscription of a type, as Azure would tell it.
fn told(kind: Subscription, id: Option<String>) -> Told {
    let (quota_id, agreement_type) = match kind {
        Subscription::Ea => ("EnterpriseAgreement_2014-09-01", Some("EnterpriseAgreement")),
        Subscription::McaE => ("EnterpriseAgreement_2014-09-01", Some("MicrosoftCustomerAgreement")),
        Subscription::EaDevtest => ("MSDNDevTest_2014-09-01", Some("EnterpriseAgreement")),
        Subscription::Other => ("PayAsYouGo_2014-09-01", Some("MicrosoftOnlineServicesProgram")),
        Subscription::Unknown => ("EnterpriseAgreement_2014-09-01", None),
    };
    Told {
        id,
        quota_id: Some(quota_id.to_owned()),
        agreement_type: agreement_type.map(str::to_owned),
        spending_limit: Some("Off".to_owned()),
        state: Some("Enabled".to_owned()),
        kind,
    }
}
