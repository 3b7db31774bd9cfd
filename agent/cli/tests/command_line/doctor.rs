//! `sortie doctor` as a shell sees it.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::thread;

use serde_json::Value;

use crate::{Ended, file, sortie};

/// A doctor with a state directory that is not there, and a page that is off unless `more` says otherwise.
fn doctor(name: &str, more: &str, args: &[&str]) -> Ended {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-state"));
    let page = if more.contains("[web]") { "" } else { "[web]\nlisten = 'off'\n" };
    let text = format!("[agent]\nstate_dir = '{}'\n{page}{more}", dir.display());
    let path = file(&format!("{name}.toml"), text.as_bytes());
    sortie(&[&["doctor", "--config", path.to_str().expect("text")], args].concat())
}

fn examined(name: &str, more: &str) -> (Option<i32>, Value) {
    let ended = doctor(name, more, &["--format", "json"]);
    assert_eq!(ended.stderr, "");
    (ended.code, serde_json::from_str(&ended.stdout).expect("it is JSON"))
}

/// The standing and text of each finding of one check.
fn findings<'d>(document: &'d Value, check: &str) -> Vec<(&'d str, &'d str)> {
    let all = document["findings"].as_array().expect("a list");
    let word = |finding: &'d Value, key: &str| finding[key].as_str().expect("a word");
    all.iter()
        .filter(|finding| finding["check"] == check)
        .map(|finding| (word(finding, "standing"), word(finding, "text")))
        .collect()
}

#[test]
fn every_check_says_something_and_the_worst_is_the_exit_code() {
    let (code, document) = examined("doctor-whole", "");
    assert_eq!(document["schema"], "sortie.doctor/1");
    for check in [
        "engine",
        "kernel",
        "nftables",
        "iptables",
        "ufw",
        "firewalld",
        "selinux",
        "apparmor",
        "conntrack",
        "source_ports",
        "routing_rules",
        "routes",
        "names",
        "clock",
        "mail_software",
        "state_dir",
        "web",
        "proxy",
        "otlp_files",
    ] {
        assert!(!findings(&document, check).is_empty(), "{check} says nothing: {document:#}");
    }
    let expected = match document["standing"].as_str().expect("a word") {
        "fine" | "not_seen" => 0,
        "worth_a_look" => 1,
        "broken" => 2,
        other => panic!("{other} is no standing"),
    };
    assert_eq!(code, Some(expected));
}

#[test]
fn looking_writes_nothing() {
    let ended = doctor("doctor-harmless", "", &[]);
    assert!(ended.stdout.contains("is not there yet: `sortie run` makes it"), "{}", ended.stdout);
    let state = Path::new(env!("CARGO_TARGET_TMPDIR")).join("doctor-harmless-state");
    assert!(!state.exists());
}

#[test]
fn a_secret_for_everybody_and_a_missing_certificate_are_told() {
    use std::os::unix::fs::PermissionsExt as _;
    let headers = file("doctor-headers", b"authorization=s3cret");
    std::fs::set_permissions(&headers, std::fs::Permissions::from_mode(0o644)).expect("it is ours");
    let more = format!("[otlp]\nheaders_file = '{}'\nca_file = '/nowhere/ca.pem'\n", headers.display());
    let (code, document) = examined("doctor-files", &more);
    assert_eq!(code, Some(2));
    let [(looked, headers), (broken, ca)] = findings(&document, "otlp_files")[..] else {
        panic!("two files: {document:#}")
    };
    assert!(
        looked == "worth_a_look" && headers.ends_with("for more eyes than it should be (mode 0644)"),
        "{headers}"
    );
    assert_eq!((broken, ca), ("broken", "ca_file: /nowhere/ca.pem is not there"));
    assert!(!document.to_string().contains("s3cret"));
}

#[test]
fn an_address_that_somebody_else_uses_is_broken() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let stranger = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("the doctor asks");
        let _ = stream.read(&mut [0; 256]);
        let _ = stream.write_all(b"220 \x1b[2J not HTTP\r\n\r\n");
    });
    let (code, document) = examined("doctor-web", &format!("[web]\nlisten = '{address}'\n"));
    stranger.join().expect("it was asked");
    assert_eq!(code, Some(2));
    let (standing, text) = findings(&document, "web")[0];
    assert_eq!(standing, "broken", "{text}");
    assert!(text.starts_with(&format!("{address} is in use, and not by an agent")), "{text}");
}

#[test]
fn a_wrong_configuration_ends_as_everywhere() {
    let ended = doctor("doctor-wrong", "[probe]\nengine = 'turbo'\n", &[]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(78), ""));
}
