//! Which Azure Resource Manager is asked about a place, and with whose token; refused before anybody is asked.

use std::sync::Mutex;

use reqwest::Url;

use crate::ask::Whom;
use crate::claim::{resource_of, uuid};
use crate::http::root_cause;
use crate::metadata::Silence;
use crate::place::{Place, Platform, Provider};

use super::Arm;
use super::client::{Client, Patience};
use super::environment::resource_manager;
use super::token::Tokens;

/// Where Azure Resource Manager is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArmService {
    /// Where that of the machine's own cloud is known to be.
    Known,
    /// At this URL and nowhere else. Plain http is allowed, and then the token is readable on the way.
    At(String),
}

/// Why Azure Resource Manager cannot be asked about a place.
#[derive(Debug, thiserror::Error)]
pub enum ArmError {
    /// No virtual machine of Azure, so no identity at the metadata service.
    #[error("only a virtual machine of Azure gets a token for Azure Resource Manager, and this is {0}")]
    NoMachine(&'static str),
    /// There is nothing to ask about.
    #[error("the metadata service tells no subscription of this machine, so there is nothing to ask about")]
    NoSubscription,
    /// The Azure cloud has no name.
    #[error(
        "the metadata service does not name the Azure cloud of this machine; set `cloud.arm` to the URL of its Resource Manager"
    )]
    NoEnvironment,
    /// The Azure cloud is none of those that are known.
    #[error("the Azure cloud {0} is not known; set `cloud.arm` to the URL of its Resource Manager")]
    Environment(String),
    /// Not the URL of a host. It is not repeated, because it may have a password.
    #[error(
        "the URL of Azure Resource Manager is not like https://management.azure.com: a scheme and a host alone"
    )]
    Url,
    /// The environment variable.
    #[error(
        "AZURE_CLIENT_ID is not a client id, which looks like 02aab8a4-74ef-476e-8182-f6d2ba4166a6: {0:?}"
    )]
    ClientId(String),
    /// The metadata service cannot be asked.
    #[error("failed to prepare questions to the metadata service, it {0}")]
    Metadata(String),
    /// There is no client for HTTP.
    #[error("failed to prepare questions to Azure Resource Manager: {0}")]
    Client(String),
}

impl Arm {
    pub(super) fn with(
        service: &ArmService,
        imds: &Whom,
        place: &Place,
        client_id: &str,
        patience: Patience,
    ) -> Result<Self, ArmError> {
        if !matches!(place.platform, Platform::AzureVm | Platform::Aks) {
            return Err(ArmError::NoMachine(place.platform.code()));
        }
        let subscription = place.account_id.as_deref().and_then(uuid).ok_or(ArmError::NoSubscription)?;
        let (base, resource) = resource_manager_of(service, place.environment.as_deref())?;
        let client_id = match client_id {
            "" => None,
            id => Some(uuid(id).ok_or_else(|| ArmError::ClientId(id.to_owned()))?),
        };
        let metadata = match imds {
            Whom::Known => Provider::Azure.known_url(),
            Whom::Only(url) => url,
        };
        let tokens = Tokens::new(metadata, &resource, client_id.as_deref())
            .map_err(|silence: Silence| ArmError::Metadata(silence.to_string()))?;
        let client =
            Client::new(base, tokens, patience).map_err(|error| ArmError::Client(root_cause(&error)))?;
        Ok(Self {
            client,
            machine: place
                .resource_id
                .as_deref()
                .and_then(|id| resource_of(id, &subscription, "virtualMachines")),
            region: place.region.clone(),
            subscription,
            known: Mutex::default(),
        })
    }
}

/// Where it is, and what a token for it is called.
fn resource_manager_of(service: &ArmService, environment: Option<&str>) -> Result<(Url, String), ArmError> {
    let known = environment.and_then(resource_manager);
    let url = match (service, known) {
        (ArmService::At(url), _) => url,
        (ArmService::Known, Some(url)) => url,
        (ArmService::Known, None) => {
            let unknown = |name: &str| ArmError::Environment(name.to_owned());
            return Err(environment.map_or(ArmError::NoEnvironment, unknown));
        }
    };
    let base = origin(url).ok_or(ArmError::Url)?;
    // Entra knows it with a slash at the end.
    let resource = known.map_or_else(|| url.to_owned(), |known| format!("{known}/"));
    Ok((base, resource))
}

/// A URL of a scheme and a host, which also becomes part of a query.
fn origin(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let is_anonymous = url.username().is_empty() && url.password().is_none();
    let is_web = matches!(url.scheme(), "http" | "https") && url.has_host();
    let is_plain = text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'&' | b'+' | b'%'));
    (is_bare && is_anonymous && is_web && is_plain).then_some(url)
}
