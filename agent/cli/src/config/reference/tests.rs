//! The reference and the readers name the same things, and everything made of the reference holds.

mod editor;

use std::path::Path;

use clap::CommandFactory as _;

use super::super::{Base, Config, defaults, parse};
use super::*;
use crate::args::Cli;

const MANUAL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configuration.md");

/// A key that nobody will ever have: the refusal names the keys that there are.
const NOBODYS: &str = "\"?\" = 0\n";

/// The names that the refusal of an unknown key offers.
fn known(text: &str) -> Vec<String> {
    let problems = parse(text, Base::Catalogue).expect_err("an unknown key is refused");
    let hint =
        problems.iter().filter(|p| p.title.contains("unknown key `?`")).find_map(|p| p.hint.as_deref());
    let names =
        hint.and_then(|hint| hint.strip_prefix("known here: ")).expect("the hint lists what is known");
    names.split(", ").map(str::to_owned).collect()
}

fn read(text: &str) -> Config {
    parse(text, Base::Catalogue).unwrap_or_else(|problems| panic!("{problems:?}\n{text}"))
}

/// A file in which every table has every key, with what `value` says.
fn every_key(value: impl Fn(&Key) -> Option<&'static str>) -> String {
    let table = |table: &Table| {
        let keys = table.keys.iter().filter_map(|key| Some(format!("{} = {}\n", key.name, value(key)?)));
        format!("{}\n{}", table.heading(), keys.collect::<String>())
    };
    TABLES.iter().map(table).collect()
}

fn sorted<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut names: Vec<String> = names.into_iter().map(str::to_owned).collect();
    names.sort();
    names
}

#[test]
fn readers_and_reference_name_the_same_keys() {
    assert_eq!(sorted(known(NOBODYS).iter().map(String::as_str)), sorted(TABLES.iter().map(|t| t.name)));
    for table in &TABLES {
        let read = known(&format!("{}\n{NOBODYS}", table.heading()));
        let told = sorted(table.keys.iter().map(|key| key.name));
        assert_eq!(sorted(read.iter().map(String::as_str)), told, "{}", table.heading());
    }
}

#[test]
fn every_default_of_the_reference_is_the_one_in_force() {
    let defaults = defaults();
    for table in TABLES.iter().filter(|table| table.repeated.is_none()) {
        for key in table.keys {
            let in_force = (key.value)(&defaults, 0).map(|value| toml(&value));
            let told = match key.preset {
                Preset::Value(value) => Some(value),
                Preset::Absent(_) => None,
                Preset::Required => panic!("{}.{} is not in a list", table.name, key.name),
            };
            assert_eq!(in_force.as_deref(), told, "{}.{}", table.name, key.name);
        }
    }
    let least = read(
        "[[target]]\naddress = 'a.example:25'\n[[relay]]\nname = 'r'\naddress = 'b.example:587'\nrequired = true",
    );
    for table in TABLES.iter().filter(|table| table.repeated.is_some()) {
        for key in table.keys {
            if let Preset::Value(told) = key.preset {
                assert_eq!((key.value)(&least, 0).map(|v| toml(&v)).as_deref(), Some(told), "{}", key.name);
            }
        }
    }
}

#[test]
fn every_example_is_read_and_changes_something() {
    let file = read(&every_key(|key| Some(key.example)));
    for table in &TABLES {
        for key in table.keys {
            let in_force = (key.value)(&file, 0).map(|value| toml(&value));
            assert_eq!(in_force.as_deref(), Some(key.example), "{}.{}", table.name, key.name);
            // A word may be its default, where no other goes with the rest: each is read in the next test.
            let is_default = matches!(key.preset, Preset::Value(default) if default == key.example);
            assert!(!is_default || matches!(key.kind, Kind::Word(_)), "{}.{}", table.name, key.name);
        }
    }
}

#[test]
fn every_word_of_the_reference_is_read() {
    for table in TABLES.iter().filter(|table| table.repeated.is_none()) {
        for key in table.keys {
            let (Kind::Word(words) | Kind::WordOr(words, _)) = key.kind else { continue };
            for word in words {
                let file = read(&format!("{}\n{} = '{word}'\n", table.heading(), key.name));
                assert_eq!((key.value)(&file, 0), Some(Value::from(*word)), "{}.{}", table.name, key.name);
            }
        }
    }
}

#[test]
fn every_flag_of_the_reference_can_be_typed() {
    let command = Cli::command();
    for layer in TABLES.iter().flat_map(|table| table.keys).flat_map(|key| key.beaten_by) {
        let Layer::Flag(name, _) = layer else { continue };
        let mut flags = command.get_subcommands().flat_map(clap::Command::get_arguments);
        assert!(flags.any(|flag| flag.get_long() == name.strip_prefix("--")), "{name}");
    }
}

#[test]
fn every_variable_of_the_reference_is_in_the_manual() {
    let told = manual::manual();
    for layer in TABLES.iter().flat_map(|table| table.keys).flat_map(|key| key.beaten_by) {
        let Layer::Variable(name, _) = layer else { continue };
        assert!(told.contains(&format!("\n| `{name}` | ")), "{name}");
    }
}

#[test]
fn the_template_says_nothing_until_it_is_uncommented_and_then_says_the_defaults() {
    let text = template();
    insta::assert_snapshot!("template", text);
    assert_eq!(read(&text), defaults());
    let is_key =
        |line: &&str| line.strip_prefix('#').is_some_and(|rest| rest.starts_with(char::is_alphabetic));
    let plain = TABLES.iter().filter(|table| table.repeated.is_none()).flat_map(|table| table.keys);
    let defaults_told = plain.filter(|key| matches!(key.preset, Preset::Value(_))).count();
    assert_eq!(text.lines().filter(is_key).count(), defaults_told);
    let uncommented: String = text
        .lines()
        .map(|line| if is_key(&line) { &line[1..] } else { line })
        .map(|line| line.to_owned() + "\n")
        .collect();
    assert_eq!(read(&uncommented), defaults());
    assert!(text.lines().all(|line| line.chars().count() <= 120), "a line is too long for a terminal");
}

#[test]
fn the_examples_of_the_template_are_entries() {
    let template = template();
    let entries = template.split("\n\n").filter(|block| block.starts_with("# [["));
    let text: String = entries.flat_map(str::lines).map(|line| line.replacen("# ", "", 1) + "\n").collect();
    let file = read(&text);
    assert_eq!((file.roster.targets().len(), file.relays.len()), (1, 1));
}

#[test]
fn every_key_has_its_place_in_the_template() {
    let text = template();
    for table in &TABLES {
        let (_, below) = text.split_once(&format!("{}\n", table.heading())).expect("the table is there");
        for key in table.keys {
            let assignment = format!("{} = ", key.name);
            assert!(below.lines().any(|line| line.trim_start_matches(['#', ' ']).starts_with(&assignment)));
        }
    }
}

#[test]
fn the_manual_in_the_repository_is_the_one_that_the_reference_makes() {
    let made = manual::manual();
    if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        std::fs::write(MANUAL, &made).expect("the manual can be written");
    }
    let kept = std::fs::read_to_string(MANUAL).unwrap_or_default();
    let path = Path::new(MANUAL).file_name();
    assert!(
        kept == made,
        "{path:?} has drifted: INSTA_UPDATE=always cargo test -p sortie-cli writes it anew"
    );
}
