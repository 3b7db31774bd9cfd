//! `[otlp]`

use serde_json::Value;

use crate::config::environment::{
    CERTIFICATE, CLIENT_CERTIFICATE, CLIENT_KEY, COMPRESSION, ENDPOINT, INTERVAL as INTERVAL_VARIABLE,
    LOGS_ENDPOINT, LOGS_EXPORTER, METRICS_ENDPOINT, METRICS_EXPORTER, PROTOCOL, SDK_DISABLED,
    TIMEOUT as TIMEOUT_VARIABLE,
};
use crate::config::file_ref::FileRef;
use crate::config::otlp::{Compression, INTERVAL, MAX_AGE, MAX_BYTES, OFF, Protocol, TIMEOUT};
use crate::config::reference::kind::{Form, Kind};
use crate::config::reference::spell::{bytes, duration, word, words};
use crate::config::reference::{Key, Layer, Preset, Table};

/// Beats every endpoint.
const DISABLED: Layer = Layer::Variable(SDK_DISABLED, |environment| environment.disabled);

pub(super) const TABLE: Table = Table {
    name: "otlp",
    about: "Where telemetry goes. Headers come from the environment or a file of their own, since this file has more readers.",
    repeated: None,
    keys: &[
        Key {
            name: "endpoint",
            about: "The base URL of the receiver.",
            kind: Kind::Text(Form::Url),
            preset: Preset::Absent("nothing is exported but what has an endpoint of its own"),
            example: r#""https://gateway:4318""#,
            value: |config, _| config.otlp.endpoint.clone().map(Into::into),
            beaten_by: &[DISABLED, Layer::Variable(ENDPOINT, |environment| environment.endpoint.is_some())],
        },
        Key {
            name: "metrics_endpoint",
            about: "Where metrics go instead: a URL that is used as it is, with `http/protobuf` only, or nowhere.",
            kind: Kind::WordOr(&[OFF], Form::Url),
            preset: Preset::Absent("it is `v1/metrics` below `endpoint`"),
            example: r#""https://metrics.example.com/otlp/v1/metrics""#,
            value: |config, _| config.otlp.metrics_endpoint.written().map(Into::into),
            beaten_by: &[
                DISABLED,
                Layer::Variable(METRICS_EXPORTER, |environment| environment.metrics_off),
                Layer::Variable(METRICS_ENDPOINT, |environment| environment.metrics_endpoint.is_some()),
            ],
        },
        Key {
            name: "logs_endpoint",
            about: "Where events go instead: a URL that is used as it is, with `http/protobuf` only, or nowhere.",
            kind: Kind::WordOr(&[OFF], Form::Url),
            preset: Preset::Absent("it is `v1/logs` below `endpoint`"),
            example: r#""https://logs.example.com/otlp/v1/logs""#,
            value: |config, _| config.otlp.logs_endpoint.written().map(Into::into),
            beaten_by: &[
                DISABLED,
                Layer::Variable(LOGS_EXPORTER, |environment| environment.logs_off),
                Layer::Variable(LOGS_ENDPOINT, |environment| environment.logs_endpoint.is_some()),
            ],
        },
        Key {
            name: "protocol",
            about: "How OTLP is spoken.",
            kind: Kind::Word(&const { words(&Protocol::WORDS) }),
            preset: Preset::Value(r#""http/protobuf""#),
            example: r#""http/protobuf""#,
            value: |config, _| word(&Protocol::WORDS, &config.otlp.protocol),
            beaten_by: &[Layer::Variable(PROTOCOL, |environment| environment.protocol.is_some())],
        },
        Key {
            name: "compression",
            about: "How requests are packed.",
            kind: Kind::Word(&const { words(&Compression::WORDS) }),
            preset: Preset::Value(r#""gzip""#),
            example: r#""none""#,
            value: |config, _| word(&Compression::WORDS, &config.otlp.compression),
            beaten_by: &[Layer::Variable(COMPRESSION, |environment| environment.compression.is_some())],
        },
        Key {
            name: "timeout",
            about: "How long one request may take.",
            kind: Kind::Duration(&TIMEOUT),
            preset: Preset::Value(r#""10s""#),
            example: r#""30s""#,
            value: |config, _| Some(duration(config.otlp.timeout).into()),
            beaten_by: &[Layer::Variable(TIMEOUT_VARIABLE, |environment| environment.timeout.is_some())],
        },
        Key {
            name: "headers_file",
            about: "Headers of every request, one `name: value` on each line; of one name that of the environment wins.",
            kind: Kind::Text(Form::File),
            preset: Preset::Absent("only those of the environment are sent"),
            example: r#""credential:otlp-headers""#,
            value: |config, _| written(config.otlp.headers_file.as_ref()),
            beaten_by: &[],
        },
        Key {
            name: "ca_file",
            about: "Certificates (PEM) of the authorities that vouch for the receiver.",
            kind: Kind::Text(Form::File),
            preset: Preset::Absent("those of the system do"),
            example: r#""/etc/sortie/ca.pem""#,
            value: |config, _| written(config.otlp.ca_file.as_ref()),
            beaten_by: &[Layer::Variable(CERTIFICATE, |environment| environment.ca_file.is_some())],
        },
        Key {
            name: "client_cert",
            about: "Certificate (PEM) by which the receiver knows this agent; it goes with `client_key`.",
            kind: Kind::Text(Form::File),
            preset: Preset::Absent("the agent shows none"),
            example: r#""/etc/sortie/client.pem""#,
            value: |config, _| written(config.otlp.client_cert.as_ref().map(|pair| &pair.certificate)),
            beaten_by: &[Layer::Variable(CLIENT_CERTIFICATE, |environment| {
                environment.client_cert.is_some()
            })],
        },
        Key {
            name: "client_key",
            about: "Private key (PEM) of `client_cert`.",
            kind: Kind::Text(Form::File),
            preset: Preset::Absent("the agent shows no certificate"),
            example: r#""credential:client-key""#,
            value: |config, _| written(config.otlp.client_cert.as_ref().map(|pair| &pair.key)),
            beaten_by: &[Layer::Variable(CLIENT_KEY, |environment| environment.client_key.is_some())],
        },
        Key {
            name: "proxy",
            about: "The HTTP proxy between here and the receiver; `off` takes the direct way whatever the environment says.",
            kind: Kind::WordOr(&[OFF], Form::Proxy),
            preset: Preset::Absent("HTTPS_PROXY, HTTP_PROXY and NO_PROXY of the environment are honoured"),
            example: r#""http://proxy:3128""#,
            value: |config, _| config.otlp.proxy.written().map(Into::into),
            beaten_by: &[],
        },
        Key {
            name: "interval",
            about: "Time between two exports of metrics; events leave at once. The rules for a fleet want two minutes at most.",
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

fn written(file: Option<&FileRef>) -> Option<Value> {
    file.map(|file| file.written().into())
}
