//! Files that nobody writes on purpose: they are refused or read, and never make a mess.

use std::path::Path;

use proptest::prelude::*;

use super::super::{Base, diagnose, parse};

/// A good file with every key, to be damaged.
const GOOD: &str = include_str!("every-key.toml");

/// Parses, and shows the mistakes: no panic, no control characters, no flood of text.
fn survives(text: &str) {
    let Err(problems) = parse(text, Base::Catalogue) else { return };
    assert!(!problems.is_empty(), "refused without a reason");
    let shown = diagnose::render(Path::new("x"), text, &problems, false);
    assert!(!shown.chars().any(|c| c.is_control() && c != '\n'), "control characters reach the terminal");
    assert!(shown.len() < 100_000, "{} bytes of mistakes", shown.len());
}

#[test]
fn absurd_files_are_refused() {
    let long = format!("[agent]\nhost_id = '{}'\n", "x".repeat(500_000));
    let many = "[[target]]\naddress = 'a:0'\n".repeat(5_000);
    let deep = format!("a = {}{}", "[".repeat(50_000), "]".repeat(50_000));
    let escape = "[agent]\nhost_id = \"\\u001b[31mred\"\n\"\\u001b]0;x\\u0007\" = 1\n".to_owned();
    for text in
        [long, many, deep, escape, "\0".to_owned(), "\u{feff}[agent]\nx = 1".to_owned(), "=".repeat(9_999)]
    {
        assert!(parse(&text, Base::Catalogue).is_err());
        survives(&text);
    }
}

proptest! {
    #[test]
    fn any_text_survives(text in "\\PC{0,200}") {
        survives(&text);
    }

    #[test]
    fn a_damaged_file_survives(at in 0..GOOD.len(), cut in 0..40_usize, insert in "[\\x00-\\x7f\u{9b}ü\u{202e}]{0,8}") {
        let mut text = GOOD.to_owned();
        text.replace_range(at..(at + cut).min(GOOD.len()), &insert);
        survives(&text);
    }
}
