//! What another life of this agent knew of the cloud, as far as this one may believe it.

use sortie_cloud::Surroundings;
use sortie_core::report::{Cloud, Subscription};

use super::{reported, whom};
use crate::config::{Config, Service};

/// The cloud that another life of this agent knew, as far as this one may know it: what the machine tells by itself now may
/// contradict it, as in a copy of its disk that was started elsewhere.
pub(crate) fn remembered(config: &Config, known: Option<Cloud>) -> Option<Cloud> {
    whom(config)?;
    let signs = Surroundings::look().place().map(reported);
    match (signs, known) {
        (Some(signs), Some(known)) if signs.provider != known.provider => Some(signs),
        (signs, None) => signs,
        (_, Some(known)) => Some(as_allowed(config, known)),
    }
}

/// What is known by now: what this life was told, with what it was not told yet as an earlier one knew it.
pub(crate) fn known_by_now(config: &Config, told: Option<Cloud>, before: Option<&Cloud>) -> Option<Cloud> {
    let Some(told) = told else {
        // Nobody has told yet, or nobody may.
        whom(config)?;
        return before.cloned().map(|before| as_allowed(config, before));
    };
    let Some(before) = before.filter(|before| before.provider == told.provider) else { return Some(told) };
    let before = as_allowed(config, before.clone());
    // Signs of the machine alone name nothing.
    if told.vm_id.is_none() && told.resource_id.is_none() && told.account_id.is_none() {
        return Some(before);
    }
    if told.vm_id != before.vm_id || told.account_id != before.account_id {
        return Some(told);
    }
    let has_answered = told.subscription.is_some()
        || told.allow_port_25_out.is_some()
        || told.way_out.is_some()
        || told.provisioned_at.is_some();
    Some(if has_answered {
        Cloud { subscription: known_of(told.subscription, before.subscription), ..told }
    } else {
        with_answer_of(told, before)
    })
}

/// An agreement that is not told now, and was for the same quota, is what it was, and so is the type that follows from it.
fn known_of(told: Option<Subscription>, before: Option<Subscription>) -> Option<Subscription> {
    let (Some(told), Some(before)) = (&told, &before) else { return told.or(before) };
    let is_same_offer = told.quota_id.as_ref().zip(before.quota_id.as_ref());
    let is_same_offer = is_same_offer.is_some_and(|(told, before)| told.eq_ignore_ascii_case(before));
    let is_withheld = told.agreement_type.is_none() && before.agreement_type.is_some();
    Some(if is_same_offer && is_withheld {
        let agreement_type = before.agreement_type.clone();
        Subscription { kind: before.kind, agreement_type, ..told.clone() }
    } else {
        told.clone()
    })
}

/// What Resource Manager said, added to what the metadata service says.
pub(super) fn with_answer_of(cloud: Cloud, other: Cloud) -> Cloud {
    Cloud {
        subscription: other.subscription,
        allow_port_25_out: other.allow_port_25_out,
        way_out: other.way_out,
        provisioned_at: other.provisioned_at,
        ..cloud
    }
}

/// Nothing of Resource Manager's where it must not be asked.
fn as_allowed(config: &Config, cloud: Cloud) -> Cloud {
    match config.cloud.arm {
        Service::Off => with_answer_of(cloud, Cloud::default()),
        _ => cloud,
    }
}

#[cfg(test)]
mod tests {
    use sortie_core::report::{SOURCE_ARM, Subscription};

    use super::*;
    use crate::config::{Cloud as Settings, defaults};

    fn asking(arm: Service) -> Config {
        Config { cloud: Settings { arm, ..Settings::default() }, ..defaults() }
    }

    /// A machine of Azure under this id; Resource Manager has told of it.
    fn cloud(vm_id: Option<&str>) -> Cloud {
        Cloud {
            provider: "azure".to_owned(),
            platform: "azure.vm".to_owned(),
            vm_id: vm_id.map(str::to_owned),
            subscription: Some(Subscription::of("other", SOURCE_ARM)),
            allow_port_25_out: Some(false),
            ..Cloud::default()
        }
    }

    fn untold(vm_id: Option<&str>) -> Cloud {
        with_answer_of(cloud(vm_id), Cloud::default())
    }

    #[test]
    fn what_was_told_of_this_machine_holds_until_it_is_told_again() {
        let before = cloud(Some("1"));
        let other = Cloud { provider: "aws".to_owned(), ..Cloud::default() };
        for (told, arm, expected) in [
            (None, Service::Auto, Some(cloud(Some("1")))),
            (None, Service::Off, Some(untold(Some("1")))),
            (Some(untold(None)), Service::Auto, Some(cloud(Some("1")))),
            (Some(untold(Some("1"))), Service::Auto, Some(cloud(Some("1")))),
            (Some(untold(Some("2"))), Service::Auto, Some(untold(Some("2")))),
            (Some(other.clone()), Service::Auto, Some(other)),
            (Some(untold(Some("1"))), Service::Off, Some(untold(Some("1")))),
        ] {
            assert_eq!(known_by_now(&asking(arm), told.clone(), Some(&before)), expected, "{told:?}");
        }
    }

    #[test]
    fn an_agreement_that_is_withheld_now_is_what_it_was_and_one_of_another_offer_is_not() {
        const EA: &str = "EnterpriseAgreement_2014-09-01";
        let said = |kind, quota_id: &str, agreement: Option<&str>| Subscription {
            quota_id: Some(quota_id.to_owned()),
            agreement_type: agreement.map(str::to_owned),
            ..Subscription::of(kind, SOURCE_ARM)
        };
        let of = |said| Cloud { subscription: Some(said), ..cloud(Some("1")) };
        let before = of(said("ea", EA, Some("EnterpriseAgreement")));
        for (told, expected) in [
            (said("unknown", EA, None), said("ea", EA, Some("EnterpriseAgreement"))),
            (
                Subscription { state: Some("Warned".to_owned()), ..said("unknown", EA, None) },
                Subscription {
                    state: Some("Warned".to_owned()),
                    ..said("ea", EA, Some("EnterpriseAgreement"))
                },
            ),
            (said("other", "PayAsYouGo_2014-09-01", None), said("other", "PayAsYouGo_2014-09-01", None)),
            (
                said("other", EA, Some("MicrosoftOnlineServicesProgram")),
                said("other", EA, Some("MicrosoftOnlineServicesProgram")),
            ),
        ] {
            let known = known_by_now(&asking(Service::Auto), Some(of(told.clone())), Some(&before));
            assert_eq!(known, Some(of(expected)), "{told:?}");
        }
    }

    #[test]
    fn off_means_off_for_what_is_remembered_too() {
        let imds_off = Config { cloud: Settings { imds: Service::Off, ..Settings::default() }, ..defaults() };
        assert_eq!(remembered(&imds_off, Some(cloud(Some("1")))), None);
        assert_eq!(known_by_now(&imds_off, None, Some(&cloud(Some("1")))), None);
    }
}
