//! `[[target]]`

use sortie_core::target::{Role, Target};

use crate::config::Config;
use crate::config::reference::kind::{Form, Kind};
use crate::config::reference::{Key, Preset, Repeated, Table};
use crate::config::targets::TARGETS_MAX;

pub(super) const TABLE: Table = Table {
    name: "target",
    about: "Mail servers that are asked. Fewer than three independent operators on a port convict nobody.",
    repeated: Some(Repeated {
        most: TARGETS_MAX,
        without: "the built-in destinations are asked; one entry replaces all of them",
        count: |config| config.roster.targets().len(),
    }),
    keys: &[
        Key {
            name: "operator",
            about: "Who runs it: servers of one operator count as one witness.",
            kind: Kind::Text(Form::Name),
            preset: Preset::Absent("the registered domain of the address is taken, or its network"),
            example: r#""example""#,
            value: |config, at| target(config, at).map(|target| target.operator().as_str().into()),
            beaten_by: &[],
        },
        Key {
            name: "address",
            about: "Where it is: a name, a literal, or the mail exchangers of a domain.",
            kind: Kind::Text(Form::Address),
            preset: Preset::Required,
            example: r#""mx:example.com:25""#,
            value: |config, at| target(config, at).map(|target| target.address().to_string().into()),
            beaten_by: &[],
        },
        Key {
            name: "control",
            about: "Another port of the same operator, which a block of mail leaves alone.",
            kind: Kind::Text(Form::Address),
            preset: Preset::Absent("only the global controls vouch for the way"),
            example: r#""smtp.example.com:587""#,
            value: |config, at| target(config, at)?.control().map(|control| control.to_string().into()),
            beaten_by: &[],
        },
        Key {
            name: "anchor",
            about: "Whether it is known to accept mail connections from anywhere.",
            kind: Kind::Boolean,
            preset: Preset::Value("false"),
            example: "true",
            value: |config, at| target(config, at).map(|target| (target.role() == Role::Anchor).into()),
            beaten_by: &[],
        },
    ],
};

fn target(config: &Config, at: usize) -> Option<&Target> {
    config.roster.targets().get(at)
}
