//! `[[relay]]`

use crate::config::reference::kind::{Form, Kind};
use crate::config::reference::spell::{word, words};
use crate::config::reference::{Key, Preset, Repeated, Table};
use crate::config::relay::{RELAYS_MAX, TLS_WORDS};
use crate::config::{Config, Relay};

pub(super) const TABLE: Table = Table {
    name: "relay",
    about: "Submission servers that this machine hands its mail to. Each is spoken to every `probe.greeting_interval`.",
    repeated: Some(Repeated {
        most: RELAYS_MAX,
        without: "the relay that Azure recommends is asked beside the built-in targets; one entry replaces it",
        count: |config| config.relays.len(),
    }),
    keys: &[
        Key {
            name: "name",
            about: "How it is called in the report.",
            kind: Kind::Text(Form::Name),
            preset: Preset::Required,
            example: r#""own""#,
            value: |config, at| relay(config, at).map(|relay| relay.name.as_str().into()),
            beaten_by: &[],
        },
        Key {
            name: "address",
            about: "Where it is.",
            kind: Kind::Text(Form::Address),
            preset: Preset::Required,
            example: r#""relay.example.com:587""#,
            value: |config, at| relay(config, at).map(|relay| relay.address.to_string().into()),
            beaten_by: &[],
        },
        Key {
            name: "tls",
            about: "How TLS begins.",
            kind: Kind::Word(&const { words(&TLS_WORDS) }),
            preset: Preset::Absent("it is `\"implicit\"` on port 465, else `\"starttls\"`"),
            example: r#""starttls""#,
            value: |config, at| word(&TLS_WORDS, &relay(config, at)?.tls),
            beaten_by: &[],
        },
        Key {
            name: "required",
            about: "Whether it counts: as a subject of its port, for the exit code of `check` and for the alert `SortieRelayUnusable`.",
            kind: Kind::Boolean,
            preset: Preset::Value("true"),
            example: "false",
            value: |config, at| relay(config, at).map(|relay| relay.required.into()),
            beaten_by: &[],
        },
    ],
};

fn relay(config: &Config, at: usize) -> Option<&Relay> {
    config.relays.get(at)
}
