//! `sortie doctor` in a network namespace of its own, with rules that real tools have made.
//!
//! Needs root, as the laboratory does.

use std::process::Command;
use std::sync::LazyLock;

use e2e::agent::Stage;
use e2e::command::feed;
use e2e::netns::{self, Namespace};
use serde_json::Value;

static STAGE: LazyLock<Stage> = LazyLock::new(|| Stage::prepare().expect("there is a stage"));

/// What the doctor says there about one check: each standing with its text.
fn said(place: &Namespace, check: &str) -> Vec<(String, String)> {
    let output = Command::new("ip")
        .args(["netns", "exec", place.name()])
        .arg(STAGE.binary())
        .args(["doctor", "--listen", "off", "--format", "json"])
        .output()
        .expect("iproute2 is here");
    let document: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    let word = |finding: &Value, key: &str| finding[key].as_str().expect("a word").to_owned();
    let findings = document["findings"].as_array().expect("a list");
    let of_check = findings.iter().filter(|finding| finding["check"] == check);
    of_check.map(|finding| (word(finding, "standing"), word(finding, "text"))).collect()
}

#[test]
fn a_rule_of_nftables_is_found_and_a_harmless_ruleset_is_fine() {
    let place = netns::alone("doctor").expect("a namespace");
    let standing = |findings: &[(String, String)]| findings[0].0.clone();
    assert_eq!(standing(&said(&place, "nftables")), "fine");
    let nft =
        |script: &str| feed("ip", &["netns", "exec", place.name(), "nft", "-f", "-"], script).expect("good");
    nft("add table inet guard
        add chain inet guard out { type filter hook output priority 0; }
        add rule inet guard out ct state established accept
        add rule inet guard out tcp dport 443 drop");
    assert_eq!(standing(&said(&place, "nftables")), "fine");
    nft("add rule inet guard out meta skuid != 105 tcp dport 25 drop");
    assert_eq!(standing(&said(&place, "nftables")), "worth_a_look");
    nft("add rule inet guard out tcp dport { 465, 587 } reject with tcp reset");
    let findings = said(&place, "nftables");
    assert!(findings[0].0 == "broken" && findings[0].1.contains("stops port 587"), "{findings:?}");
}

#[test]
fn a_rule_of_routing_that_refuses_a_port_is_found() {
    let place = netns::alone("doctor").expect("a namespace");
    feed("ip", &["-n", place.name(), "-batch", "-"], "rule add ipproto tcp dport 25 prohibit\n")
        .expect("good");
    let findings = said(&place, "routing_rules");
    assert!(
        findings[0].0 == "broken" && findings[0].1.contains("refuses port 25 (prohibit)"),
        "{findings:?}"
    );
    assert_eq!(said(&place, "routes")[0], ("broken".to_owned(), "IPv4: no default route".to_owned()));
}
