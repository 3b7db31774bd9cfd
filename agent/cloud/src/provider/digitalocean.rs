//! `DigitalOcean`. Each value is asked for by itself: the whole has the user data.

use crate::claim::{number, word};
use crate::metadata::{Metadata, Silence};
use crate::place::{Place, Platform};

pub(super) async fn ask(service: &Metadata) -> Result<Place, Silence> {
    let vm_id = number(&service.text("/metadata/v1/id", &[]).await?).ok_or(super::NO_ID)?;
    let region = service.text("/metadata/v1/region", &[]).await.ok();
    Ok(Place { vm_id: Some(vm_id), region: region.as_deref().and_then(word), ..Place::on(Platform::Droplet) })
}
