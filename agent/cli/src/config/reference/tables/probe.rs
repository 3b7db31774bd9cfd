//! `[probe]`

use serde_json::Value;

use crate::config::EngineChoice;
use crate::config::probe::{ATTEMPT_AT, ATTEMPTS_MAX, FAMILIES, GREETING_INTERVAL, WINDOW};
use crate::config::reference::kind::{Form, Kind};
use crate::config::reference::spell::{duration, word, words};
use crate::config::reference::{Key, Layer, Preset, Table};

pub(super) const TABLE: Table = Table {
    name: "probe",
    about: "How destinations are asked.",
    repeated: None,
    keys: &[
        Key {
            name: "engine",
            about: "Which engine asks: `raw` needs CAP_NET_RAW, `connect` nothing, `auto` takes what there is.",
            kind: Kind::Word(&const { words(&EngineChoice::WORDS) }),
            preset: Preset::Value(r#""auto""#),
            example: r#""connect""#,
            value: |config, _| word(&EngineChoice::WORDS, &config.probe.engine),
            beaten_by: &[Layer::Flag("--engine", |flags| flags.engine.is_some())],
        },
        Key {
            name: "families",
            about: "IP families with a verdict of their own.",
            kind: Kind::List { of: &Kind::Word(&const { words(&FAMILIES) }), least: 1, most: FAMILIES.len() },
            preset: Preset::Value(r#"["ipv4", "ipv6"]"#),
            example: r#"["ipv4"]"#,
            value: |config, _| config.probe.families.iter().map(|family| word(&FAMILIES, family)).collect(),
            beaten_by: &[Layer::Flag("--family", |flags| !flags.families.is_empty())],
        },
        Key {
            name: "attempts",
            about: "When SYNs are sent, counted from the start of a probe: ascending, the first at \"0s\".",
            kind: Kind::List { of: &Kind::Duration(&ATTEMPT_AT), least: 1, most: ATTEMPTS_MAX },
            preset: Preset::Value(r#"["0s", "1s", "3s"]"#),
            example: r#"["0s", "500ms"]"#,
            value: |config, _| {
                let attempts = config.probe.attempts.iter();
                Some(attempts.map(|at| Value::from(duration(*at))).collect())
            },
            beaten_by: &[],
        },
        Key {
            name: "window",
            about: "How long answers are waited for: longer than the last attempt.",
            kind: Kind::Duration(&WINDOW),
            preset: Preset::Value(r#""7s""#),
            example: r#""4s""#,
            value: |config, _| Some(duration(config.probe.window).into()),
            beaten_by: &[],
        },
        Key {
            name: "greeting_interval",
            about: "Time between two SMTP conversations with the same destination.",
            kind: Kind::Duration(&GREETING_INTERVAL),
            preset: Preset::Value(r#""15m""#),
            example: r#""1h""#,
            value: |config, _| Some(duration(config.probe.greeting_interval).into()),
            beaten_by: &[],
        },
        Key {
            name: "source",
            about: "Where packets leave from.",
            kind: Kind::Text(Form::Source),
            preset: Preset::Absent("the routing table chooses"),
            example: r#""eth0""#,
            value: |config, _| config.probe.source.as_ref().map(|source| source.to_string().into()),
            beaten_by: &[],
        },
    ],
};
