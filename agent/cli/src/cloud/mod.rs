//! Where this machine stands: what may be asked about it, and what of the answer goes where.
//!
//! A check asks while it probes, and waits for the answer a little beyond its verdict; `sortie run` never waits.

mod lookup;
mod manager;
mod recall;

use sortie_cloud::{Place, Provider, Surroundings, Whom};
use sortie_core::report::Cloud;
use sortie_core::schedule::Pace;
use sortie_telemetry::CloudIdentity;

pub(crate) use self::lookup::{Lookup, PATIENCE};
pub(crate) use self::manager::Manager;
pub(crate) use self::recall::{known_by_now, remembered};
use crate::config::{Config, Service};

/// Who may be asked; `None` where nothing is to be known about the cloud.
pub(crate) fn whom(config: &Config) -> Option<Whom> {
    // Its network is made up, and the cloud of this machine has no part in it.
    if config.pace != Pace::DEFAULT {
        return None;
    }
    match &config.cloud.imds {
        Service::Auto => Some(Whom::Known),
        Service::Off => None,
        Service::At(url) => Some(Whom::Only(url.clone())),
    }
}

/// The cloud as far as this machine tells by itself.
pub(crate) fn by_signs(config: &Config) -> Option<Cloud> {
    whom(config)?;
    Surroundings::look().place().map(reported)
}

/// A place as every report has it.
pub(crate) fn reported(place: Place) -> Cloud {
    let provider = place.platform.provider();
    Cloud {
        provider: provider.code().to_owned(),
        platform: place.platform.code().to_owned(),
        resource_id: place.resource_id,
        vm_id: place.vm_id,
        region: place.region,
        zone: place.zone,
        size: place.size,
        scale_set: place.scale_set,
        subscription_id: place.account_id.clone().filter(|_| provider == Provider::Azure),
        account_id: place.account_id,
        environment: place.environment,
        subscription: None,
        allow_port_25_out: None,
        way_out: None,
        provisioned_at: None,
        unsupported: place.unsupported.map(str::to_owned),
    }
}

/// The same as every export has it.
pub(crate) fn identity(cloud: Option<&Cloud>) -> CloudIdentity {
    let Some(cloud) = cloud else { return CloudIdentity::default() };
    CloudIdentity {
        provider: Some(cloud.provider.clone()),
        platform: Some(cloud.platform.clone()),
        account_id: cloud.account_id.clone(),
        region: cloud.region.clone(),
        availability_zone: cloud.zone.clone(),
        resource_id: cloud.resource_id.clone(),
    }
}

#[cfg(test)]
mod tests {
    use sortie_cloud::Platform;

    use super::*;
    use crate::config::{Cloud as Settings, defaults};

    #[test]
    fn nobody_is_asked_who_may_not_be() {
        let url = "http://192.0.2.1".to_owned();
        for (imds, pace, expected) in [
            (Service::Auto, Pace::DEFAULT, Some(Whom::Known)),
            (Service::Off, Pace::DEFAULT, None),
            (Service::At(url.clone()), Pace::DEFAULT, Some(Whom::Only(url.clone()))),
            (Service::At(url), Pace::DEMONSTRATION, None),
        ] {
            let cloud = Settings { imds, ..Settings::default() };
            assert_eq!(whom(&Config { cloud, pace, ..defaults() }), expected);
        }
    }

    #[test]
    fn only_an_account_of_azure_is_a_subscription() {
        let told = |platform| Place { account_id: Some("1".to_owned()), ..Place::on(platform) };
        for (platform, subscription) in [(Platform::AzureVm, Some("1")), (Platform::Ec2, None)] {
            let cloud = reported(told(platform));
            assert_eq!(
                (cloud.account_id.as_deref(), cloud.subscription_id.as_deref()),
                (Some("1"), subscription)
            );
            assert_eq!(identity(Some(&cloud)).account_id.as_deref(), Some("1"));
        }
    }

    #[test]
    fn the_environment_is_reported_as_the_metadata_service_wrote_it() {
        let environment = Some("AZUREUSGOVERNMENTCLOUD".to_owned());
        let place = Place { environment: environment.clone(), ..Place::on(Platform::AzureVm) };
        assert_eq!(reported(place).environment, environment);
    }

    #[test]
    fn what_arc_knows_it_does_not_host() {
        for (platform, is_host) in
            [(Platform::AzureVm, true), (Platform::Arc, false), (Platform::Droplet, true)]
        {
            assert_eq!((reported(Place::on(platform)).is_host(), platform.is_hosted()), (is_host, is_host));
        }
    }
}
