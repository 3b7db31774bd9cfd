//! What is made of the definition of the command line: completions and manual pages.

use std::process::Command;

use crate::sortie;

/// What bash offers for the last of these words, sorted.
fn offered(words: &str) -> Vec<String> {
    let script = sortie(&["completions", "bash"]).stdout;
    let ask = r#"
        COMP_WORDS=($WORDS); [[ $WORDS == *" " ]] && COMP_WORDS+=("")
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        _sortie sortie "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}"
        printf '%s\n' "${COMPREPLY[@]}""#;
    let bash = Command::new("bash").args(["--norc", "-c", &(script + ask)]).env("WORDS", words).output();
    let output = bash.expect("bash is on every Debian");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut offered: Vec<String> = String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect();
    offered.sort();
    offered
}

#[test]
fn bash_completes_commands_flags_and_values() {
    for (words, expected) in [
        ("sortie che", &["check"][..]),
        ("sortie config ", &["--color", "--help", "-h", "check", "help", "init", "schema", "show"]),
        ("sortie config show --en", &["--engine"]),
        ("sortie rep", &["report"]),
        ("sortie verify --expect ", &["blocked", "open"]),
        ("sortie fleet --sort ", &["blocked", "silent", "since", "subscription", "vms", "worst"]),
        ("sortie doctor --format ", &["json", "table"]),
        ("sortie report --format ", &["json", "junit", "table"]),
        ("sortie run --engine ", &["auto", "connect", "raw"]),
        ("sortie check --format j", &["json", "junit"]),
        ("sortie knowledge a", &["alibaba", "aws", "azure"]),
        ("sortie knowledge --format ", &["json", "table"]),
    ] {
        assert_eq!(offered(words), expected, "{words}");
    }
}

#[test]
fn every_shell_has_a_script() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let ended = sortie(&["completions", shell]);
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
        assert!(ended.stdout.contains("sortie") && ended.stdout.contains("schema"), "{shell}");
    }
}

#[test]
fn manual_pages_are_printed_one_by_one_or_written_all_together() {
    let directory = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("man1");
    std::fs::create_dir_all(&directory).expect("the target folder can be written to");
    let name = directory.to_str().expect("the path is text");
    let ended = sortie(&["man", "--output", name]);
    assert_eq!((ended.code, ended.stdout.as_str(), ended.stderr.as_str()), (Some(0), "", ""));
    for (command, file) in [
        (&[][..], "sortie.1"),
        (&["run"], "sortie-run.1"),
        (&["config"], "sortie-config.1"),
        (&["config", "show"], "sortie-config-show.1"),
        (&["knowledge"], "sortie-knowledge.1"),
    ] {
        let written = std::fs::read_to_string(directory.join(file)).expect("it was written");
        assert_eq!(sortie(&[&["man"], command].concat()).stdout, written, "{file}");
    }
    let ended = sortie(&["man", "--output", "/nowhere/at/all"]);
    assert_eq!(ended.code, Some(70));
    assert!(
        ended.stderr.starts_with("error: failed to write manual pages into /nowhere/at/all: "),
        "{}",
        ended.stderr
    );
}
