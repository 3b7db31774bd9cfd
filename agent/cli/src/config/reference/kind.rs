//! What may be written as a value: for people in words, for editors as JSON Schema.

use std::fmt::Write;
use std::ops::RangeInclusive;
use std::time::Duration;

use serde_json::{Value, json};

use super::spell;

/// The kinds of values.
#[derive(Clone, Copy, Debug)]
pub(in crate::config) enum Kind {
    /// A number and a unit of time, within bounds.
    Duration(&'static RangeInclusive<Duration>),
    /// A number and a unit of size, within bounds.
    Bytes(&'static RangeInclusive<u64>),
    /// `true` or `false`.
    Boolean,
    /// One of these.
    Word(&'static [&'static str]),
    /// Text of a certain form.
    Text(Form),
    /// One of these words, or text of a certain form.
    WordOr(&'static [&'static str], Form),
    /// Several values.
    List {
        /// Of each.
        of: &'static Kind,
        /// Fewest.
        least: usize,
        /// Most.
        most: usize,
    },
}

/// Forms of text.
#[derive(Clone, Copy, Debug)]
pub(in crate::config) enum Form {
    /// A destination with its port.
    Address,
    /// An address of this machine with a port.
    Socket,
    /// A host without a port.
    Host,
    /// A name that people give.
    Name,
    /// An id without spaces.
    Id,
    /// An absolute path.
    Path,
    /// An absolute path, or a credential of the service manager.
    File,
    /// An interface or an address.
    Source,
    /// A URL.
    Url,
    /// A URL without a path.
    Origin,
    /// The same of a proxy.
    Proxy,
}

impl Kind {
    /// In words.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Duration(bounds) => {
                format!(
                    "a duration from {} to {}",
                    spell::duration(*bounds.start()),
                    spell::duration(*bounds.end())
                )
            }
            Self::Bytes(bounds) => {
                format!("a size from {} to {}", spell::bytes(*bounds.start()), spell::bytes(*bounds.end()))
            }
            Self::Boolean => "`true` or `false`".to_owned(),
            Self::Word(words) => alternatives(words, None),
            Self::Text(form) => form.describe().to_owned(),
            Self::WordOr(words, form) => alternatives(words, Some(*form)),
            Self::List { of, least: 0, most } => format!("a list of at most {most}, each {}", of.describe()),
            Self::List { of, least, most } => format!("a list of {least} to {most}, each {}", of.describe()),
        }
    }

    /// As JSON Schema. It accepts everything that the reader accepts; bounds of numbers with units are beyond it.
    pub(super) fn schema(&self) -> Value {
        match self {
            Self::Duration(_) => text_like(r"^0$|^\s*[0-9][0-9.\s]*[A-Za-zµ][0-9A-Za-zµ.\s]*$"),
            Self::Bytes(_) => text_like(r"^[0-9]+\s*(B|kB|KB|MB|GB|KiB|MiB|GiB)\s*$"),
            Self::Boolean => json!({"type": "boolean"}),
            Self::Word(words) => json!({"enum": words}),
            Self::Text(form) => text_like(form.pattern()),
            Self::WordOr(words, form) => json!({"anyOf": [{"enum": words}, text_like(form.pattern())]}),
            Self::List { of, least, most } => {
                json!({"type": "array", "items": of.schema(), "minItems": least, "maxItems": most})
            }
        }
    }
}

impl Form {
    fn describe(self) -> &'static str {
        match self {
            Self::Address => {
                "an address: `host:port`, `192.0.2.1:25`, `[2001:db8::1]:25` or `mx:example.com:25`"
            }
            Self::Socket => "an address with a port",
            Self::Host => "a host name or an address, without a port",
            Self::Name => "1 to 64 printable characters",
            Self::Id => "1 to 255 visible ASCII characters",
            Self::Path => "an absolute path",
            Self::File => "an absolute path or `credential:NAME`",
            Self::Source => "an interface or an address",
            Self::Url => "a URL",
            Self::Origin => "a URL without a path",
            Self::Proxy => "an http URL without a path",
        }
    }

    /// A regular expression that every good value matches.
    fn pattern(self) -> &'static str {
        match self {
            Self::Address | Self::Socket => r"^\S+:[0-9]{1,5}$",
            Self::Host => r"^[^\s/*]+$",
            Self::Name => r"\S",
            Self::Id => r"^[!-~]{1,255}$",
            Self::Path => r"^/",
            Self::File => r"^(/|credential:[ -.0-9;-~]{1,255}$)",
            Self::Source => r"^[^\s/]+$",
            Self::Url => r"^https?://[^\s?#@/]+(/[^\s?#]*)?$",
            Self::Origin => r"^https?://[^\s?#@/]+/?$",
            Self::Proxy => r"^http://[^\s?#@/]+/?$",
        }
    }
}

fn text_like(pattern: &str) -> Value {
    json!({"type": "string", "pattern": pattern})
}

/// `"auto"`, `"off"` or a URL.
fn alternatives(words: &[&str], form: Option<Form>) -> String {
    let mut all: Vec<String> = words.iter().map(|word| format!("`\"{word}\"`")).collect();
    all.extend(form.map(|form| form.describe().to_owned()));
    let last = all.pop().unwrap_or_default();
    let mut text = all.join(", ");
    if !text.is_empty() {
        let _ = write!(text, " or ");
    }
    text + &last
}
