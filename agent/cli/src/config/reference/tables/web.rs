//! `[web]`

use crate::config::reference::kind::{Form, Kind};
use crate::config::reference::{Key, Layer, Preset, Table};
use crate::config::web::{HOSTS_MAX, OFF};

pub(super) const TABLE: Table = Table {
    name: "web",
    about: "The local page, its API and the metrics.",
    repeated: None,
    keys: &[
        Key {
            name: "listen",
            about: "Where they are served.",
            kind: Kind::WordOr(&[OFF], Form::Socket),
            preset: Preset::Value(r#""127.0.0.1:9525""#),
            example: r#""[::1]:9525""#,
            value: |config, _| {
                let listen = config.web.listen.map(|address| address.to_string());
                Some(listen.unwrap_or_else(|| OFF.to_owned()).into())
            },
            beaten_by: &[Layer::Flag("--listen", |flags| flags.listen.is_some())],
        },
        Key {
            name: "hosts",
            about: "Names under which the page may be opened, beside addresses, localhost and this machine's own name.",
            kind: Kind::List { of: &Kind::Text(Form::Host), least: 0, most: HOSTS_MAX },
            preset: Preset::Value("[]"),
            example: r#"["vm-1.example.com"]"#,
            value: |config, _| Some(config.web.hosts.clone().into()),
            beaten_by: &[],
        },
    ],
};
