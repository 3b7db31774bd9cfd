//! The report as JSON, schema `sortie.report/1`, and the history, schema `sortie.history/1`.

use std::fmt::Write;

use sortie_core::history::History;
use sortie_core::report::Report;

use crate::text::is_hostile;

/// Pretty-printed, with a line break at the end.
pub fn json(report: &Report) -> serde_json::Result<String> {
    serde_json::to_string_pretty(report).map(finish)
}

/// On one line, since most of it is thousands of points, with a line break at the end.
pub fn history(history: &History) -> serde_json::Result<String> {
    serde_json::to_string(history).map(finish)
}

fn finish(json: String) -> String {
    let mut text = plain(json);
    text.push('\n');
    text
}

/// The same JSON, fit for a terminal.
pub(crate) fn plain(json: String) -> String {
    if json.contains(must_escape) { escape(&json) } else { json }
}

/// JSON allows DEL, the C1 controls and direction marks inside strings (RFC 8259 §7) and terminals obey them: written
/// as escapes they mean the same to every parser. All of them are below U+10000.
pub(crate) fn escape(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    for c in json.chars() {
        if must_escape(c) {
            let _ = write!(safe, "\\u{:04x}", u32::from(c));
        } else {
            safe.push(c);
        }
    }
    safe
}

/// A raw line break stands between values only: serde escapes those inside strings.
fn must_escape(c: char) -> bool {
    c != '\n' && is_hostile(c)
}
