//! `[cloud]`: who may be asked about this machine and its subscription.

use std::ops::RangeInclusive;
use std::time::Duration;

use toml::Spanned;
use toml::de::DeValue;

use super::section::{Refusal, Section, nearest};
use super::url::{CLOUD, url};
use super::value::{self, Read};

/// Below a minute ARM throttles (its limit is counted per subscription, not per machine); a change of subscription
/// should be known within the day.
pub(super) const ARM_INTERVAL: RangeInclusive<Duration> =
    Duration::from_secs(60)..=Duration::from_secs(86_400);

/// A service of the cloud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Service {
    /// Asked where it is known to be.
    Auto,
    /// Never asked.
    Off,
    /// Asked here and nowhere else.
    At(String),
}

/// `[cloud]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cloud {
    /// Instance metadata service.
    pub imds: Service,
    /// Azure Resource Manager.
    pub arm: Service,
    /// Time between two questions to ARM.
    pub arm_interval: Duration,
}

impl Default for Cloud {
    fn default() -> Self {
        Self { imds: Service::Auto, arm: Service::Off, arm_interval: Duration::from_secs(15 * 60) }
    }
}

impl Cloud {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        let defaults = Self::default();
        let imds = section.value("imds", service);
        let arm = section.value("arm", service);
        let interval = section.value("arm_interval", |v| {
            value::duration(
                v,
                &ARM_INTERVAL,
                "more often is throttled, more rarely misses a change for a day",
            )
        });
        Self {
            imds: imds.map_or(defaults.imds, Spanned::into_inner),
            arm: arm.map_or(defaults.arm, Spanned::into_inner),
            arm_interval: interval.map_or(defaults.arm_interval, Spanned::into_inner),
        }
    }
}

fn service(value: &DeValue<'_>) -> Read<Service> {
    let text = value::text(value)?;
    match text.as_str() {
        "auto" => Ok(Service::Auto),
        "off" => Ok(Service::Off),
        text if text.contains("://") => url(text, &CLOUD).map(Service::At),
        other => {
            let hint = match nearest(other, ["auto", "off"].into_iter()) {
                Some(word) => format!("did you mean \"{word}\"?"),
                None => "allowed: \"auto\", \"off\", or a URL such as http://169.254.169.254".to_owned(),
            };
            Err(Refusal::new("must be \"auto\", \"off\" or a URL", "none of them", hint))
        }
    }
}
