//! What a finding is seen against: the cloud, the subscription, and what is expected there.

use crate::alert::{Grounds, TypeStanding};
use crate::evidence::Evidence;
use crate::exemption::Exemption;
use crate::expect::Expectation;
use crate::knowledge::{self, Subscription};
use crate::policy;
use crate::report::{Cloud, Flow};
use crate::target::Port;
use crate::verdict::{Attribution, Finding, State};

/// Facts beside the packets.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances<'a> {
    /// What is expected of the port.
    pub expected: Expectation,
    /// The type of the subscription, where somebody named it.
    pub subscription: Option<Subscription>,
    /// The cloud, where one is recognised.
    pub cloud: Option<&'a Cloud>,
}

impl Circumstances<'_> {
    /// An expectation, and nothing else is known.
    pub fn expecting(expected: Expectation) -> Self {
        Self { expected, subscription: None, cloud: None }
    }

    /// Whose block it is, where the control plane tells more than the wire. The two are identical there.
    pub fn attribution(&self, port: Port, finding: &Finding) -> Option<Attribution> {
        let told = (self.flow().map(|flow| flow.allowed), self.allows_port_25());
        match (finding.attribution?, told) {
            _ if port != Port::SMTP => finding.attribution,
            // Both at once: neither is the only one.
            (_, (Some(false), Some(false))) => finding.attribution,
            (_, (Some(false), _)) => Some(Attribution::SecurityGroup),
            (_, (Some(true), Some(false))) => Some(Attribution::Platform),
            (attribution, _) => Some(attribution),
        }
    }

    /// What the control plane says, without weight: it is told, not measured.
    pub fn evidence(&self, port: Port, finding: &Finding) -> Vec<Evidence> {
        if port != Port::SMTP || finding.state != State::PlatformBlocked {
            return Vec::new();
        }
        let flag = self.allows_port_25().map(|allows| {
            format!("the network interface has allowPort25Out = {allows}, as Azure tells it without documenting it")
        });
        let flow = self.flow().map(|flow| {
            let verdict = if flow.allowed { "allowed" } else { "denied" };
            let rule = flow.rule.as_ref().map(|rule| format!(" by the rule {rule}")).unwrap_or_default();
            format!(
                "IP flow verify: outbound TCP to port 25 is {verdict}{rule}; it knows security rules only"
            )
        });
        flag.into_iter().chain(flow).map(|text| Evidence::new(0.0, text)).collect()
    }

    /// What the alerts of a port rest on.
    pub fn grounds(&self, port: Port, exemption: Exemption) -> Grounds {
        let is_smtp = port == Port::SMTP;
        Grounds {
            expected: self.expected,
            is_exempted: is_smtp && self.is_exempted(),
            was_exempted: is_smtp && exemption == Exemption::Verified,
            subscription: if is_smtp && self.may_have_changed_type() {
                TypeStanding::Untold
            } else {
                TypeStanding::Settled
            },
        }
    }

    /// Whether the policy has an exemption for this machine, and Azure says that it is granted.
    pub fn is_exempted(&self) -> bool {
        self.is_exemptible() && self.allows_port_25() == Some(true)
    }

    /// Whether the policy has an exemption for this machine.
    pub fn is_exemptible(&self) -> bool {
        policy::is_exemptible(self.cloud, self.subscription)
    }

    /// Whether another type of subscription would explain a block, and nobody can be asked for the type.
    pub fn may_have_changed_type(&self) -> bool {
        let is_azure =
            self.cloud.is_some_and(|cloud| cloud.provider == knowledge::azure().id && cloud.is_host());
        let is_told = self.cloud.is_some_and(|cloud| cloud.subscription.is_some());
        is_azure && !is_told
    }

    /// The rule that denies port 25, where a security rule does.
    pub fn denying_rule(&self) -> Option<&str> {
        let flow = self.flow()?;
        (!flow.allowed).then(|| flow.rule.as_deref().unwrap_or("unnamed"))
    }

    fn allows_port_25(&self) -> Option<bool> {
        self.cloud?.allow_port_25_out
    }

    /// What IP flow verify says of port 25.
    fn flow(&self) -> Option<&Flow> {
        self.cloud?.way_out.as_ref()?.flow.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::WayOut;

    fn azure(flag: Option<bool>, allowed: Option<bool>) -> Cloud {
        let flow = allowed.map(|allowed| Flow { allowed, rule: Some("DenySmtp".to_owned()) });
        Cloud {
            provider: "azure".to_owned(),
            platform: "azure.vm".to_owned(),
            allow_port_25_out: flag,
            way_out: Some(WayOut { flow, ..WayOut::default() }),
            ..Cloud::default()
        }
    }

    fn seen(cloud: &Cloud) -> Circumstances<'_> {
        Circumstances { expected: Expectation::Any, subscription: None, cloud: Some(cloud) }
    }

    fn blocked() -> Finding {
        Finding {
            state: State::PlatformBlocked,
            attribution: Some(Attribution::PlatformOrSecurityGroup),
            ..Finding::unfinished()
        }
    }

    #[test]
    fn the_control_plane_tells_the_platform_from_a_security_group() {
        use Attribution::{Platform, PlatformOrSecurityGroup, SecurityGroup};
        for (flag, allowed, expected) in [
            (None, None, PlatformOrSecurityGroup),
            (Some(false), None, PlatformOrSecurityGroup),
            (None, Some(true), PlatformOrSecurityGroup),
            (Some(true), Some(true), PlatformOrSecurityGroup),
            (Some(false), Some(true), Platform),
            (None, Some(false), SecurityGroup),
            (Some(true), Some(false), SecurityGroup),
            (Some(false), Some(false), PlatformOrSecurityGroup),
        ] {
            let cloud = azure(flag, allowed);
            let said = seen(&cloud).attribution(Port::SMTP, &blocked());
            assert_eq!(said, Some(expected), "{flag:?} {allowed:?}");
            let told = usize::from(flag.is_some()) + usize::from(allowed.is_some());
            let evidence = seen(&cloud).evidence(Port::SMTP, &blocked());
            assert_eq!(evidence.len(), told, "{evidence:?}");
            assert!(evidence.iter().all(|line| line.weight == 0.0), "{evidence:?}");
        }
    }

    #[test]
    fn it_says_nothing_of_other_ports_and_other_states() {
        let cloud = azure(Some(false), Some(false));
        let circumstances = seen(&cloud);
        assert_eq!(
            circumstances.attribution(Port::SUBMISSION, &blocked()),
            Some(Attribution::PlatformOrSecurityGroup)
        );
        assert!(circumstances.evidence(Port::SUBMISSION, &blocked()).is_empty());
        let open = Finding { state: State::Open, attribution: None, ..blocked() };
        assert_eq!(circumstances.attribution(Port::SMTP, &open), None);
        assert!(circumstances.evidence(Port::SMTP, &open).is_empty());
    }

    #[test]
    fn a_change_of_type_is_suspected_on_azure_alone_and_where_nobody_tells_the_type() {
        let told = crate::report::Subscription {
            kind: "ea",
            quota_id: None,
            agreement_type: None,
            spending_limit: None,
            state: None,
            source: crate::report::SOURCE_ARM,
        };
        for (cloud, is_suspect) in [
            (azure(None, None), true),
            (Cloud { subscription: Some(told), ..azure(None, None) }, false),
            (Cloud { platform: "azure.arc".to_owned(), ..azure(None, None) }, false),
            (Cloud { provider: "aws".to_owned(), ..azure(None, None) }, false),
        ] {
            let grounds = |port| seen(&cloud).grounds(port, Exemption::None);
            assert_eq!(grounds(Port::SMTP).subscription == TypeStanding::Untold, is_suspect, "{cloud:?}");
            assert_eq!(grounds(Port::SUBMISSION).subscription, TypeStanding::Settled);
        }
    }
}
