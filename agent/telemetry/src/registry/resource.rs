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

/// Of every export, once for all its series. `OTEL_RESOURCE_ATTRIBUTES` adds more.
pub const RESOURCE: &[Attribute] = &[HOST_ID, HOST_NAME, SERVICE_INSTANCE_ID, SERVICE_NAME, SERVICE_VERSION];
