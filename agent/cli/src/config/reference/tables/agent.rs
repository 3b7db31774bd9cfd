//! `[agent]`

use crate::config::agent::INTERVAL;
use crate::config::reference::kind::{Form, Kind};
use crate::config::reference::spell::duration;
use crate::config::reference::{Key, Layer, Preset, Table};

pub(super) const TABLE: Table = Table {
    name: "agent",
    about: "The daemon's own habits.",
    repeated: None,
    keys: &[
        Key {
            name: "interval",
            about: "Time between two rounds while nothing changes; it has to be longer than `probe.window`.",
            kind: Kind::Duration(&INTERVAL),
            preset: Preset::Value(r#""60s""#),
            example: r#""5m""#,
            value: |config, _| Some(duration(config.agent.interval).into()),
            beaten_by: &[Layer::Flag("--interval", |flags| flags.interval.is_some())],
        },
        Key {
            name: "state_dir",
            about: "Where history and state are kept.",
            kind: Kind::Text(Form::Path),
            preset: Preset::Value(r#""/var/lib/sortie""#),
            example: r#""/srv/sortie""#,
            value: |config, _| Some(config.agent.state_dir.to_string_lossy().into()),
            beaten_by: &[],
        },
        Key {
            name: "host_id",
            about: "The id of this machine in reports and telemetry.",
            kind: Kind::Text(Form::Id),
            preset: Preset::Absent("the cloud's id of the machine is used, else its machine-id"),
            example: r#""vm-1""#,
            value: |config, _| config.agent.host_id.clone().map(Into::into),
            beaten_by: &[],
        },
    ],
};
