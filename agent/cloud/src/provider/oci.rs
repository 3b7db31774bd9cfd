//! Oracle Cloud Infrastructure, by the second version of its service, which wants a header of its own.

use crate::claim::{field, ocid, word};
use crate::metadata::{Headers, Metadata, Silence};
use crate::place::{Place, Platform};

/// No secret: it is the same for everybody, and keeps pages in browsers out.
const HEADERS: Headers<'_> = &[("Authorization", "Bearer Oracle")];

pub(super) async fn ask(service: &Metadata) -> Result<Place, Silence> {
    let instance = service.json("/opc/v2/instance/", HEADERS).await?;
    let id = ocid(field(&instance, "id"), "instance").ok_or(super::NO_ID)?;
    // The short name of a region is `phx` where the canonical one is `us-phoenix-1`.
    let region = ["canonicalRegionName", "region"].into_iter().find_map(|name| word(field(&instance, name)));
    Ok(Place {
        resource_id: Some(id.clone()),
        vm_id: Some(id),
        account_id: ocid(field(&instance, "tenantId"), "tenancy"),
        region,
        zone: word(field(&instance, "availabilityDomain")),
        size: word(field(&instance, "shape")),
        ..Place::on(Platform::OracleCompute)
    })
}
