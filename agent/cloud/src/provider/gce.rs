//! Google Compute Engine. Each value is asked for by itself: the whole has the attributes, where people keep secrets.

use crate::claim::{number, word};
use crate::metadata::{Headers, Metadata, Silence};
use crate::place::{Place, Platform};

/// Both sides say it, so that neither talks to somebody else.
const FLAVOR: (&str, &str) = ("Metadata-Flavor", "Google");
const HEADERS: Headers<'_> = &[FLAVOR];

pub(super) async fn ask(service: &Metadata) -> Result<Place, Silence> {
    let value =
        async |path: &str| service.signed(&format!("/computeMetadata/v1/{path}"), HEADERS, FLAVOR).await;
    let vm_id = number(&value("instance/id").await?).ok_or(super::NO_ID)?;
    // `projects/123456789/zones/europe-west1-b` and `projects/123456789/machineTypes/e2-small`: the end is the name.
    let name = |path: String| path.rsplit('/').next().and_then(word);
    let zone = value("instance/zone").await.ok().and_then(name);
    Ok(Place {
        vm_id: Some(vm_id),
        region: zone.as_deref().and_then(|zone| zone.rsplit_once('-')).map(|(region, _)| region.to_owned()),
        zone,
        size: value("instance/machine-type").await.ok().and_then(name),
        account_id: value("project/project-id").await.ok().as_deref().and_then(word),
        ..Place::on(Platform::ComputeEngine)
    })
}
