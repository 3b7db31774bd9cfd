//! `[cloud]`

use serde_json::Value;

use crate::config::Service;
use crate::config::cloud::ARM_INTERVAL;
use crate::config::reference::kind::{Form, Kind};
use crate::config::reference::spell::duration;
use crate::config::reference::{Key, Preset, Table};

const SERVICE: Kind = Kind::WordOr(&["auto", "off"], Form::Origin);

pub(super) const TABLE: Table = Table {
    name: "cloud",
    about: "Who may be asked about this machine and its subscription.",
    repeated: None,
    keys: &[
        Key {
            name: "imds",
            about: "The instance metadata service; a URL is the only one that is asked.",
            kind: SERVICE,
            preset: Preset::Value(r#""auto""#),
            example: r#""http://169.254.169.254""#,
            value: |config, _| Some(service(&config.cloud.imds)),
            beaten_by: &[],
        },
        Key {
            name: "arm",
            about: "Azure Resource Manager; `auto` on one machine of each subscription is enough.",
            kind: SERVICE,
            preset: Preset::Value(r#""off""#),
            example: r#""auto""#,
            value: |config, _| Some(service(&config.cloud.arm)),
            beaten_by: &[],
        },
        Key {
            name: "arm_interval",
            about: "Time between two questions to Azure Resource Manager.",
            kind: Kind::Duration(&ARM_INTERVAL),
            preset: Preset::Value(r#""15m""#),
            example: r#""1h""#,
            value: |config, _| Some(duration(config.cloud.arm_interval).into()),
            beaten_by: &[],
        },
    ],
};

fn service(service: &Service) -> Value {
    match service {
        Service::Auto => "auto".into(),
        Service::Off => "off".into(),
        Service::At(url) => url.as_str().into(),
    }
}
