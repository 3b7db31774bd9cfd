//! The faces of a report. Pure functions: what the terminal can do is an argument.
//!
//! Everything in a report that came from outside (greetings, names, addresses) is escaped here, once, before it
//! reaches a terminal or a file.

pub(crate) mod destinations;
pub(crate) mod evidence;
mod explain;
mod json;
mod junit;
mod relays;
#[cfg(test)]
pub(crate) mod sample;
pub mod settings;
mod table;
#[cfg(test)]
mod tests;
pub(crate) mod words;

pub(crate) use self::json::{escape, plain};
pub use self::json::{history, json};
pub use self::junit::junit;
pub use self::table::table;

/// What the terminal can do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// Whether colours are understood and wanted.
    pub colour: bool,
    /// Columns, where there is a terminal that has some.
    pub width: Option<u16>,
}
