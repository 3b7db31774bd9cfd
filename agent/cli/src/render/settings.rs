//! The values in force, as a table, as JSON and as a configuration file.

use std::fmt::Write;

use comfy_table::{Table, presets};
use serde_json::{Value, json};

use super::escape;
use crate::config::{Config, Origin, Setting, reference};
use crate::text::printable;

/// The schema of [`json`].
const SCHEMA: &str = "sortie.settings/1";

/// Stands for a value that there is none of.
const NONE: &str = "-";

/// One line for each value: its name, the value as it would be written, and where it comes from.
pub fn table(config: &Config, settings: &[Setting]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    for setting in settings {
        let value = setting.value.as_ref().map_or_else(|| NONE.to_owned(), reference::toml);
        table.add_row([setting.name(), value, origin(config, setting)]);
    }
    table.lines().fold(String::new(), |text, line| text + line.trim() + "\n")
}

/// The same for programs.
pub fn json(config: &Config, settings: &[Setting]) -> String {
    let settings: Vec<Value> = settings.iter().map(entry).collect();
    let file = config.path.as_ref().map(|path| path.display().to_string());
    let document = json!({"schema": SCHEMA, "file": file, "hash": config.hash, "settings": settings});
    escape(&format!("{document:#}\n"))
}

/// The same as a file: what is in force with it is in force without it. Built-in entries are comments, for written
/// down they would say more than they do: that these and no others are wanted.
pub fn toml(config: &Config, settings: &[Setting]) -> String {
    let mut text = String::new();
    let mut last = None;
    for setting in settings {
        let built_in = |other: &Setting| other.table == setting.table && other.origin == Origin::BuiltIn;
        let comment = if settings.iter().any(built_in) { "# " } else { "" };
        let place = (setting.table, setting.entry);
        if last != Some(place) {
            let separator = if last.is_some() { "\n" } else { "" };
            let (open, close) = if setting.entry.is_some() { ("[[", "]]") } else { ("[", "]") };
            let _ = writeln!(text, "{separator}{comment}{open}{}{close}", setting.table);
            last = Some(place);
        }
        let comment = if setting.hidden { "# " } else { comment };
        let origin = origin(config, setting);
        let _ = match &setting.value {
            Some(value) => {
                writeln!(text, "{comment}{} = {}  # {origin}", setting.key, reference::toml(value))
            }
            None => writeln!(text, "# {} is absent", setting.key),
        };
    }
    text
}

fn entry(setting: &Setting) -> Value {
    let mut entry = json!({"key": setting.name(), "value": setting.value});
    let (origin, detail) = match setting.origin {
        Origin::Flag(name) => ("flag", Some(("name", name.into()))),
        Origin::Variable(name) => ("environment", Some(("name", name.into()))),
        Origin::Line(line) => ("file", Some(("line", line.into()))),
        Origin::BuiltIn => ("built-in", None),
        Origin::Default => ("default", None),
    };
    entry["origin"] = origin.into();
    if let Some((key, value)) = detail {
        entry[key] = value;
    }
    entry
}

fn origin(config: &Config, setting: &Setting) -> String {
    match setting.origin {
        Origin::Flag(name) | Origin::Variable(name) => name.to_owned(),
        Origin::Line(line) => {
            let path = config.path.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
            format!("{}:{line}", printable(&path))
        }
        Origin::BuiltIn => "built-in".to_owned(),
        Origin::Default => "default".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::config::{Environment, File, Overrides};

    #[test]
    fn what_a_file_and_its_name_hold_is_shown_harmlessly() {
        let path = PathBuf::from("a\u{1b}[31m\u{202e}.toml");
        let text = "[[target]]\noperator = \"\\u202Eegypt\"\naddress = 'a.example:25'\n".to_owned();
        let file = File { path, text };
        let config = file.config().expect("good");
        let settings = config.settings(Some(&file), &Environment::default(), &Overrides::default());
        for shown in [table(&config, &settings), json(&config, &settings), toml(&config, &settings)] {
            assert!(!shown.contains(|c: char| c != '\n' && crate::text::is_hostile(c)), "{shown:?}");
            assert!(shown.contains("\\u202eegypt"), "{shown}");
        }
    }

    #[test]
    fn what_is_written_as_a_file_says_the_same_when_it_is_read() {
        let target = "[[target]]\naddress = 'a.example:25'\ncontrol = 'b.example:587'\n";
        let relay = "[[relay]]\nname = 'own'\naddress = 'relay.example:465'\n";
        let known = "[[relay]]\nname = 'acs'\naddress = 'smtp.azurecomm.net:587'\nrequired = false\n";
        let every = include_str!("../config/tests/every-key.toml");
        for text in ["", target, relay, known, &(target.to_owned() + relay), every, "web.listen = 'off'"] {
            let file = File { path: PathBuf::from("x.toml"), text: text.to_owned() };
            let config = file.config().expect("good");
            let settings = config.settings(Some(&file), &Environment::default(), &Overrides::default());
            let again = File { text: toml(&config, &settings), ..file };
            let read = again.config().unwrap_or_else(|error| panic!("{error:?}"));
            assert_eq!(Config { hash: config.hash.clone(), ..read }, config, "{}", again.text);
        }
    }
}
