//! Whose firmware this machine has: strings that every process may read.

use super::Root;
use crate::place::Provider;

/// In which file which string means which provider: the signs that cloud-init goes by (`ds-identify`).
const SIGNS: [(&str, &str, Provider); 8] = [
    ("chassis_asset_tag", "7783-7084-3265-9085-8269-3286-77", Provider::Azure),
    ("sys_vendor", "Amazon EC2", Provider::Aws),
    // Of the older instances, on Xen.
    ("bios_vendor", "Amazon EC2", Provider::Aws),
    ("product_name", "Google Compute Engine", Provider::Gcp),
    ("chassis_asset_tag", "OracleCloud.com", Provider::Oracle),
    ("sys_vendor", "DigitalOcean", Provider::DigitalOcean),
    ("sys_vendor", "Hetzner", Provider::Hetzner),
    ("sys_vendor", "Scaleway", Provider::Scaleway),
];

pub(super) fn maker(root: &Root) -> Option<Provider> {
    let is_so = |file: &str, sign: &str| {
        root.read(&format!("sys/class/dmi/id/{file}")).is_some_and(|text| text.trim() == sign)
    };
    SIGNS.into_iter().find(|(file, sign, _)| is_so(file, sign)).map(|(.., provider)| provider)
}
