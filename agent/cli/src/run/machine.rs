//! What is new about the machine when the cloud has told something: its subscription, and what is raised about it.

use std::time::{Duration, SystemTime};

use sortie_core::alert::Turn;
use sortie_core::drift::{Change, Told};
use sortie_core::knowledge;
use sortie_core::report::{Cloud, SOURCE_ARM, Subscription};
use sortie_core::target::Port;

use crate::assemble::{circumstances, told_type};
use crate::config::{Config, Service};
use crate::known::KnownMachine;

/// Resource Manager may be busy for a minute, and not there for longer.
const ANSWER_MOST: Duration = Duration::from_secs(120);

/// What is new about the machine.
#[derive(Debug, Default)]
pub(super) struct News {
    /// Whether anything is, and is to be kept.
    pub(super) is_other: bool,
    /// The subscription is another one.
    pub(super) change: Option<Change>,
    /// What is raised about it from now on, and what is over.
    pub(super) turn: Turn,
}

impl KnownMachine {
    /// Takes what is known of the cloud by now. A subscription of which nothing is told is no other one.
    pub(super) fn learn(&mut self, config: &Config, cloud: Option<Cloud>, now: SystemTime) -> News {
        let now = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let before = self.cloud.clone();
        let mut turn = self.alarm.tick(now);
        let is_other = self.cloud != cloud;
        self.cloud = cloud;
        let next = self.cloud.as_ref().and_then(told).filter(|next| !self.waits_for_type(config, next, now));
        let change = next.and_then(|next| match &mut self.subscription {
            Some(known) => known.turn(next),
            none => {
                *none = Some(next);
                None
            }
        });
        if let Some(change) = &change {
            let expected = |cloud: Option<&Cloud>| circumstances(config, cloud, Port::SMTP).expected;
            let before = before.map(|cloud| as_told(cloud, &change.previous));
            let expected = (expected(before.as_ref()), expected(self.cloud.as_ref()));
            let raised = self.alarm.change(change, expected, now);
            turn = Turn { cleared: turn.cleared.or(raised.cleared), raised: raised.raised };
        }
        let is_other = is_other || change.is_some() || turn != Turn::default();
        News { is_other, change, turn }
    }

    /// Whether another subscription is not told yet, because Resource Manager will soon say of which type it is.
    fn waits_for_type(&mut self, config: &Config, next: &Told, now: Duration) -> bool {
        let is_asked = config.cloud.arm != Service::Off && next.quota_id.is_none();
        let is_move = self.subscription.as_ref().is_some_and(|known| known.is_another(next));
        if !(is_asked && is_move) {
            self.moving = None;
            return false;
        }
        // A clock that is set meanwhile makes nobody wait longer.
        now.abs_diff(*self.moving.get_or_insert(now)) < ANSWER_MOST
    }
}

/// The cloud with the type that was told of it: of a machine that moves it is known no more when the change is.
fn as_told(cloud: Cloud, told: &Told) -> Cloud {
    let subscription = cloud.subscription.or_else(|| Some(Subscription::of(told.kind.code(), SOURCE_ARM)));
    Cloud { subscription, ..cloud }
}

/// What is told of a subscription of Azure; the metadata service knows its id alone.
fn told(cloud: &Cloud) -> Option<Told> {
    let id = cloud.subscription_id.clone();
    let said = cloud.subscription.as_ref();
    let fact = |read: fn(&Subscription) -> Option<&String>| said.and_then(read).cloned();
    (id.is_some() || said.is_some()).then(|| Told {
        id,
        quota_id: fact(|said| said.quota_id.as_ref()),
        agreement_type: fact(|said| said.agreement_type.as_ref()),
        spending_limit: fact(|said| said.spending_limit.as_ref()),
        state: fact(|said| said.state.as_ref()),
        kind: told_type(cloud).unwrap_or(knowledge::Subscription::Unknown),
    })
}

#[cfg(test)]
mod tests {
    use sortie_core::alert::{Cause, Severity};

    use super::*;
    use crate::config::{Cloud as Settings, defaults};

    const ID: &str = "00000000-0000-0000-0000-000000000001";

    /// A machine in this subscription; its type is told where Resource Manager is asked.
    fn cloud(id: &str, told: Option<(&'static str, &str)>) -> Cloud {
        Cloud {
            provider: "azure".to_owned(),
            platform: "azure.vm".to_owned(),
            subscription_id: Some(id.to_owned()),
            subscription: told.map(|(kind, quota_id)| Subscription {
                quota_id: Some(quota_id.to_owned()),
                ..Subscription::of(kind, SOURCE_ARM)
            }),
            ..Cloud::default()
        }
    }

    fn learned(machine: &mut KnownMachine, cloud: Option<Cloud>, at: u64) -> News {
        machine.learn(&defaults(), cloud, SystemTime::UNIX_EPOCH + Duration::from_secs(at))
    }

    #[test]
    fn another_type_is_told_once_and_again_by_no_other_life() {
        let enterprise = || Some(cloud(ID, Some(("ea", "EnterpriseAgreement_2014-09-01"))));
        let online = || Some(cloud(ID, Some(("other", "PayAsYouGo_2014-09-01"))));
        let mut machine = KnownMachine::default();
        let first = learned(&mut machine, enterprise(), 0);
        assert!(first.is_other && first.change.is_none() && first.turn == Turn::default(), "{first:?}");
        let changed = learned(&mut machine, online(), 60);
        let raised = changed.turn.raised.expect("it is raised");
        assert_eq!((raised.cause, raised.severity), (Cause::SubscriptionTypeChanged, Severity::Critical));
        assert!(changed.change.is_some());
        let text = serde_json::to_string(&machine).expect("plain data");
        let mut next: KnownMachine = serde_json::from_str(&text).expect("its own");
        let again = learned(&mut next, online(), 120);
        assert!(!again.is_other && again.change.is_none() && again.turn == Turn::default(), "{again:?}");
        let over = learned(&mut next, online(), 60 + 24 * 3_600);
        assert_eq!((over.turn.cleared, over.is_other), (Some(raised), true));
    }

    #[test]
    fn a_machine_that_moves_is_noticed_by_its_metadata_alone() {
        let mut machine = KnownMachine::default();
        learned(&mut machine, Some(cloud(ID, None)), 0);
        let moved = learned(&mut machine, Some(cloud("00000000-0000-0000-0000-000000000002", None)), 60);
        assert!(moved.change.is_some_and(|change| change.is_move()));
    }

    #[test]
    fn a_move_waits_for_the_type_of_the_other_subscription_and_not_for_ever() {
        const OTHER: &str = "00000000-0000-0000-0000-000000000002";
        let asking = Config { cloud: Settings { arm: Service::Auto, ..Settings::default() }, ..defaults() };
        let moved = |type_is_told| {
            let mut machine = KnownMachine::default();
            let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            machine.learn(&asking, Some(cloud(ID, Some(("ea", "EnterpriseAgreement_2014-09-01")))), at(0));
            assert!(machine.learn(&asking, Some(cloud(OTHER, None)), at(60)).change.is_none());
            let told = Some(("other", "PayAsYouGo_2014-09-01")).filter(|_| type_is_told);
            let soon = machine.learn(&asking, Some(cloud(OTHER, told)), at(90));
            let news =
                if type_is_told { soon } else { machine.learn(&asking, Some(cloud(OTHER, None)), at(180)) };
            let change = news.change.expect("it has moved");
            (change.current.quota_id, news.turn.raised.map(|alert| alert.severity))
        };
        let quota_id = Some("PayAsYouGo_2014-09-01".to_owned());
        assert_eq!(
            moved(true),
            (quota_id, Some(Severity::Critical)),
            "mail that may leave is about to be stopped"
        );
        assert_eq!(moved(false), (None, Some(Severity::Warning)));
    }

    #[test]
    fn a_cloud_that_falls_silent_changes_nothing() {
        let enterprise = cloud(ID, Some(("ea", "EnterpriseAgreement_2014-09-01")));
        let mut machine = KnownMachine::default();
        learned(&mut machine, Some(enterprise.clone()), 0);
        for less in [None, Some(cloud(ID, None)), Some(enterprise)] {
            assert!(learned(&mut machine, less, 60).change.is_none());
        }
    }
}
