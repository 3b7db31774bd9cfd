//! `sortie verify` beside, before and after the agent of a machine.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::SystemTime;

use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;
use serde_json::Value;

use super::agent::{Agent, Desk};
use super::servers::{self, Servers};

/// A running `sortie verify`.
struct Verify(Child);

/// How it ended.
struct Ended {
    code: Option<i32>,
    document: Value,
    stderr: String,
}

impl Verify {
    /// At the pace of a demonstration: nothing is lost on loopback.
    fn start(desk: &Desk, servers: &Servers, otlp: &str, flags: &[&str]) -> Self {
        fs::write(desk.config(), servers.config(desk, "") + otlp).expect("the desk can be written to");
        let port = servers.port().to_string();
        let child = Command::new(env!("CARGO_BIN_EXE_sortie"))
            .args(["verify", "--format", "json", "--demonstration", "--port", &port, "--config"])
            .arg(desk.config())
            .args(flags)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary was built");
        Self(child)
    }

    /// Reads its progress until a line says this.
    fn await_line(&mut self, says: &str) {
        let stderr = self.0.stderr.as_mut().expect("it is piped");
        let lines = BufReader::with_capacity(1, stderr).lines().map_while(Result::ok);
        let mut passed = Vec::new();
        for line in lines {
            if line.contains(says) {
                return;
            }
            passed.push(line);
        }
        panic!("it ended before it said {says}: {passed:?}");
    }

    fn end(self) -> Ended {
        let output = self.0.wait_with_output().expect("it was started");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let document = serde_json::from_slice(&output.stdout).unwrap_or_default();
        Ended { code: output.status.code(), document, stderr: text(&output.stderr) }
    }
}

fn ended(name: &str, servers: &Servers, flags: &[&str]) -> Ended {
    Verify::start(&Desk::new(name), servers, "", flags).end()
}

fn words(ended: &Ended) -> (Option<i32>, &str, &str) {
    let word = |key: &str| ended.document[key].as_str().unwrap_or_default();
    (ended.code, word("result"), word("reason"))
}

fn otlp(receiver: &TcpListener) -> String {
    otlp_at(receiver.local_addr().expect("it is bound"))
}

fn otlp_at(address: SocketAddr) -> String {
    format!("[otlp]\nendpoint = \"http://{address}\"\ninterval = \"1s\"\nmetrics_endpoint = \"off\"\n")
}

#[test]
fn what_is_open_for_as_long_as_was_asked_is_verified() {
    let ended = ended("verified", &Servers::start(3), &["--for", "6s", "--deadline", "60s"]);
    assert_eq!(words(&ended), (Some(0), "verified", "open"), "{}", ended.stderr);
    let document = &ended.document;
    assert_eq!((&document["schema"], &document["since"]), (&"sortie.verification/1".into(), &Value::Null));
    assert!(document["waited"].as_u64().is_some_and(|waited| waited >= 6), "{document}");
    let verdict = &document["report"]["verdicts"][0];
    assert_eq!((&verdict["state"], &verdict["expected"]), (&"open".into(), &"open".into()));
    assert!(document.get("fleet").is_none(), "{document}");
    assert!(ended.stderr.contains("0s to go") || ended.stderr.contains("6s to go"), "{}", ended.stderr);
}

#[test]
fn what_is_silent_is_blocked_at_the_deadline_and_as_expected_where_that_is_meant() {
    let servers = Servers::mute(3);
    let blocked = ended("blocked", &servers, &["--for", "0s", "--deadline", "1s", "--quiet"]);
    assert_eq!(words(&blocked), (Some(2), "not_effective", "still_blocked"), "{}", blocked.stderr);
    assert_eq!(blocked.stderr, "", "quiet");
    let meant = ended("meant", &servers, &["--for", "0s", "--deadline", "1s", "--expect", "blocked"]);
    assert_eq!(words(&meant), (Some(0), "verified", "still_blocked"), "{}", meant.stderr);
}

#[test]
fn a_machine_that_runs_since_before_the_exemption_is_told_to_be_deallocated_at_once_and_at_the_end() {
    let (servers, desk) = (Servers::mute(3), Desk::new("running"));
    let since = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    let flags = ["--for", "0s", "--deadline", "1s", "--since", &since];
    let mut verify = Verify::start(&desk, &servers, "", &flags);
    verify.await_line("Stop and deallocate the VM");
    let ended = verify.end();
    assert_eq!(words(&ended), (Some(2), "not_effective", "not_deallocated"), "{}", ended.stderr);
    let steps = &ended.document["report"]["verdicts"][0]["next_steps"];
    assert!(steps[0]["text"].as_str().is_some_and(|text| text.starts_with("Stop and deallocate")), "{steps}");
    assert!(!ended.stderr.contains("Stop and deallocate"), "once: {}", ended.stderr);
}

#[test]
fn a_port_that_closes_again_flaps_and_has_regressed() {
    let (mut servers, desk) = (Servers::start(3), Desk::new("flaps"));
    let receiver = TcpListener::bind("127.0.0.1:0").expect("loopback has ports");
    let flags = ["--for", "12s", "--deadline", "12s"];
    let mut verify = Verify::start(&desk, &servers, &otlp(&receiver), &flags);
    verify.await_line("12s to go");
    servers.close_subjects();
    let told = thread::spawn(move || servers::receive_saying(&receiver, "sortie.exemption.regressed"));
    let ended = verify.end();
    assert_eq!(words(&ended), (Some(1), "not_effective", "flapping"), "{}", ended.stderr);
    let told = told.join().expect("it is delivered");
    assert!(told.contains("destinations_refuse"), "{told}");
}

#[test]
fn an_event_is_delivered_with_an_agent_beside_and_without_one() {
    let (servers, desk) = (Servers::start(3), Desk::new("told"));
    let receiver = TcpListener::bind("127.0.0.1:0").expect("loopback has ports");
    let flags = ["--for", "0s", "--deadline", "60s"];
    let agent_config = servers.config(&desk, "");
    for has_agent in [true, false] {
        let agent = has_agent.then(|| Agent::start(&desk, &agent_config, &[]));
        if let Some(agent) = &agent {
            agent.await_body("/readyz", |body| body.contains("ready"));
        }
        let verify = Verify::start(&desk, &servers, &otlp(&receiver), &flags);
        let told = servers::receive(&receiver);
        for part in
            ["sortie.exemption.verified", "sortie.port.state.since", "sortie.evidence.text", "server.port"]
        {
            assert!(told.contains(part), "{part} in {told}");
        }
        let ended = verify.end();
        assert_eq!(words(&ended), (Some(0), "verified", "open"), "{has_agent}: {}", ended.stderr);
        assert!(!ended.stderr.contains("not delivered"), "{}", ended.stderr);
        if let Some(agent) = agent {
            agent.signal(Signal::SIGTERM);
            agent.end();
        }
    }
}

#[test]
fn an_event_that_no_receiver_takes_waits_for_the_agent() {
    let (servers, desk) = (Servers::start(3), Desk::new("waits"));
    let receiver = TcpListener::bind("127.0.0.1:0").expect("loopback has ports");
    let config = servers.config(&desk, "") + &otlp(&receiver);
    let address = receiver.local_addr().expect("it is bound");
    let flags = ["--for", "0s", "--deadline", "60s"];
    drop(receiver);
    // Without a state directory there is nobody to wait for.
    let lost = Verify::start(&desk, &servers, &otlp_at(address), &flags).end();
    assert_eq!(words(&lost), (Some(0), "verified", "open"), "an event changes no code");
    assert!(lost.stderr.contains("an event was not delivered: "), "{}", lost.stderr);
    fs::create_dir(desk.path("state")).expect("the desk can be written to");
    let waits = Verify::start(&desk, &servers, &otlp_at(address), &flags).end();
    assert_eq!(words(&waits), (Some(0), "verified", "open"));
    let where_it_waits = format!("it waits in {} for the agent", desk.path("state").display());
    assert!(waits.stderr.contains(&where_it_waits), "{}", waits.stderr);
    let receiver = TcpListener::bind(address).expect("it was free a moment ago");
    let _agent = Agent::start(&desk, &config, &[]);
    servers::receive_saying(&receiver, "sortie.exemption.verified");
}

#[test]
fn an_interrupt_says_what_is_known() {
    let (servers, desk) = (Servers::start(3), Desk::new("interrupted"));
    let mut verify = Verify::start(&desk, &servers, "", &[]);
    verify.await_line("10m to go");
    let pid = Pid::from_raw(i32::try_from(verify.0.id()).expect("a process id"));
    signal::kill(pid, Signal::SIGINT).expect("it runs");
    let mut stderr = String::new();
    verify.0.stderr.take().expect("it is piped").read_to_string(&mut stderr).expect("text");
    assert_eq!(verify.end().code, Some(130), "{stderr}");
    assert!(stderr.contains("interrupted: port") && stderr.contains("open (as expected), for "), "{stderr}");
}
