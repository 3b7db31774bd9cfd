//! The binary as a shell sees it: exit codes, what goes to stdout, what goes to stderr.

mod config;
mod doctor;
mod fleet;
mod generated;
mod prometheus;
mod verify_fleet;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

struct Ended {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

fn sortie(args: &[&str]) -> Ended {
    sortie_with(args, &[], "")
}

/// With variables in the environment and text on standard input.
fn sortie_with(args: &[&str], variables: &[(&str, &str)], stdin: &str) -> Ended {
    let inherited = std::env::vars_os().filter(|(name, _)| name.to_str().is_none_or(is_neutral));
    let mut child = Command::new(env!("CARGO_BIN_EXE_sortie"))
        .args(args)
        .env_clear()
        .envs(inherited)
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary was built");
    // A command that does not read ends before it is written to.
    let _ = child.stdin.take().expect("it is piped").write_all(stdin.as_bytes());
    let output = child.wait_with_output().expect("it was started");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("sortie writes UTF-8");
    Ended { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Whether a variable changes nothing of what is tested here.
fn is_neutral(name: &str) -> bool {
    !name.starts_with("OTEL_")
        && !["CREDENTIALS_DIRECTORY", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"].contains(&name)
}

/// A file of this test, named after it.
fn file(name: &str, content: &[u8]) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, content).expect("the target folder can be written to");
    path
}

fn check_config(path: &std::path::Path) -> Ended {
    sortie(&["check", "--config", path.to_str().expect("the path is text")])
}

#[test]
fn help_is_an_answer() {
    for args in [
        &["--help"][..],
        &["check", "--help"],
        &["verify", "--help"],
        &["fleet", "--help"],
        &["run", "--help"],
        &["report", "--help"],
        &["doctor", "--help"],
        &["config", "--help"],
        &["knowledge", "--help"],
        &["help", "check"],
    ] {
        let ended = sortie(args);
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{args:?}");
        assert!(ended.stdout.contains("Usage: sortie"), "{args:?}");
    }
    insta::assert_snapshot!("check_help", sortie(&["check", "--help"]).stdout);
    insta::assert_snapshot!("verify_help", sortie(&["verify", "--help"]).stdout);
    insta::assert_snapshot!("fleet_help", sortie(&["fleet", "--help"]).stdout);
    insta::assert_snapshot!("report_help", sortie(&["report", "--help"]).stdout);
    insta::assert_snapshot!("knowledge_help", sortie(&["knowledge", "--help"]).stdout);
}

#[test]
fn version_is_an_answer() {
    let ended = sortie(&["--version"]);
    assert_eq!((ended.code, ended.stdout), (Some(0), format!("sortie {}\n", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn a_wrong_command_line_ends_with_64() {
    for args in [
        &[][..],
        &["fly"],
        &["verify", "host:25"],
        &["verify", "--config", "/dev/null", "--port", "26"],
        &["verify", "--for", "3h"],
        &["verify", "--since", "9999-01-01T00:00:00Z"],
        &["verify", "--since", "yesterday"],
        &["verify", "--subscription", "1"],
        &["verify", "--prometheus", "https://p.example"],
        &["verify", "--prometheus", "p.example", "--subscription", "1"],
        &["verify", "--prometheus", "https://p.example?x=1", "--subscription", "1"],
        &["verify", "--prometheus", "https://p.example", "--subscription", "1", "--for", "3h"],
        &[
            "verify",
            "--prometheus",
            "http://p.example",
            "--subscription",
            "1",
            "--bearer-token-file",
            "/dev/null",
        ],
        &["fleet"],
        &["fleet", "--prometheus", "p.example"],
        &["fleet", "--prometheus", "https://p.example", "--port", "smtp"],
        &["fleet", "--prometheus", "https://p.example", "--watch", "1s"],
        &["fleet", "--prometheus", "https://p.example", "--format", "junit"],
        &["check", "--nonsense"],
        &["check", "--port", "0"],
        &["check", "--format", "yaml"],
        &["check", "--timeout", "soon"],
        &["check", "host:99999"],
        &["check", "0.0.0.0:25"],
        &["check", "--config", "/dev/null", "--port", "26"],
        &["run", "--interval", "10ms"],
        &["run", "--interval", "3s", "--config", "/dev/null"],
        &["run", "--listen", "localhost"],
        &["run", "host:25"],
        &["report", "host:25"],
        &["report", "--listen", "localhost"],
        &["report", "--format", "yaml"],
        &["report", "--redact"],
        &["report", "--ticket", "--format", "junit"],
        &["knowledge", "nowhere"],
        &["knowledge", "azure", "aws"],
        &["knowledge", "--format", "junit"],
        &["completions"],
        &["completions", "tcsh"],
        &["man", "fly"],
        &["man", "check", "--output", "."],
        &["config"],
        &["config", "polish"],
        &["config", "show", "--format", "yaml"],
        &["config", "show", "--interval", "3s", "--config", "/dev/null"],
    ] {
        let ended = sortie(args);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(64), ""), "{args:?}: {}", ended.stderr);
        assert!(!ended.stderr.is_empty(), "{args:?}");
    }
}

#[test]
fn a_mistake_in_the_configuration_ends_with_78_and_a_snippet() {
    let path = file("mistake.toml", b"[agent]\nintervall = \"60s\"\n");
    let ended = check_config(&path);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(78), ""));
    let place = format!("--> {}:2:1", path.display());
    for part in [place.as_str(), "2 | intervall = \"60s\"", "unknown key", "did you mean `interval`?"] {
        assert!(ended.stderr.contains(part), "{part:?} is missing in\n{}", ended.stderr);
    }
}

#[test]
fn a_configuration_that_cannot_be_read_ends_with_78() {
    let missing = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("missing.toml");
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let binary = file("binary.toml", b"[agent]\n# \xff\n");
    let huge = file("huge.toml", &vec![b'#'; (1 << 20) + 1]);
    for (path, words) in [
        (&missing, "No such file"),
        (&directory, "not a file"),
        (&binary, "byte 10 (line 2) is not UTF-8"),
        (&huge, "larger than 1 MiB"),
    ] {
        let ended = check_config(path);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(78), ""), "{}", ended.stderr);
        assert!(
            ended.stderr.contains(words) && ended.stderr.contains(path.to_str().expect("text")),
            "{}",
            ended.stderr
        );
    }
}

#[test]
fn run_refuses_the_same_configurations() {
    let path = file("run-mistake.toml", b"[probe]\nengine = \"turbo\"\n");
    let ended = sortie(&["run", "--config", path.to_str().expect("text")]);
    assert_eq!(ended.code, Some(78), "{}", ended.stderr);
}

#[test]
fn run_refuses_an_environment_that_makes_no_sense() {
    let ended = sortie_with(&["run", "--config", "/dev/null"], &[("OTEL_METRIC_EXPORT_INTERVAL", "60s")], "");
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(78), ""));
    insta::assert_snapshot!(ended.stderr, @"
    error: the environment variable OTEL_METRIC_EXPORT_INTERVAL must be a number of milliseconds: not a whole number

    hint: write a whole number of milliseconds without a unit, for example 60000
    ");
}

#[test]
fn messages_have_colours_only_when_asked() {
    let path = file("colour.toml", b"x = 1\n");
    let with = |color| sortie(&["check", "--color", color, "--config", path.to_str().expect("text")]).stderr;
    assert!(with("always").contains('\u{1b}'));
    assert!(!with("auto").contains('\u{1b}') && !with("never").contains('\u{1b}'));
}

#[test]
fn what_is_known_is_shown_in_both_faces() {
    let table = sortie(&["knowledge", "azure"]);
    assert_eq!((table.code, table.stderr.as_str()), (Some(0), ""));
    assert!(
        table.stdout.starts_with("Microsoft Azure (azure), compared with its sources on "),
        "{}",
        table.stdout
    );
    let json = sortie(&["knowledge", "azure", "--format", "json"]);
    let document: serde_json::Value = serde_json::from_str(&json.stdout).expect("it is JSON");
    assert_eq!((json.code, &document["schema"]), (Some(0), &"sortie.knowledge/1".into()));
    let unknown = sortie(&["knowledge", "azur"]);
    assert!(
        unknown.stderr.contains("azure") && unknown.stderr.contains("similar value"),
        "{}",
        unknown.stderr
    );
}
