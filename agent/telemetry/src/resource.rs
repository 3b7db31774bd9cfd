//! Who speaks: the attributes that every export carries once, for all its series.
//!
//! The environment wins over what the agent found out (`OTEL_SERVICE_NAME` over `OTEL_RESOURCE_ATTRIBUTES` over the
//! rest), as the order "environment, file, default" has it everywhere. A value of the environment that cannot be read
//! is discarded as a whole and a warning says so (OpenTelemetry "Resource SDK", specifying resource information via an
//! environment variable).

use std::env::VarError;

use opentelemetry::KeyValue;
use opentelemetry_sdk::Resource;
use percent_encoding::percent_decode_str;
use tracing::warn;
use uuid::{Uuid, uuid};

use crate::registry;

/// `key=value` pairs, comma-separated, values percent-encoded.
const RESOURCE_ATTRIBUTES: &str = "OTEL_RESOURCE_ATTRIBUTES";
/// Replaces `service.name`.
const SERVICE_NAME: &str = "OTEL_SERVICE_NAME";

/// The conventions that names here follow, where they are not Sortie's own.
pub(crate) const SCHEMA_URL: &str = "https://opentelemetry.io/schemas/1.44.0";

/// The namespace for a `service.instance.id` that is derived (OpenTelemetry semantic conventions, "Service").
const INSTANCE_NAMESPACE: Uuid = uuid!("4d63009a-8d0f-11ee-aad7-4c796ed8e320");

/// The machine and the program that speak for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Stable over restarts and renames: the cloud's id of the virtual machine, else the machine id. May be empty.
    pub host_id: String,
    /// Host name. May be empty.
    pub host_name: String,
    /// Version of the program.
    pub service_version: &'static str,
    /// Where the machine stands, as far as a cloud told it.
    pub cloud: CloudIdentity,
}

/// What the cloud says of a machine. What is not known is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CloudIdentity {
    /// `azure`
    pub provider: Option<String>,
    /// `azure.vm`
    pub platform: Option<String>,
    /// The subscription or account that pays.
    pub account_id: Option<String>,
    /// `westeurope`
    pub region: Option<String>,
    /// Within the region.
    pub availability_zone: Option<String>,
    /// The name by which the cloud knows it, whole.
    pub resource_id: Option<String>,
}

impl Identity {
    /// The same for every life of the agent on this machine, so that a restart begins no new series. `None` where
    /// nothing tells this machine from another.
    pub(crate) fn instance(&self) -> Option<Uuid> {
        let stable = [&self.host_id, &self.host_name].into_iter().find(|text| !text.is_empty())?;
        Some(Uuid::new_v5(&INSTANCE_NAMESPACE, stable.as_bytes()))
    }
}

/// The resource of this machine, as the environment of this process has it.
pub(crate) fn resource(identity: &Identity, instance: Uuid) -> Resource {
    let attributes = variable(RESOURCE_ATTRIBUTES).map(|text| {
        read(&text).unwrap_or_else(|reason| {
            warn!("{RESOURCE_ATTRIBUTES} is discarded: {reason}");
            Vec::new()
        })
    });
    compose(identity, instance, attributes.unwrap_or_default(), variable(SERVICE_NAME))
}

/// Later attributes replace earlier ones of the same key.
fn compose(
    identity: &Identity,
    instance: Uuid,
    attributes: Vec<KeyValue>,
    service_name: Option<String>,
) -> Resource {
    let cloud = &identity.cloud;
    let known = [
        (registry::CLOUD_ACCOUNT_ID, cloud.account_id.as_ref()),
        (registry::CLOUD_AVAILABILITY_ZONE, cloud.availability_zone.as_ref()),
        (registry::CLOUD_PLATFORM, cloud.platform.as_ref()),
        (registry::CLOUD_PROVIDER, cloud.provider.as_ref()),
        (registry::CLOUD_REGION, cloud.region.as_ref()),
        (registry::CLOUD_RESOURCE_ID, cloud.resource_id.as_ref()),
        (registry::HOST_ID, Some(&identity.host_id)),
        (registry::HOST_NAME, Some(&identity.host_name)),
    ];
    let known = known.into_iter().filter_map(|(attribute, value)| {
        let value = value.filter(|value| !value.is_empty())?;
        Some(KeyValue::new(attribute.key, value.clone()))
    });
    Resource::builder_empty()
        .with_schema_url([], SCHEMA_URL)
        .with_service_name("sortie")
        .with_attribute(KeyValue::new(registry::HOST_ARCH.key, arch()))
        .with_attribute(KeyValue::new(registry::OS_TYPE.key, std::env::consts::OS))
        .with_attribute(KeyValue::new(registry::SERVICE_VERSION.key, identity.service_version))
        .with_attribute(KeyValue::new(registry::SERVICE_INSTANCE_ID.key, instance.to_string()))
        .with_attributes(known)
        .with_attributes(attributes)
        .with_attributes(service_name.map(|name| KeyValue::new(registry::SERVICE_NAME.key, name)))
        .build()
}

/// The word of the semantic conventions where they have another one than Rust.
pub(crate) fn arch() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "arm" => "arm32",
        "powerpc64" => "ppc64",
        "powerpc" => "ppc32",
        other => other,
    }
}

fn variable(name: &str) -> Option<String> {
    match std::env::var(name) {
        Ok(text) => Some(text).filter(|text| !text.is_empty()),
        Err(VarError::NotPresent) => None,
        Err(VarError::NotUnicode(_)) => {
            warn!("{name} is discarded: it is not UTF-8");
            None
        }
    }
}

/// `key=value,key=value`; the error finishes the sentence "it is discarded: …".
fn read(text: &str) -> Result<Vec<KeyValue>, String> {
    let pairs = text.split(',').map(str::trim).filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let quoted = pair.escape_debug();
            let (key, value) = pair.split_once('=').ok_or_else(|| format!("`{quoted}` is not key=value"))?;
            let (key, value) = (key.trim(), value.trim());
            if key.is_empty() {
                return Err(format!("`{quoted}` has no key"));
            }
            let value =
                percent_decode_str(value).decode_utf8().map_err(|_| format!("`{quoted}` is not UTF-8"))?;
            Ok(KeyValue::new(key.to_owned(), value.into_owned()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn shown(resource: &Resource) -> Vec<String> {
        let mut lines: Vec<_> = resource.iter().map(|(key, value)| format!("{key}={value}")).collect();
        lines.sort();
        lines
    }

    #[test]
    fn a_machine_is_the_same_instance_in_every_life() {
        let identity = testing::identity();
        assert_eq!(identity.instance(), identity.clone().instance());
        let renamed =
            Identity { host_name: "other".to_owned(), service_version: "9.9.9", ..identity.clone() };
        assert_eq!(identity.instance(), renamed.instance());
        assert_eq!(
            identity.instance().map(|uuid| uuid.get_version_num()),
            Some(5),
            "derived by name, see the semantic conventions"
        );
        let other = Identity { host_id: "vm-2".to_owned(), ..identity.clone() };
        assert_ne!(identity.instance(), other.instance());
    }

    #[test]
    fn without_an_id_the_name_stands_in_and_without_either_nothing_does() {
        let nameless = Identity { host_id: String::new(), host_name: String::new(), ..testing::identity() };
        assert_eq!(nameless.instance(), None);
        let named = Identity { host_name: "vm".to_owned(), ..nameless };
        let instance = named.instance().expect("a name is known");
        let resource = compose(&named, instance, Vec::new(), None);
        assert!(shown(&resource).iter().all(|line| !line.starts_with("host.id")), "{resource:?}");
    }

    #[test]
    fn the_environment_wins_over_what_the_agent_found_out() {
        let identity = testing::identity();
        let instance = identity.instance().expect("an id is known");
        let attributes =
            read("cloud.region=westeurope, host.name=renamed,service.name=a").expect("well-formed");
        let resource = compose(&identity, instance, attributes, Some("mail".to_owned()));
        assert_eq!(
            shown(&resource),
            [
                "cloud.region=westeurope",
                &format!("host.arch={}", arch()),
                "host.id=vm-1",
                "host.name=renamed",
                "os.type=linux",
                "service.instance.id=fd0e75e2-5d2b-50c2-b4dd-da0ddbcd786c",
                "service.name=mail",
                "service.version=1.2.3",
            ]
        );
        assert_eq!(resource.schema_url(), Some(SCHEMA_URL), "what is added does not take it away");
    }

    #[test]
    fn what_the_cloud_did_not_tell_is_left_out() {
        let cloud = CloudIdentity {
            provider: Some("azure".to_owned()),
            region: Some("westeurope".to_owned()),
            resource_id: Some(String::new()),
            ..CloudIdentity::default()
        };
        let identity = Identity { cloud, ..testing::identity() };
        let instance = identity.instance().expect("an id is known");
        let mut lines = shown(&compose(&identity, instance, Vec::new(), None));
        lines.retain(|line| line.starts_with("cloud."));
        assert_eq!(lines, ["cloud.provider=azure", "cloud.region=westeurope"]);
        assert_eq!(identity.instance(), testing::identity().instance(), "it is the same machine");
    }

    #[test]
    fn attributes_are_read_as_the_specification_has_them_or_not_at_all() {
        for (text, expected) in [
            ("a=b", Ok(vec!["a=b"])),
            (" a = b ,c=d,", Ok(vec!["a=b", "c=d"])),
            ("team=mail%2C%20net", Ok(vec!["team=mail, net"])),
            ("a=b=c", Ok(vec!["a=b=c"])),
            ("a=", Ok(vec!["a="])),
            ("", Ok(vec![])),
            ("a=b,c", Err("`c` is not key=value")),
            ("a=b,=d", Err("`=d` has no key")),
            ("a=%ff", Err("`a=%ff` is not UTF-8")),
            ("a=b,\u{1b}[31m", Err("`\\u{1b}[31m` is not key=value")),
        ] {
            let read = read(text).map(|pairs| {
                pairs.iter().map(|pair| format!("{}={}", pair.key, pair.value)).collect::<Vec<_>>()
            });
            let expected = expected
                .map(|pairs| pairs.into_iter().map(str::to_owned).collect::<Vec<_>>())
                .map_err(str::to_owned);
            assert_eq!(read, expected, "{text}");
        }
    }
}
