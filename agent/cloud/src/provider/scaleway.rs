//! Scaleway, whose service has an address of its own.

use crate::claim::{field, uuid, word};
use crate::metadata::{Metadata, Silence};
use crate::place::{Place, Platform};

/// "Instance metadata" in Scaleway's documentation.
pub(super) const URL: &str = "http://169.254.42.42";

pub(super) async fn ask(service: &Metadata) -> Result<Place, Silence> {
    let conf = service.json("/conf?format=json", &[]).await?;
    let vm_id = uuid(field(&conf, "id")).ok_or(super::NO_ID)?;
    // `fr-par-1` is the first zone of `fr-par`.
    let zone = word(field(&conf, "zone"));
    Ok(Place {
        vm_id: Some(vm_id),
        account_id: uuid(field(&conf, "project")),
        region: zone.as_deref().and_then(|zone| zone.rsplit_once('-')).map(|(region, _)| region.to_owned()),
        zone,
        size: word(field(&conf, "commercial_type")),
        ..Place::on(Platform::ScalewayInstance)
    })
}
