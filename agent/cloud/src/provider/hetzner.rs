//! Hetzner Cloud. Each value is asked for by itself: the whole is YAML, with the network configuration in it.

use crate::claim::{number, word};
use crate::metadata::{Metadata, Silence};
use crate::place::{Place, Platform};

pub(super) async fn ask(service: &Metadata) -> Result<Place, Silence> {
    let value = async |name: &str| service.text(&format!("/hetzner/v1/metadata/{name}"), &[]).await;
    let vm_id = number(&value("instance-id").await?).ok_or(super::NO_ID)?;
    Ok(Place {
        vm_id: Some(vm_id),
        region: value("region").await.ok().as_deref().and_then(word),
        zone: value("availability-zone").await.ok().as_deref().and_then(word),
        ..Place::on(Platform::HetznerServer)
    })
}
