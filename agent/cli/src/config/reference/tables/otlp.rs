//! `[otlp]`

use crate::config::environment::{ENDPOINT, INTERVAL as INTERVAL_VARIABLE, PROTOCOL};
use crate::config::otlp::{INTERVAL, MAX_AGE, MAX_BYTES, Protocol};
use crate::config::reference::kind::{Form, Kind};
use crate::config::reference::spell::{bytes, duration, word, words};
use crate::config::reference::{Key, Layer, Preset, Table};

pub(super) const TABLE: Table = Table {
    name: "otlp",
    about: "Where telemetry goes. Headers come from the environment only, since a file has more readers.",
    repeated: None,
    keys: &[
        Key {
            name: "endpoint",
            about: "The base URL of the receiver.",
            kind: Kind::Text(Form::Url),
            preset: Preset::Absent("nothing is exported, and everything else works"),
            example: r#""https://gateway:4318""#,
            value: |config, _| config.otlp.endpoint.clone().map(Into::into),
            beaten_by: &[Layer::Variable(ENDPOINT, |environment| environment.endpoint.is_some())],
        },
        Key {
            name: "protocol",
            about: "How OTLP is spoken.",
            kind: Kind::Word(&const { words(&Protocol::WORDS) }),
            preset: Preset::Value(r#""http/protobuf""#),
            example: r#""grpc""#,
            value: |config, _| word(&Protocol::WORDS, &config.otlp.protocol),
            beaten_by: &[Layer::Variable(PROTOCOL, |environment| environment.protocol.is_some())],
        },
        Key {
            name: "interval",
            about: "Time between two exports of metrics; events leave at once.",
            kind: Kind::Duration(&INTERVAL),
            preset: Preset::Value(r#""60s""#),
            example: r#""30s""#,
            value: |config, _| Some(duration(config.otlp.interval).into()),
            beaten_by: &[Layer::Variable(INTERVAL_VARIABLE, |environment| environment.interval.is_some())],
        },
        Key {
            name: "max_age",
            about: "What waits for longer than this is given up.",
            kind: Kind::Duration(&MAX_AGE),
            preset: Preset::Value(r#""24h""#),
            example: r#""12h""#,
            value: |config, _| Some(duration(config.otlp.max_age).into()),
            beaten_by: &[],
        },
        Key {
            name: "max_bytes",
            about: "What waits takes no more than this on disk.",
            kind: Kind::Bytes(&MAX_BYTES),
            preset: Preset::Value(r#""32MiB""#),
            example: r#""64MiB""#,
            value: |config, _| Some(bytes(config.otlp.max_bytes).into()),
            beaten_by: &[],
        },
    ],
};
