//! Files that we ship, and the little that a trial changes in them: what names a place, and how long something waits.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

/// Where the rules lie that are loaded by default.
const RULES: &str = "dashboards/rules/prometheus";

/// A file of the repository.
pub(super) fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)
}

pub(super) fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("failed to read {}", path.display()))
}

pub(super) fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).with_context(|| format!("failed to write {}", path.display()))
}

/// Every file of rules for Prometheus, by name.
pub(super) fn rules() -> Result<Vec<(OsString, String)>> {
    let folder = path(RULES);
    let mut rules = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("failed to read {}", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "yaml") {
            rules.push((path.file_name().unwrap_or_default().to_owned(), read(&path)?));
        }
    }
    ensure!(!rules.is_empty(), "there are no rules in {}", folder.display());
    Ok(rules)
}

/// The text with the durations of these keys divided, wherever the keys stand.
pub(super) fn hurried(text: &str, keys: &[&str], hurry: u32) -> Result<String> {
    let line = |line: &str| -> Result<String> {
        let Some((before, value)) = line.split_once(": ") else { return Ok(line.to_owned()) };
        if !keys.contains(&before.trim_start_matches([' ', '-'])) {
            return Ok(line.to_owned());
        }
        let waits = humantime::parse_duration(value.trim_matches(['\'', '"', ' ']))
            .with_context(|| format!("`{line}` is no duration"))?;
        Ok(format!("{before}: {}ms", (waits / hurry).max(Duration::from_millis(1)).as_millis()))
    };
    Ok(text.lines().map(line).collect::<Result<Vec<_>>>()?.join("\n") + "\n")
}

/// The text without these keys of its top level.
pub(super) fn without(text: &str, keys: &[&str]) -> String {
    let mut is_kept = true;
    let kept = text.lines().filter(|line| {
        if line.starts_with(|first: char| first.is_alphabetic()) {
            is_kept = !keys.iter().any(|key| line.split_once(':').is_some_and(|(word, _)| word == *key));
        }
        is_kept
    });
    kept.flat_map(|line| [line, "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_of_these_keys_are_divided_and_nothing_else() {
        let text =
            "- interval: 5m\n  rules:\n  - alert: A\n    expr: a[30m] > 5\n    for: 1h30m\n    after: 5m\n";
        let expected = "- interval: 5000ms\n  rules:\n  - alert: A\n    expr: a[30m] > 5\n    for: 90000ms\n    after: 5m\n";
        assert_eq!(hurried(text, &["interval", "for"], 60).expect("durations"), expected);
    }

    #[test]
    fn a_wait_that_is_none_is_an_error() {
        assert!(hurried("for: ever\n", &["for"], 60).is_err());
    }

    #[test]
    fn a_key_of_the_top_level_goes_with_everything_under_it() {
        let text =
            "# a\nglobal:\n  interval: 1m\nglobally: 1\nrule_files:\n- a\n# b\nstorage:\n  global: 1\n";
        let expected = "# a\nglobally: 1\nstorage:\n  global: 1\n";
        assert_eq!(without(text, &["global", "rule_files"]), expected);
    }
}
