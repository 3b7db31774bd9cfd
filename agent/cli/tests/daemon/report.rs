//! `sortie report` and `sortie check` beside a real agent, after it, and without any.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use nix::sys::signal::Signal;

use super::agent::{Agent, Desk};
use super::servers::Servers;

pub(super) struct Ended {
    pub(super) code: Option<i32>,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

pub(super) fn sortie(command: &str, desk: &Desk, flags: &[&str]) -> Ended {
    let mut sortie = Command::new(env!("CARGO_BIN_EXE_sortie"));
    let output = sortie.args([command, "--config"]).arg(desk.config()).args(flags).output();
    let output = output.expect("the binary was built");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("sortie writes UTF-8");
    Ended { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

pub(super) fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in {text:?}"))
}

pub(super) fn shows_open(agent: &Agent) {
    agent.await_body("/api/v1/report", |body| body.contains("\"state\": \"open\""));
}

/// What an agent had on show that was ended by this signal.
fn last_report(desk: &Desk, config: &str, by: Signal) -> serde_json::Value {
    let agent = Agent::start(desk, config, &[]);
    shows_open(&agent);
    let report = json(&agent.get("/api/v1/report").body);
    agent.signal(by);
    agent.end();
    report
}

/// Everything that lies in the state directory, byte for byte.
fn state(desk: &Desk) -> Vec<(String, Vec<u8>)> {
    let files = fs::read_dir(desk.path("state")).expect("it is there").flatten();
    let mut files: Vec<_> = files
        .map(|file| {
            (file.file_name().to_string_lossy().into_owned(), fs::read(file.path()).unwrap_or_default())
        })
        .collect();
    files.sort();
    files
}

#[test]
fn a_running_agent_is_asked_and_its_report_is_passed_on_as_it_is() {
    let (servers, desk) = (Servers::start(3), Desk::new("report"));
    let agent = Agent::start(&desk, &servers.config(&desk, ""), &[]);
    shows_open(&agent);
    let address = agent.address().to_string();
    let at = ["--listen", &address];

    let table = sortie("report", &desk, &at);
    assert_eq!((table.code, table.stderr.as_str()), (Some(0), ""), "{}", table.stdout);
    let headline = format!("✔ port {}, IPv4: open (as expected)\n", servers.port());
    assert!(table.stdout.starts_with(&headline), "{}", table.stdout);
    assert!(
        table.stdout.contains("Destinations\n") && table.stdout.contains("measured on"),
        "{}",
        table.stdout
    );

    let junit = sortie("report", &desk, &[&at[..], &["--format", "junit"]].concat());
    assert_eq!((junit.code, junit.stderr.as_str()), (Some(0), ""));
    assert!(
        junit.stdout.contains("tests=\"1\" skipped=\"0\" failures=\"0\" errors=\"0\""),
        "{}",
        junit.stdout
    );

    // A round may end between the two questions.
    let same = (0..20).any(|_| {
        let told = sortie("report", &desk, &[&at[..], &["--format", "json"]].concat());
        assert_eq!((told.code, told.stderr.as_str()), (Some(0), ""));
        told.stdout == agent.get("/api/v1/report").body
    });
    assert!(same, "the JSON is the agent's, byte for byte");
}

#[test]
fn the_exit_code_of_a_report_is_that_of_a_check() {
    let (mut servers, desk) = (Servers::start(3), Desk::new("report-code"));
    let agent = Agent::start(&desk, &servers.config(&desk, ""), &[]);
    shows_open(&agent);
    servers.close_subjects();
    agent.await_body("/api/v1/report", |body| body.contains("\"state\": \"refused\""));
    let reported = sortie("report", &desk, &["--listen", &agent.address().to_string()]);
    let checked = sortie("check", &desk, &["--quiet"]);
    assert_eq!((reported.code, checked.code), (Some(1), Some(1)), "{}", reported.stdout);
}

#[test]
fn after_its_end_or_its_death_the_last_verdict_is_told_and_since_when_nobody_probes() {
    for by in [Signal::SIGTERM, Signal::SIGKILL] {
        let (servers, desk) = (Servers::start(3), Desk::new("report-after"));
        let last = last_report(&desk, &servers.config(&desk, ""), by);
        let before = state(&desk);

        let told = sortie("report", &desk, &["--listen", "off", "--format", "json"]);
        assert_eq!((told.code, told.stderr.as_str()), (Some(0), ""), "{by}");
        let told = json(&told.stdout);
        for what in ["port", "family", "state", "since", "rule", "summary", "confidence", "expected"] {
            assert_eq!(told["verdicts"][0][what], last["verdicts"][0][what], "{by}: {what}");
        }
        assert_eq!(
            (&told["engine"], &told["observations"]),
            (&serde_json::Value::Null, &serde_json::json!([]))
        );
        let until = told["generated_at"].as_str().expect("text");
        assert!(until >= last["verdicts"][0]["since"].as_str().expect("text"), "{by}: {until}");
        let sentence = told["unseen"][0].as_str().expect("text");
        assert!(
            sentence.contains(until) && sentence.contains("no agent has probed since then"),
            "{sentence}"
        );

        let table = sortie("report", &desk, &["--listen", "off"]).stdout;
        assert!(table.contains(&format!("note: {sentence}\n")) && table.contains(": open"), "{by}: {table}");
        let junit = sortie("report", &desk, &["--listen", "off", "--format", "junit"]);
        assert!(junit.code == Some(0) && junit.stdout.contains("tests=\"1\""), "{by}: {}", junit.stdout);
        assert!(state(&desk) == before, "{by}: nothing is written to the state directory");
    }
}

#[test]
fn a_state_directory_that_nobody_can_write_to_is_read_all_the_same() {
    let (servers, desk) = (Servers::start(3), Desk::new("report-read-only"));
    let config = servers.config(&desk, "");
    let last = last_report(&desk, &config, Signal::SIGKILL);
    // In a mount namespace that ends with the shell.
    let script = "mount --bind -o ro \"$1\" \"$1\" && ! touch \"$1/x\" 2>/dev/null && exec \"$2\" report --config \"$3\" --listen off --format json";
    let output = Command::new("unshare")
        .args(["--mount", "--user", "--map-root-user", "sh", "-c", script, "sh"])
        .args([desk.path("state").as_path(), Path::new(env!("CARGO_BIN_EXE_sortie")), &desk.config()])
        .output()
        .expect("unshare of util-linux can be started");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let told = json(&String::from_utf8_lossy(&output.stdout));
    assert_eq!(told["verdicts"][0]["since"], last["verdicts"][0]["since"]);
}

#[test]
fn a_damaged_store_is_an_error_with_a_hint_and_stays_where_it_is() {
    let (servers, desk) = (Servers::start(3), Desk::new("report-damaged"));
    fs::write(desk.config(), servers.config(&desk, "")).expect("the desk can be written to");
    fs::create_dir(desk.path("state")).expect("the desk can be written to");
    fs::write(desk.path("state/sortie.redb"), "this is no database").expect("the desk can be written to");
    let told = sortie("report", &desk, &["--listen", "off"]);
    assert_eq!((told.code, told.stdout.as_str()), (Some(70), ""));
    assert!(
        told.stderr.contains("sortie.redb is damaged: ") && told.stderr.contains("\nhint: "),
        "{}",
        told.stderr
    );
    assert_eq!(state(&desk), [("sortie.redb".to_owned(), b"this is no database".to_vec())]);
}

#[test]
fn without_an_agent_and_without_a_store_there_is_nothing_to_report() {
    let (servers, desk) = (Servers::start(3), Desk::new("report-nothing"));
    fs::write(desk.config(), servers.config(&desk, "")).expect("the desk can be written to");
    for listen in ["off", "127.0.0.1:1"] {
        let told = sortie("report", &desk, &["--listen", listen]);
        assert_eq!((told.code, told.stdout.as_str()), (Some(70), ""), "{listen}");
        let state = desk.path("state").display().to_string();
        for part in [&state, "\nhint: start one with `sortie run`", "no agent tells its report ("] {
            assert!(told.stderr.contains(part), "{listen}: {part} in {}", told.stderr);
        }
    }
    assert!(!desk.path("state").exists(), "nothing is made");
}

#[test]
fn an_agent_that_lives_and_does_not_tell_is_no_reason_to_read_behind_its_back() {
    let (servers, desk) = (Servers::start(3), Desk::new("report-untold"));
    let agent = Agent::start(&desk, &servers.config(&desk, ""), &[]);
    shows_open(&agent);
    let told = sortie("report", &desk, &["--listen", "off"]);
    assert_eq!((told.code, told.stdout.as_str()), (Some(70), ""));
    for part in
        ["an agent uses the state directory", "its page is off", "\nhint: name the address of its page"]
    {
        assert!(told.stderr.contains(part), "{part} in {}", told.stderr);
    }
}

#[test]
fn a_check_says_since_when_as_the_agent_beside_it_and_after_it() {
    let (mut servers, desk) = (Servers::start(3), Desk::new("check-since"));
    // A check that is over at once has not asked yet.
    servers.greet_late();
    let config = servers.config(&desk, "");
    let agent = Agent::start(&desk, &config, &[]);
    shows_open(&agent);
    let shown = json(&agent.get("/api/v1/report").body)["verdicts"][0]["since"].clone();
    let check = |web: &str| {
        let asked = config.replace("listen = \"127.0.0.1:0\"", &format!("listen = \"{web}\""));
        fs::write(desk.config(), asked).expect("the desk can be written to");
        let checked = sortie("check", &desk, &["--quiet", "--format", "json"]);
        assert_eq!(checked.stderr, "", "nobody is told what was not found");
        json(&checked.stdout)["verdicts"][0].clone()
    };
    let beside = check(&agent.address().to_string());
    assert_eq!((&beside["state"], &beside["since"]), (&"open".into(), &shown));
    let unasked = check("off");
    assert_ne!(unasked["since"], shown, "the store is the agent's while it runs");
    let mute = TcpListener::bind("127.0.0.1:0").expect("loopback has ports");
    let hung = check(&mute.local_addr().expect("it is bound").to_string());
    assert_eq!(hung["state"], "open", "who does not answer changes nothing");
    assert_ne!(hung["since"], shown);

    agent.signal(Signal::SIGKILL);
    agent.end();
    assert_eq!(check("off")["since"], shown, "after it, its store says so");
    servers.close_subjects();
    let changed = check("off");
    assert_eq!(changed["state"], "refused");
    assert_ne!(changed["since"], shown, "another state began with the check");
}
