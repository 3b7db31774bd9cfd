//! What cloud-init was told at this boot: on most images of Azure and of AWS the whole identity of the machine, without a
//! question. Kept in memory by the system (`/run`), so it is never that of another boot.

use serde::Deserialize;
use serde_json::Value;

use super::Root;
use crate::place::{Place, Provider};

/// "Instance-data" in cloud-init's documentation: what is secret is left out of this file, which everybody may read.
const INSTANCE_DATA: &str = "run/cloud-init/instance-data.json";

/// The parts that are the answers of metadata services. All the rest is skipped, unread.
#[derive(Deserialize)]
struct InstanceData {
    ds: Datasource,
}

#[derive(Deserialize)]
struct Datasource {
    meta_data: Option<Metadata>,
    dynamic: Option<Dynamic>,
}

#[derive(Deserialize)]
struct Metadata {
    imds: Option<Value>,
}

#[derive(Deserialize)]
struct Dynamic {
    #[serde(alias = "instance-identity")]
    instance_identity: Option<Identity>,
}

#[derive(Deserialize)]
struct Identity {
    document: Option<Value>,
}

/// The place of a machine of this maker.
pub(super) fn place(root: &Root, maker: Provider) -> Option<Place> {
    let InstanceData { ds } = serde_json::from_str(&root.read(INSTANCE_DATA)?).ok()?;
    match maker {
        Provider::Azure => maker.read(&ds.meta_data?.imds?).ok(),
        Provider::Aws => maker.read(&ds.dynamic?.instance_identity?.document?).ok(),
        _ => None,
    }
}
