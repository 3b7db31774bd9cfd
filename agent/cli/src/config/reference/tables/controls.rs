//! `[controls]`

use serde_json::Value;

use crate::config::reference::kind::{Form, Kind};
use crate::config::reference::{Key, Preset, Table};
use crate::config::targets::GLOBALS_MAX;

pub(super) const TABLE: Table = Table {
    name: "controls",
    about: "Destinations that are nobody's mail: they show whether there is an internet at all.",
    repeated: None,
    keys: &[Key {
        name: "global",
        about: "Asked every round beside the targets.",
        kind: Kind::List { of: &Kind::Text(Form::Address), least: 0, most: GLOBALS_MAX },
        preset: Preset::Value(r#"["www.microsoft.com:443", "www.google.com:443"]"#),
        example: r#"["www.example.com:443"]"#,
        value: |config, _| {
            let globals = config.roster.globals().iter();
            Some(globals.map(|address| Value::from(address.to_string())).collect())
        },
        beaten_by: &[],
    }],
};
