//! Placeholders in the place of what identifies machine and account, the same one for the same identifier everywhere.
//!
//! What a ticket is made of is redacted, not the ticket: its sentences, commands and the raw report come out of the same
//! placeholders, and the words of the program cannot be taken for names. Every text of the report is looked through but
//! for those that are words of closed lists; a field that is new is looked through without being told of.

mod meaning;
mod names;
mod placeholders;
mod scan;
mod shape;
#[cfg(test)]
mod tests;

use serde_json::Value;
use sortie_core::report::Report;

use self::scan::{Author, Scanner};
use super::sources::{Machine, Past, Sources};

/// Fields that hold a word of a closed list or a moment, below what holds them: elsewhere a field of the same name may
/// hold anything, as the rule of a security group does.
const WORDS: [(&str, &[&str]); 9] = [
    ("", &["schema", "engine", "generated_at"]),
    ("verdicts", &["family", "state", "signature", "attribution", "rule", "expected", "since"]),
    ("observations", &["role", "family", "outcome", "error_type"]),
    ("detail", &["errno", "dns"]),
    ("walks", &["family"]),
    ("relays", &["result", "failed_stage"]),
    ("stages", &["stage"]),
    ("cloud", &["provider", "platform", "provisioned_at"]),
    ("subscription", &["type", "source"]),
];

/// Fields that are an identifier as a whole, with what holds them and of what kind they are.
const IDENTIFIERS: [(&str, &str, &str); 6] = [
    ("cloud", "subscription_id", "subscription"),
    ("cloud", "account_id", "account"),
    ("cloud", "scale_set", "scale-set"),
    ("cloud", "vm_id", "vm"),
    ("host", "name", "host"),
    ("host", "id", "machine"),
];

/// The same with placeholders. Fails only where a report cannot be written and read back.
pub(crate) fn redacted(sources: Sources) -> serde_json::Result<Sources> {
    let Sources { report, past, machine, made_at, redacted: _ } = sources;
    let mut scanner = Scanner::new(&report, &machine);
    Ok(Sources {
        report: of_report(&mut scanner, &report)?,
        past: of_past(&mut scanner, past),
        machine: of_machine(&mut scanner, machine),
        made_at,
        redacted: true,
    })
}

fn of_report(scanner: &mut Scanner, report: &Report) -> serde_json::Result<Report> {
    let mut value = serde_json::to_value(report)?;
    clean(scanner, "", "", &mut value);
    serde_json::from_value(value)
}

/// A value below a field, and what holds that field.
fn clean(scanner: &mut Scanner, holder: &str, field: &str, value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.iter_mut().for_each(|(name, value)| clean(scanner, field, name, value));
        }
        Value::Array(values) => values.iter_mut().for_each(|value| clean(scanner, holder, field, value)),
        Value::String(text) if !is_word(holder, field) => *text = cleaned(scanner, holder, field, text),
        _ => {}
    }
}

fn is_word(holder: &str, field: &str) -> bool {
    WORDS.iter().any(|(within, fields)| *within == holder && fields.contains(&field))
}

fn cleaned(scanner: &mut Scanner, holder: &str, field: &str, text: &str) -> String {
    let whole = IDENTIFIERS.iter().find(|(within, name, _)| (*within, *name) == (holder, field));
    match (whole, holder, field) {
        (Some((.., kind)), ..) => scanner.name(kind, text),
        // Other clouds have other ids, of which every part may be a name.
        (None, "cloud", "resource_id") if !text.starts_with(names::ROOT) => scanner.name("vm", text),
        (None, _, "greeting") | (None, "stages", _) => scanner.text(text, Author::Stranger),
        _ => scanner.text(text, Author::Report),
    }
}

fn of_past(scanner: &mut Scanner, mut past: Past) -> Past {
    let mut clean = |text: &mut String| *text = scanner.text(text, Author::Report);
    past.changes.iter_mut().for_each(|change| clean(&mut change.summary));
    for (sample, _) in &mut past.latest {
        sample.operator.iter_mut().for_each(&mut clean);
        clean(&mut sample.address);
    }
    past.losses.iter_mut().for_each(clean);
    past
}

fn of_machine(scanner: &mut Scanner, mut machine: Machine) -> Machine {
    let mut name = |kind, text: &mut String| *text = scanner.name(kind, text);
    machine.names.iter_mut().for_each(|text| name("host", text));
    machine.id.iter_mut().for_each(|text| name("machine", text));
    for interface in &mut machine.interfaces {
        interface.mac.iter_mut().for_each(|text| name("mac", text));
        interface.addresses.iter_mut().for_each(|text| name("address", text));
    }
    machine
}
