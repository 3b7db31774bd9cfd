//! `sortie config init`: a file with every key, in which nothing is said yet.
//!
//! A line that begins with `#` and a letter is a key with its default: taking the `#` away changes nothing until the
//! value is changed. What begins with `#` and a space is for reading, also keys that have no default.

use std::fmt::Write;

use super::{Key, Preset, TABLES, Table};

const HEAD: &str = "\
# Configuration of sortie. Every key is optional.
#
# A line that begins with # and a letter is a key with its default: take the # away and change the value. Keys after
# a # and a space have no default; they show an example.
#
#   sortie config check FILE            says what is wrong with this file
#   sortie config show --config FILE    says what is in force, and where it comes from
";

/// The text of the file.
pub fn template() -> String {
    let mut text = HEAD.to_owned();
    for table in &TABLES {
        write_table(&mut text, table);
    }
    text
}

fn write_table(out: &mut String, table: &Table) {
    let _ = writeln!(out, "\n\n# {}", table.about);
    if let Some(repeated) = &table.repeated {
        let _ = writeln!(out, "# Without any entry, {}.\n", repeated.without);
        let _ = writeln!(out, "# {}", table.heading());
        table.keys.iter().for_each(|key| write_example(out, key));
    } else {
        let _ = writeln!(out, "{}", table.heading());
        table.keys.iter().for_each(|key| write_key(out, key));
    }
}

/// A key of an entry that is all comment: without the `# ` before each line it is an entry.
fn write_example(out: &mut String, key: &Key) {
    let _ = writeln!(out, "# # {}\n# # {}\n# {} = {}", plain(key.about), without(key), key.name, key.example);
}

fn write_key(out: &mut String, key: &Key) {
    let kind = plain(&key.kind.describe());
    let (initial, rest) = kind.split_at(1);
    let _ = writeln!(out, "\n# {}\n# {}{rest}.{}", plain(key.about), initial.to_uppercase(), key.beaten(""));
    let _ = match key.preset {
        Preset::Value(value) => writeln!(out, "#{} = {value}", key.name),
        Preset::Absent(_) | Preset::Required => {
            writeln!(out, "# {}\n# {} = {}", without(key), key.name, key.example)
        }
    };
}

/// What holds without the key, as a sentence.
fn without(key: &Key) -> String {
    match key.preset {
        Preset::Value(value) => format!("Default: {value}."),
        Preset::Absent(what) => format!("When absent, {}.", plain(what)),
        Preset::Required => "Required.".to_owned(),
    }
}

/// Without the marks of Markdown.
fn plain(text: &str) -> String {
    text.replace('`', "")
}
