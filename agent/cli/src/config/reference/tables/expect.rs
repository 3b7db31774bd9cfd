//! `[expect]`

use crate::config::PortExpectation;
use crate::config::expect::SUBSCRIPTIONS;
use crate::config::reference::kind::Kind;
use crate::config::reference::spell::{word, words};
use crate::config::reference::{Key, Layer, Preset, Table};

const STATES: Kind = Kind::Word(&const { words(&PortExpectation::WORDS) });

pub(super) const TABLE: Table = Table {
    name: "expect",
    about: "What would be right, so that exit codes and alerts can say whether it is.",
    repeated: None,
    keys: &[
        Key {
            name: "subscription",
            about: "Which kind of Azure subscription this is; `auto` asks the cloud.",
            kind: Kind::Word(&const { words(&SUBSCRIPTIONS) }),
            preset: Preset::Value(r#""auto""#),
            example: r#""ea""#,
            value: |config, _| word(&SUBSCRIPTIONS, &config.expect.subscription),
            beaten_by: &[],
        },
        Key {
            name: "port_25",
            about: "What is right for port 25; `auto` follows from the subscription, and is `any` where that is not known.",
            kind: STATES,
            preset: Preset::Value(r#""auto""#),
            example: r#""blocked""#,
            value: |config, _| word(&PortExpectation::WORDS, &config.expect.port_25),
            beaten_by: &[Layer::Flag("--expect", |flags| flags.port_25.is_some())],
        },
        Key {
            name: "port_587",
            about: "What is right for port 587.",
            kind: STATES,
            preset: Preset::Value(r#""open""#),
            example: r#""any""#,
            value: |config, _| word(&PortExpectation::WORDS, &config.expect.port_587),
            beaten_by: &[],
        },
    ],
};
