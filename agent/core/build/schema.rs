//! What the files of facts may hold: the structs of `src/knowledge`, field by field.

use super::facts::Record;
use super::facts::Shape::{Day, Optional, OptionalText, Port, Ports, Records, Text, Texts, Word, Words};

pub(crate) const PROVIDER: Record = Record {
    name: "Provider",
    fields: &[
        ("id", "id", Text),
        ("name", "name", Text),
        ("checked", "checked", Day),
        ("port", "ports", Records(&PORT)),
        ("wire", "wire", Optional(&WIRE)),
        ("resource", "resources", Records(&RESOURCE)),
        ("subscription", "subscriptions", Records(&SUBSCRIPTION)),
        ("policy", "policy", Records(&POLICY)),
        ("procedure", "procedures", Records(&PROCEDURE)),
        ("situation", "situations", Records(&SITUATION)),
        ("offer", "offers", Records(&OFFER)),
        ("note", "notes", Records(&NOTE)),
        ("source", "sources", Records(&SOURCE)),
    ],
};

pub(crate) const RELAYS: Record = Record {
    name: "Relays",
    fields: &[
        ("checked", "checked", Day),
        ("relay", "relays", Records(&RELAY)),
        ("source", "sources", Records(&SOURCE)),
    ],
};

const PORT: Record = Record {
    name: "PortRule",
    fields: &[
        ("port", "port", Port),
        ("state", "state", Word("Standing")),
        ("scope", "scope", OptionalText),
        ("procedure", "procedure", OptionalText),
        ("sources", "sources", Texts),
    ],
};

const WIRE: Record = Record {
    name: "Wire",
    fields: &[
        ("signature", "signature", Word("OnTheWire")),
        ("text", "text", Text),
        ("sources", "sources", Texts),
    ],
};

const RESOURCE: Record = Record { name: "Resource", fields: &[("id", "id", Text), ("name", "name", Text)] };

const SUBSCRIPTION: Record = Record {
    name: "SubscriptionName",
    fields: &[("type", "subscription", Word("Subscription")), ("name", "name", Text)],
};

const POLICY: Record = Record {
    name: "Policy",
    fields: &[
        ("resources", "resources", Texts),
        ("subscriptions", "subscriptions", Words("Subscription")),
        ("state", "state", Word("Standing")),
        ("procedure", "procedure", OptionalText),
        ("sources", "sources", Texts),
    ],
};

const PROCEDURE: Record = Record {
    name: "Procedure",
    fields: &[
        ("id", "id", Text),
        ("title", "title", Text),
        ("steps", "steps", Texts),
        ("sources", "sources", Texts),
    ],
};

const SITUATION: Record =
    Record { name: "Situation", fields: &[("when", "when", Word("When")), ("procedure", "procedure", Text)] };

const OFFER: Record = Record {
    name: "Offer",
    fields: &[
        ("quota_id", "quota_id", Text),
        ("name", "name", Text),
        ("numbers", "numbers", Texts),
        ("subscriptions", "subscriptions", Words("Subscription")),
        ("sources", "sources", Texts),
    ],
};

const NOTE: Record =
    Record { name: "Note", fields: &[("text", "text", Text), ("sources", "sources", Texts)] };

const SOURCE: Record = Record {
    name: "Source",
    fields: &[
        ("id", "id", Text),
        ("kind", "kind", Word("Kind")),
        ("date", "date", Day),
        ("url", "url", Text),
    ],
};

const RELAY: Record = Record {
    name: "Relay",
    fields: &[
        ("id", "id", Text),
        ("name", "name", Text),
        ("host", "host", Text),
        ("starttls", "starttls", Ports),
        ("implicit", "implicit", Ports),
        ("auth", "auth", Texts),
        ("limits", "limits", OptionalText),
        ("sources", "sources", Texts),
    ],
};
