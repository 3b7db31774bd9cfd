//! The report as JSON, schema `sortie.report/1`.

use std::fmt::Write;

use sortie_core::report::Report;

use crate::text::is_hostile;

/// Pretty-printed, with a line break at the end.
pub fn json(report: &Report) -> serde_json::Result<String> {
    let mut text = escape(&serde_json::to_string_pretty(report)?);
    text.push('\n');
    Ok(text)
}

/// JSON allows DEL, the C1 controls and direction marks inside strings (RFC 8259 §7) and terminals obey them: written
/// as escapes they mean the same to every parser. All of them are below U+10000.
pub(crate) fn escape(json: &str) -> String {
    let mut safe = String::with_capacity(json.len());
    for c in json.chars() {
        if c != '\n' && is_hostile(c) {
            let _ = write!(safe, "\\u{:04x}", u32::from(c));
        } else {
            safe.push(c);
        }
    }
    safe
}
