//! Tickets as a support engineer gets them.

use std::time::Duration;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use sortie_core::circumstances::Circumstances;
use sortie_core::expect::Expectation;
use sortie_core::knowledge;
use sortie_core::report::{Cloud, Flow, Host, NextStep, PortVerdict, Report, Subscription, WayOut, compose};
use sortie_core::target::{Family, Port};
use sortie_core::verdict::{Finding, State};

use super::sources::Interface;
use super::*;
use crate::page::sample::findings::is_dropped;
use crate::page::sample::{self, Situation};

const VM: &str = "/subscriptions/9f6b3c1e-6f0a-4d7c-8e52-3a1b0c9d8e7f/resourceGroups/rg-mail/providers/Microsoft.Compute/virtualMachines/mx-1";

/// The moment of every situation of the page.
const GENERATED_AT: &str = "2026-11-25T14:03:12.000Z";

/// A virtual machine of Azure, as its metadata service and Resource Manager tell of it.
pub(super) fn azure() -> Cloud {
    Cloud {
        provider: "azure".to_owned(),
        platform: "azure.vm".to_owned(),
        resource_id: Some(VM.to_owned()),
        vm_id: Some("02aab8a4-74ef-476e-8182-f6d2ba4166a6".to_owned()),
        region: Some("westeurope".to_owned()),
        zone: Some("2".to_owned()),
        size: Some("Standard_D2s_v5".to_owned()),
        account_id: Some("9f6b3c1e-6f0a-4d7c-8e52-3a1b0c9d8e7f".to_owned()),
        subscription_id: Some("9f6b3c1e-6f0a-4d7c-8e52-3a1b0c9d8e7f".to_owned()),
        subscription: Some(Subscription {
            kind: "ea-devtest",
            quota_id: Some("MSDNDevTest_2014-09-01".to_owned()),
            agreement_type: None,
            spending_limit: Some("Off".to_owned()),
            state: Some("Enabled".to_owned()),
            source: "config",
        }),
        allow_port_25_out: Some(false),
        way_out: Some(WayOut {
            next_hop: Some("Internet".to_owned()),
            next_hop_address: None,
            flow: Some(Flow {
                allowed: true,
                rule: Some("defaultSecurityRules/AllowInternetOutBound".to_owned()),
            }),
        }),
        provisioned_at: Some("2026-11-20T08:15:00Z".to_owned()),
        ..Cloud::default()
    }
}

pub(super) fn machine() -> Machine {
    Machine {
        names: vec!["mx-1".to_owned()],
        id: Some("b1f6c2d4e8a94f5d9c3b7a6e5d4c3b2a".to_owned()),
        interfaces: vec![Interface {
            name: "eth0".to_owned(),
            mac: Some("00:0d:3a:12:34:56".to_owned()),
            addresses: vec!["10.1.0.4".to_owned(), "fe80::20d:3aff:fe12:3456".to_owned()],
        }],
    }
}

/// A situation of the page, told of a machine in this cloud.
pub(super) fn sources(situation: Situation, cloud: Option<Cloud>) -> Sources {
    let host =
        Host { id: Some("02aab8a4-74ef-476e-8182-f6d2ba4166a6".to_owned()), name: Some("mx-1".to_owned()) };
    let report = Report {
        host,
        cloud,
        unseen: Vec::new(),
        generated_at: GENERATED_AT.to_owned(),
        ..situation.display.report
    };
    Sources {
        report,
        past: Past::of(&situation.history, Vec::new()),
        machine: machine(),
        made_at: "2026-11-25T14:03:20.000Z".to_owned(),
        redacted: false,
    }
}

/// The ticket without the raw report, which has snapshots of its own.
fn shown(sources: Sources) -> String {
    let text = markdown(&pack(sources)).expect("plain data");
    let (before, _) = text.split_once("\n```json\n").expect("it has the raw report");
    before.to_owned()
}

/// Blocked in a subscription whose procedure is documented, and expected to be.
pub(super) fn blocked() -> Sources {
    let mut blocked = sources(sample::platform_blocked(), Some(azure()));
    let verdict = &mut blocked.report.verdicts[0];
    let circumstances = Circumstances {
        expected: Expectation::Blocked,
        subscription: Some(knowledge::Subscription::EaDevtest),
        cloud: blocked.report.cloud.as_ref(),
    };
    let since = verdict.since.clone();
    *verdict = compose::verdict(Port::SMTP, Family::Ipv4, &is_dropped(), &circumstances, since);
    blocked.report.relays = crate::render::sample::relays().to_vec();
    blocked
}

#[test]
fn a_dev_test_subscription_of_azure_that_is_blocked() {
    insta::assert_snapshot!(shown(blocked()));
}

#[test]
fn a_machine_from_which_mail_leaves() {
    insta::assert_snapshot!(shown(sources(sample::open(), Some(azure()))));
}

#[test]
fn a_machine_of_which_nobody_knows_the_cause() {
    let mut inconclusive = sources(sample::platform_blocked(), None);
    let finding = Finding {
        state: State::Inconclusive,
        signature: None,
        attribution: None,
        confidence: 0.5,
        rule: "silent_answered_before",
        because: "gets no answer from 7 operators, but was answered within the last minute: a throttle looks the same".to_owned(),
        ..is_dropped()
    };
    let since = inconclusive.report.verdicts[0].since.clone();
    let verdict = compose::verdict(
        Port::SMTP,
        Family::Ipv4,
        &finding,
        &Circumstances::expecting(Expectation::Any),
        since,
    );
    inconclusive.report.verdicts = vec![verdict];
    inconclusive.report.engine = Some("connect");
    inconclusive.report.unseen = vec![
        "the connect engine cannot tell answers dropped by this machine's own firewall from silence"
            .to_owned(),
    ];
    insta::assert_snapshot!(shown(inconclusive));
}

#[test]
fn a_server_of_another_provider() {
    let cloud = Cloud {
        provider: "hetzner".to_owned(),
        platform: "hetzner.cloud_server".to_owned(),
        vm_id: Some("42424242".to_owned()),
        region: Some("fsn1".to_owned()),
        ..Cloud::default()
    };
    insta::assert_snapshot!(shown(sources(sample::platform_blocked(), Some(cloud))));
}

#[test]
fn what_the_last_agent_left_is_told_from_what_it_remembered() {
    let mut left = blocked();
    left.report.engine = None;
    left.report.observations.clear();
    insta::assert_snapshot!(shown(left));
}

#[test]
fn the_same_block_without_what_identifies() {
    insta::assert_snapshot!(shown(redacted(blocked()).expect("plain data")));
}

#[test]
fn no_section_is_empty_and_every_table_is_one() {
    for (name, situation) in sample::all() {
        for cloud in [None, Some(azure())] {
            let text = markdown(&pack(sources(situation.clone(), cloud))).expect("plain data");
            let lines: Vec<&str> = text.lines().collect();
            for (at, pair) in lines.windows(3).enumerate() {
                let is_empty = pair[0].starts_with("## ") && pair[2].starts_with("## ");
                assert!(!is_empty, "{name}: line {at}: {}", pair[0]);
            }
            let bars = |line: &str| line.replace("\\|", "").matches('|').count();
            for pair in lines.windows(2) {
                if pair[0].starts_with("| ") && pair[1].starts_with("| ") {
                    assert_eq!(bars(pair[0]), bars(pair[1]), "{name}: {}", pair[1]);
                }
            }
        }
    }
}

#[test]
fn nobody_outside_writes_a_line_of_a_ticket() {
    const NASTY: &str = "\n# owned\n[x](https://evil.example) <img src=x> | ```\n\u{1b}[31m `\u{202e}";
    let mut sources = sources(sample::hostile(), Some(azure()));
    let report = &mut sources.report;
    report.relays = crate::render::sample::relays().to_vec();
    report.host.name = Some(NASTY.to_owned());
    report.observations[0].address = NASTY.to_owned();
    report.observations[0].operator = Some(NASTY.to_owned());
    report.observations[0].detail.greeting = Some(NASTY.to_owned());
    report.verdicts[0].next_steps[0] =
        NextStep { text: NASTY.to_owned(), url: Some("javascript:x".to_owned()) };
    for relay in &mut report.relays {
        relay.name = NASTY.to_owned();
        relay.stages.iter_mut().for_each(|stage| NASTY.clone_into(&mut stage.text));
    }
    report.verdicts[0].summary = NASTY.to_owned();
    report.cloud =
        Some(Cloud { region: Some(NASTY.to_owned()), resource_id: Some(format!("{VM}{NASTY}")), ..azure() });
    let text = markdown(&pack(sources)).expect("plain data");
    assert!(!text.contains(|c| c != '\n' && crate::text::is_hostile(c)), "{text}");
    let (before, raw) = text.split_once("\n```json\n").expect("it has the raw report");
    assert_eq!(raw.matches("\n```").count(), 1, "nothing in the report ends its fence");
    assert_harmless(before);
}

/// Nothing but what the template makes, as a parser of Markdown sees it; and nothing that GitHub's links by itself.
fn assert_harmless(text: &str) {
    let mut is_code = false;
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => is_code = true,
            Event::End(TagEnd::CodeBlock) => is_code = false,
            Event::Start(Tag::Link { dest_url, .. }) => {
                assert!(dest_url.starts_with("https://learn.microsoft.com/"), "{dest_url}");
            }
            Event::Start(Tag::Image { .. } | Tag::Emphasis | Tag::BlockQuote(_)) | Event::InlineHtml(_) => {
                panic!("{event:?}")
            }
            Event::Html(html) => assert!(
                ["<details>\n", "<summary>sortie.report/1, as JSON</summary>\n"].contains(&&*html),
                "{html}"
            ),
            Event::Text(text) if !is_code && !text.starts_with("https://learn.microsoft.com/") => {
                let is_linked = ["://", "www.", "@"].iter().any(|link| text.to_lowercase().contains(link));
                assert!(!is_linked, "{text}");
            }
            _ => {}
        }
    }
}

#[test]
fn the_case_of_a_ticket_in_json_is_the_one_in_markdown() {
    let ticket = pack(blocked());
    let value: serde_json::Value = serde_json::from_str(&json(&ticket).expect("plain data")).expect("JSON");
    assert_eq!(value["schema"], "sortie.ticket/1");
    assert_eq!(value["title"], ticket.title);
    assert_eq!(value["report"]["schema"], "sortie.report/1");
    assert_eq!(value["rulings"][0]["standing"], "ruled_out");
    let verdict = |port, family, state| PortVerdict {
        port,
        family,
        state: State::code(state),
        ..crate::render::sample::verdict()
    };
    let report = Report {
        verdicts: vec![verdict(Port::SMTP, Family::Ipv4, State::Open)],
        ..crate::render::sample::report()
    };
    let open = pack(Sources {
        report,
        past: Past { rounds: vec![Duration::ZERO], ..Past::default() },
        machine: Machine::default(),
        made_at: String::new(),
        redacted: false,
    });
    assert_eq!((open.title.as_str(), open.rulings.len()), ("Outbound TCP port 25 (IPv4) is open", 0));
}
