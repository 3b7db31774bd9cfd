//! Amazon EC2, by the second version of its service alone: a token for the session first, then the document of the instance's identity.

use serde_json::Value;

use crate::claim::{aws_account, ec2_instance, field, word};
use crate::metadata::{Metadata, Silence};
use crate::place::{Place, Platform};

/// It is used once, at once.
const TOKEN_SECONDS: &str = "60";
/// Tokens are 56 characters.
const TOKEN_MOST: usize = 1024;

pub(super) async fn ask(service: &Metadata) -> Result<Place, Silence> {
    let lifetime = [("X-aws-ec2-metadata-token-ttl-seconds", TOKEN_SECONDS)];
    let token = service.put("/latest/api/token", &lifetime).await?;
    if token.is_empty() || token.len() > TOKEN_MOST || !token.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(Silence::Foreign("it gave no token"));
    }
    let session = [("X-aws-ec2-metadata-token", token.as_str())];
    let identity = service.json("/latest/dynamic/instance-identity/document", &session).await?;
    read(&identity)
}

/// What a document says, whoever kept it.
pub(super) fn read(identity: &Value) -> Result<Place, Silence> {
    let vm_id = ec2_instance(field(identity, "instanceId")).ok_or(super::NO_ID)?;
    Ok(Place {
        vm_id: Some(vm_id),
        account_id: aws_account(field(identity, "accountId")),
        region: word(field(identity, "region")),
        zone: word(field(identity, "availabilityZone")),
        size: word(field(identity, "instanceType")),
        ..Place::on(Platform::Ec2)
    })
}
