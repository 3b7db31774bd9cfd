//! The metadata services, one file for each: what is asked, and what of the answer is believed.
//!
//! A service has answered as that of its provider when it told an id of the machine that looks like one.

mod azure;
mod digitalocean;
mod ec2;
mod gce;
mod hetzner;
mod oci;
mod scaleway;

use serde_json::Value;

use crate::metadata::{Metadata, Silence};
use crate::place::{Place, Provider};

/// Where most of them answer, by agreement among clouds (RFC 3927 §2.7).
const LINK_LOCAL: &str = "http://169.254.169.254";

/// The id that is missing or does not look like one.
const NO_ID: Silence = Silence::Foreign("it tells no id of the machine");

impl Provider {
    /// Where the metadata service of this provider is known to be.
    pub(crate) fn known_url(self) -> &'static str {
        if self == Self::Scaleway { scaleway::URL } else { LINK_LOCAL }
    }

    /// Reads the document that the metadata service of Azure or of AWS has answered to somebody else.
    pub(crate) fn read(self, document: &Value) -> Result<Place, Silence> {
        match self {
            Self::Azure => azure::read(document),
            Self::Aws => ec2::read(document),
            _ => Err(Silence::Foreign("it tells each value by itself")),
        }
    }

    /// Asks a service as if it were that of this provider.
    pub(crate) async fn ask(self, service: &Metadata) -> Result<Place, Silence> {
        match self {
            Self::Azure => azure::ask(service).await,
            Self::Aws => ec2::ask(service).await,
            Self::Gcp => gce::ask(service).await,
            Self::Oracle => oci::ask(service).await,
            Self::DigitalOcean => digitalocean::ask(service).await,
            Self::Hetzner => hetzner::ask(service).await,
            Self::Scaleway => scaleway::ask(service).await,
        }
    }
}
