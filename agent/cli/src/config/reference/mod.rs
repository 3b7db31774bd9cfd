//! Every key of the configuration, once, as data.
//!
//! ```text
//! tables ─┬─▶ template   sortie config init
//!         ├─▶ schema     sortie config schema
//!         ├─▶ settings   sortie config show
//!         └─▶ manual     docs/configuration.md
//! ```
//!
//! The readers of the sections know more (how a value is parsed, which values contradict each other); what both know
//! (names, bounds, words, defaults) is shared or compared in the tests, so that neither can say what the other does
//! not do.

mod kind;
#[cfg(test)]
mod manual;
mod schema;
mod spell;
mod tables;
mod template;
#[cfg(test)]
mod tests;

use serde_json::Value;

pub use self::schema::schema;
pub use self::template::template;

pub(super) use self::kind::Kind;
pub(crate) use self::spell::toml;
pub(super) use self::tables::TABLES;
use super::{Config, Environment, Overrides};

/// A table of the file.
pub(super) struct Table {
    /// As it stands in brackets.
    pub(super) name: &'static str,
    /// What it is about, as a sentence.
    pub(super) about: &'static str,
    /// For `[[name]]`; `None` for `[name]`.
    pub(super) repeated: Option<Repeated>,
    /// In the order in which people read them.
    pub(super) keys: &'static [Key],
}

/// What there is to know of a list of tables.
pub(super) struct Repeated {
    /// More entries are refused.
    pub(super) most: usize,
    /// What holds when the file has no entry, as the rest of the sentence "Without any entry, …".
    pub(super) without: &'static str,
    /// Entries that are in force.
    pub(super) count: fn(&Config) -> usize,
}

/// A key of a table.
pub(super) struct Key {
    /// As it stands before the equals sign.
    pub(super) name: &'static str,
    /// What it is for, as a sentence.
    pub(super) about: &'static str,
    /// What may be written.
    pub(super) kind: Kind,
    /// What holds when it is not written.
    pub(super) preset: Preset,
    /// A value unlike the default, as it would be written.
    pub(super) example: &'static str,
    /// The value in force, for the entry with this number of a list of tables; `None` where there is none.
    pub(super) value: fn(&Config, usize) -> Option<Value>,
    /// What beats the file, the strongest first.
    pub(super) beaten_by: &'static [Layer],
}

/// What holds when a key is not written.
pub(super) enum Preset {
    /// This value, as it would be written.
    Value(&'static str),
    /// No value; the rest of the sentence "When absent, …".
    Absent(&'static str),
    /// An entry without it is refused.
    Required,
}

/// Something that beats the file, by name, and whether it was given.
pub(super) enum Layer {
    /// On the command line.
    Flag(&'static str, fn(&Overrides) -> bool),
    /// In the environment.
    Variable(&'static str, fn(&Environment) -> bool),
}

impl Table {
    /// `[name]` or `[[name]]`.
    pub(super) fn heading(&self) -> String {
        if self.repeated.is_some() { format!("[[{}]]", self.name) } else { format!("[{}]", self.name) }
    }
}

impl Key {
    /// What beats it, as a sentence that begins with a space, the names between marks; empty where nothing does.
    pub(super) fn beaten(&self, mark: &str) -> String {
        let names: Vec<_> =
            self.beaten_by.iter().map(|layer| format!("{mark}{}{mark}", layer.name())).collect();
        match names.split_last() {
            None => String::new(),
            Some((last, [])) => format!(" Beaten by {last}."),
            Some((last, rest)) => format!(" Beaten by {} and {last}.", rest.join(", ")),
        }
    }
}

impl Layer {
    /// As people write it.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Flag(name, _) | Self::Variable(name, _) => name,
        }
    }
}
