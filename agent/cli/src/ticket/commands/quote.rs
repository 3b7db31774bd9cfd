//! Words of a command line, quoted so that a shell takes each for itself.

use std::borrow::Cow;

/// For a POSIX shell (XCU §2.2.2): between single quotes nothing is special.
pub(crate) fn sh(word: &str) -> Cow<'_, str> {
    if is_plain(word) { Cow::Borrowed(word) } else { format!("'{}'", word.replace('\'', r"'\''")).into() }
}

/// For `PowerShell`, which takes typographic quotes for quotes: doubled, each stands for itself.
pub(super) fn powershell(word: &str) -> Cow<'_, str> {
    if is_plain(word) {
        return Cow::Borrowed(word);
    }
    let mut quoted = String::from("'");
    for c in word.chars() {
        quoted.extend(std::iter::repeat_n(c, if "'‘’‚‛".contains(c) { 2 } else { 1 }));
    }
    quoted.push('\'');
    quoted.into()
}

/// Not an option, and nothing that a shell reads otherwise.
fn is_plain(word: &str) -> bool {
    let is_harmless = |c: char| c.is_ascii_alphanumeric() || "._:/-".contains(c);
    !word.is_empty() && !word.starts_with('-') && word.chars().all(is_harmless)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_what_needs_it_is_quoted() {
        for (word, for_sh, for_powershell) in [
            ("mx1.example.com", "mx1.example.com", "mx1.example.com"),
            ("a b", "'a b'", "'a b'"),
            ("it's", r"'it'\''s'", "'it''s'"),
            ("x’;y", "'x’;y'", "'x’’;y'"),
            ("$(id)", "'$(id)'", "'$(id)'"),
            ("", "''", "''"),
        ] {
            assert_eq!((sh(word), powershell(word)), (for_sh.into(), for_powershell.into()));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_shell_takes_a_quoted_word_for_itself(word in "[ -~\n\u{e9}]{0,24}") {
            let output = Command::new("sh").arg("-c").arg(format!("printf %s {}", sh(&word))).output();
            prop_assert_eq!(output.expect("there is a shell").stdout, word.into_bytes());
        }
    }
}
