//! What tells machines apart.

use super::attributes::SERVICE_VERSION;
use super::{Attribute, Holds, Presence};

/// `service.name`
pub const SERVICE_NAME: Attribute = Attribute {
    key: "service.name",
    holds: Holds::Text(&["sortie"]),
    presence: Presence::Always,
    says: "The program.",
};
/// `service.instance.id`
pub const SERVICE_INSTANCE_ID: Attribute = Attribute {
    key: "service.instance.id",
    holds: Holds::Text(&["fd0e75e2-5d2b-50c2-b4dd-da0ddbcd786c"]),
    presence: Presence::Always,
    says: "A UUID made from the id of the machine, the same in every life of the agent.",
};
/// `host.id`
pub const HOST_ID: Attribute = Attribute {
    key: "host.id",
    holds: Holds::Text(&["7f1c2f0e-3a55-4a0c-9a53-0c8e6a7c7a10"]),
    presence: Presence::Where("it is known"),
    says: "The id of the machine, `agent.host_id` of the configuration or what stands in for it.",
};
/// `host.name`
pub const HOST_NAME: Attribute = Attribute {
    key: "host.name",
    holds: Holds::Text(&["mail-1"]),
    presence: Presence::Where("it is known"),
    says: "The host name.",
};
/// `host.arch`
pub const HOST_ARCH: Attribute = Attribute {
    key: "host.arch",
    holds: Holds::Text(&["amd64", "arm64"]),
    presence: Presence::Always,
    says: "The architecture of the CPU.",
};
/// `os.type`
pub const OS_TYPE: Attribute = Attribute {
    key: "os.type",
    holds: Holds::Text(&["linux"]),
    presence: Presence::Always,
    says: "The operating system.",
};
/// `cloud.provider`
pub const CLOUD_PROVIDER: Attribute = Attribute {
    key: "cloud.provider",
    holds: Holds::Text(&["azure"]),
    presence: Presence::Where("the cloud told it"),
    says: "The cloud.",
};
/// `cloud.platform`
pub const CLOUD_PLATFORM: Attribute = Attribute {
    key: "cloud.platform",
    holds: Holds::Text(&["azure.vm"]),
    presence: Presence::Where("the cloud told it"),
    says: "What of the cloud the agent runs on.",
};
/// `cloud.account.id`
pub const CLOUD_ACCOUNT_ID: Attribute = Attribute {
    key: "cloud.account.id",
    holds: Holds::Text(&["5b1d2f34-9c1e-4f6e-8f0f-2f6c1d9a7e10"]),
    presence: Presence::Where("the cloud told it"),
    says: "The subscription or account.",
};
/// `cloud.region`
pub const CLOUD_REGION: Attribute = Attribute {
    key: "cloud.region",
    holds: Holds::Text(&["westeurope"]),
    presence: Presence::Where("the cloud told it"),
    says: "The region.",
};
/// `cloud.availability_zone`
pub const CLOUD_AVAILABILITY_ZONE: Attribute = Attribute {
    key: "cloud.availability_zone",
    holds: Holds::Text(&["1"]),
    presence: Presence::Where("the cloud told it"),
    says: "The zone within the region.",
};
/// `cloud.resource_id`
pub const CLOUD_RESOURCE_ID: Attribute = Attribute {
    key: "cloud.resource_id",
    holds: Holds::Text(&[
        "/subscriptions/5b1d2f34-9c1e-4f6e-8f0f-2f6c1d9a7e10/resourceGroups/mail/providers/Microsoft.Compute/virtualMachines/mail-1",
    ]),
    presence: Presence::Where("the cloud told it"),
    says: "The name by which the cloud knows the machine, whole.",
};

/// Of every export, once for all its series or events. `OTEL_RESOURCE_ATTRIBUTES` adds more.
pub const RESOURCE: &[Attribute] = &[
    CLOUD_ACCOUNT_ID,
    CLOUD_AVAILABILITY_ZONE,
    CLOUD_PLATFORM,
    CLOUD_PROVIDER,
    CLOUD_REGION,
    CLOUD_RESOURCE_ID,
    HOST_ARCH,
    HOST_ID,
    HOST_NAME,
    OS_TYPE,
    SERVICE_INSTANCE_ID,
    SERVICE_NAME,
    SERVICE_VERSION,
];
