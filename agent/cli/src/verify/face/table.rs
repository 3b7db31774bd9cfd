//! A verification for people: how it ended, then what is known.

use std::fmt::Write as _;

use clap::builder::styling::{AnsiColor, Style as Ansi};
use sortie_core::verification::Ending;

use super::{Outcome, Subject};
use crate::exit;
use crate::render::words::{heading, paint};
use crate::render::{self, Style};
use crate::text::printable;
use crate::verify::fleet;

/// Text with a line break at the end.
pub(in crate::verify) fn table(outcome: &Outcome, style: Style) -> String {
    let (ending, reason) = (outcome.conclusion.ending, outcome.conclusion.reason);
    let word = match ending {
        Ending::Verified => "verified",
        Ending::NotEffective => "not effective",
        Ending::Expired => "expired",
    };
    let head = format!("{word}: {}", render::words::spoken(reason.code()));
    let mut out = format!("{} {}\n", mark(outcome.conclusion.code, style), heading(&head, style));
    let _ = writeln!(out, "  {}", printable(&outcome.summary));
    out.push('\n');
    match &outcome.subject {
        Subject::Machine(report) => out.push_str(&render::table(report, style)),
        Subject::Fleet(fleet) => out.push_str(&fleet::table(fleet, style)),
    }
    out
}

/// A mark that is readable without colour, by the exit code.
fn mark(code: u8, style: Style) -> String {
    let (shape, colour) = match code {
        exit::OK => ("✔", AnsiColor::Green),
        exit::DEGRADED => ("▲", AnsiColor::Yellow),
        exit::BLOCKED => ("✖", AnsiColor::Red),
        _ => ("?", AnsiColor::Yellow),
    };
    paint(shape, Ansi::new().bold().fg_color(Some(colour.into())), style)
}
