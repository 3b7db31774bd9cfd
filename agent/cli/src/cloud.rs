//! Where this machine stands: what may be asked about it, and what of the answer goes where.
//!
//! A check asks while it probes, and waits for the answer a little beyond its verdict; `sortie run` never waits.

use std::time::Duration;

use sortie_cloud::{Place, Provider, Surroundings, Whom};
use sortie_core::report::Cloud;
use sortie_core::schedule::Pace;
use sortie_telemetry::CloudIdentity;
use tokio::task::JoinHandle;

use crate::config::{Config, Service};

/// How long a check waits for the answer beyond its verdict.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

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
    let told = told?;
    let Some(before) = before.filter(|before| before.provider == told.provider) else { return Some(told) };
    let before = as_allowed(config, before.clone());
    // Signs of the machine alone name nothing.
    if told.vm_id.is_none() && told.resource_id.is_none() && told.account_id.is_none() {
        return Some(before);
    }
    let is_same = told.vm_id == before.vm_id && told.account_id == before.account_id;
    Some(if is_same && told.subscription.is_none() { with_answer_of(told, before) } else { told })
}

/// What Resource Manager said, added to what the metadata service says.
fn with_answer_of(cloud: Cloud, other: Cloud) -> Cloud {
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

/// A question that was asked while a check probes.
pub(crate) struct Lookup(Option<Asked>);

struct Asked {
    around: Surroundings,
    answer: JoinHandle<Option<Place>>,
    /// How long an answer may take beyond the verdict.
    patience: Duration,
}

impl Lookup {
    /// Asks whom the configuration allows.
    pub(crate) fn begin(config: &Config) -> Self {
        Self(whom(config).map(|whom| {
            let around = Surroundings::look();
            let is_dark = whom == Whom::Known && around.place().is_none();
            // Where nothing says that there is a cloud, a check is no slower for the question.
            let patience = if is_dark { Duration::ZERO } else { PATIENCE };
            let asked = around.clone();
            Asked {
                around,
                answer: tokio::spawn(async move { sortie_cloud::ask(&whom, &asked).await }),
                patience,
            }
        }))
    }

    /// The answer within this time, else what the machine tells by itself.
    pub(crate) async fn answer_within(self, most: Duration) -> Option<Cloud> {
        let Asked { around, mut answer, patience } = self.0?;
        let told = tokio::time::timeout(most.min(patience), &mut answer).await;
        answer.abort();
        told.ok().and_then(Result::ok).flatten().or_else(|| around.place()).map(reported)
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
