//! `sortie config` as a shell sees it.

use crate::{Ended, file, sortie, sortie_with};

/// A file in which people have said a few things.
const FILE: &str = "\
[agent]
interval = \"90s\"

[[target]]
address = \"mx:example.com:25\"
control = \"smtp.example.com:587\"

[[relay]]
name = \"own\"
address = \"relay.example.com:465\"

[web]
listen = \"off\"
";

fn show(name: &str, args: &[&str], variables: &[(&str, &str)]) -> Ended {
    let path = file(name, FILE.as_bytes());
    let path = path.to_str().expect("the path is text");
    let ended = sortie_with(&[&["config", "show", "--config", path], args].concat(), variables, "");
    let neutral = |text: String| text.replace(path, "sortie.toml");
    Ended { stdout: neutral(ended.stdout), stderr: neutral(ended.stderr), ..ended }
}

#[test]
fn every_value_in_force_is_shown_with_who_says_so() {
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://gateway:4318"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=s3cret"),
    ];
    let flags = ["--interval", "30s", "--engine", "connect", "--listen", "[::1]:9000"];
    let ended = show("show.toml", &flags, &variables);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    insta::assert_snapshot!("config_show", ended.stdout);
    for format in ["table", "json", "toml"] {
        let ended = show(&format!("secret-{format}.toml"), &["--format", format], &variables);
        assert!(ended.stdout.contains("(hidden)") && !ended.stdout.contains("s3cret"), "{}", ended.stdout);
    }
}

#[test]
fn the_values_in_force_are_there_for_programs() {
    let ended = show("show-json.toml", &["--format", "json", "--interval", "2m"], &[]);
    let shown: serde_json::Value = serde_json::from_str(&ended.stdout).expect("it is JSON");
    assert_eq!((&shown["schema"], &shown["file"]), (&"sortie.settings/1".into(), &"sortie.toml".into()));
    let hash = shown["hash"].as_str().expect("there is a file");
    assert!(hash.len() == 16 && hash.bytes().all(|b| b.is_ascii_hexdigit()), "{hash}");
    let setting = |key: &str| {
        let settings = shown["settings"].as_array().expect("it is a list");
        settings.iter().find(|setting| setting["key"] == key).cloned().expect("it is there")
    };
    for (key, expected) in [
        (
            "agent.interval",
            serde_json::json!({"key": "agent.interval", "value": "2m", "origin": "flag", "name": "--interval"}),
        ),
        (
            "web.listen",
            serde_json::json!({"key": "web.listen", "value": "off", "origin": "file", "line": 13}),
        ),
        ("otlp.endpoint", serde_json::json!({"key": "otlp.endpoint", "value": null, "origin": "default"})),
        (
            "target[1].address",
            serde_json::json!({"key": "target[1].address", "value": "relay.example.com:465", "origin": "file", "line": 10}),
        ),
    ] {
        assert_eq!(setting(key), expected);
    }
}

#[test]
fn what_is_shown_as_toml_says_the_same_when_it_is_read() {
    let values = |stdout: &str| -> Vec<(String, String)> {
        let shown: serde_json::Value = serde_json::from_str(stdout).expect("it is JSON");
        let settings = shown["settings"].as_array().expect("it is a list").clone();
        settings.iter().map(|setting| (setting["key"].to_string(), setting["value"].to_string())).collect()
    };
    let flags = ["--engine", "raw", "--interval", "61s"];
    let shown = show("round.toml", &[&flags[..], &["--format", "toml"]].concat(), &[]);
    let again = file("again.toml", shown.stdout.as_bytes());
    let read = sortie(&["config", "show", "--format", "json", "--config", again.to_str().expect("text")]);
    let first = show("round-json.toml", &[&flags[..], &["--format", "json"]].concat(), &[]);
    assert_eq!(values(&read.stdout), values(&first.stdout), "{}", shown.stdout);
}

#[test]
fn a_variable_that_is_not_read_is_said() {
    let ended = show("unread.toml", &[], &[("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "10")]);
    assert_eq!(ended.code, Some(0));
    assert!(
        ended.stderr.contains("warning: OTEL_EXPORTER_OTLP_METRICS_TIMEOUT is set, but not read"),
        "{}",
        ended.stderr
    );
}

#[test]
fn what_the_environment_and_the_file_say_has_to_go_together() {
    let path = file("own-endpoint.toml", b"[otlp]\nmetrics_endpoint = 'http://gateway/v1/metrics'\n");
    let path = path.to_str().expect("text");
    for command in [&["config", "show"][..], &["run"]] {
        let args = [command, &["--config", path]].concat();
        let ended = sortie_with(&args, &[("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")], "");
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(78), ""));
        insta::assert_snapshot!("layers_that_do_not_go_together", ended.stderr);
    }
}

#[test]
fn a_credential_is_shown_by_its_name_and_a_shell_without_any_is_told_where_it_is_sought() {
    let path = file("credential.toml", b"[otlp]\nheaders_file = 'credential:token'\n");
    let args = ["config", "show", "--config", path.to_str().expect("text")];
    let by_hand = sortie_with(&args, &[], "");
    let in_service = sortie_with(&args, &[("CREDENTIALS_DIRECTORY", "/run/credentials/x.service")], "");
    for ended in [&by_hand, &in_service] {
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert!(ended.stdout.contains("\"credential:token\""), "{}", ended.stdout);
    }
    assert_eq!(
        by_hand.stderr,
        "warning: otlp.headers_file is a credential and CREDENTIALS_DIRECTORY is not set: \
         /run/credentials/sortie.service/token is taken for it\n"
    );
    assert_eq!(in_service.stderr, "");
}

#[test]
fn a_password_in_a_url_is_refused_and_not_repeated() {
    let path = file("password.toml", b"[otlp]\nendpoint = 'https://me:s3cret@gateway:4318'\n");
    let ended = sortie(&["config", "check", path.to_str().expect("text")]);
    assert_eq!(ended.code, Some(78));
    assert!(ended.stderr.contains("user and password do not belong here"), "{}", ended.stderr);
    assert!(!ended.stderr.contains("s3cret"), "{}", ended.stderr);
}

#[test]
fn a_fine_file_is_said_to_be_fine_with_its_warnings() {
    let path = file("fine.toml", FILE.as_bytes());
    let path = path.to_str().expect("text");
    let ended = sortie(&["config", "check", path]);
    assert_eq!((ended.code, ended.stdout), (Some(0), format!("{path} is fine (hash 75b598ecc384ee64)\n")));
    insta::assert_snapshot!(ended.stderr, @"
    warning: port 25 has 1 independent operator (example.com): with fewer than 3 nobody can be convicted
    warning: port 465 has 1 independent operator (own): with fewer than 3 nobody can be convicted
    ");
}

#[test]
fn every_mistake_of_a_file_or_of_standard_input_is_shown() {
    let text = "[agent]\nintervall = '60s'\n[probe]\nengine = 'turbo'\n";
    let ended = sortie_with(&["config", "check", "-"], &[], text);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(78), ""));
    insta::assert_snapshot!("config_check_mistakes", ended.stderr);
    let path = file("two-mistakes.toml", text.as_bytes());
    let path = path.to_str().expect("text");
    let check = sortie(&["config", "check", path]);
    let run = sortie(&["run", "--config", path]);
    assert_eq!((check.code, check.stderr), (run.code, run.stderr), "run says the same");
}

#[test]
fn standard_input_is_bounded_and_has_to_be_text() {
    let huge = "#".repeat((1 << 20) + 1);
    let ended = sortie_with(&["config", "check", "-"], &[], &huge);
    assert_eq!(ended.code, Some(78));
    assert!(ended.stderr.contains("<stdin>: it is larger than 1 MiB"), "{}", ended.stderr);
    assert_eq!(sortie_with(&["config", "check", "-"], &[], "").code, Some(0));
}

#[test]
fn the_file_that_init_writes_is_fine_and_not_overwritten() {
    let path = std::path::PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("init.toml");
    let _ = std::fs::remove_file(&path);
    let name = path.to_str().expect("text");
    let written = sortie(&["config", "init", "--output", name]);
    assert_eq!((written.code, written.stdout.as_str(), written.stderr.as_str()), (Some(0), "", ""));
    let text = std::fs::read_to_string(&path).expect("it was written");
    assert_eq!(text, sortie(&["config", "init"]).stdout);
    let checked = sortie(&["config", "check", name]);
    assert_eq!((checked.code, checked.stderr.as_str()), (Some(0), ""));

    std::fs::write(&path, "# mine\n").expect("it can be written");
    let again = sortie(&["config", "init", "--output", name]);
    assert_eq!(again.code, Some(64));
    assert!(again.stderr.contains("is there already, and is not overwritten"), "{}", again.stderr);
    assert_eq!(std::fs::read_to_string(&path).expect("it is there"), "# mine\n");
}

#[test]
fn a_file_that_cannot_be_written_is_said() {
    let ended = sortie(&["config", "init", "--output", "/nowhere/at/all.toml"]);
    assert_eq!(ended.code, Some(70));
    assert!(ended.stderr.starts_with("error: failed to write /nowhere/at/all.toml: "), "{}", ended.stderr);
}

#[test]
fn the_schema_is_json() {
    let ended = sortie(&["config", "schema"]);
    let schema: serde_json::Value = serde_json::from_str(&ended.stdout).expect("it is JSON");
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
}
