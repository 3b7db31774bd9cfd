//! A report as a check of a blocked machine would make it, with hostile text where text comes from outside.

use sortie_core::report::{
    AnswerSeen, AttemptSeen, Detail, Host, NextStep, PortVerdict, Report, SCHEMA, Sighting, WeightedSentence,
};
use sortie_core::report::{Explanation, RoundSeen, StepSeen, WalkSeen};
use sortie_core::report::{Relay, RelayAuth, RelayStage, RelayTls};
use sortie_core::target::{Family, Port, Role};

pub(crate) fn report() -> Report {
    let open = PortVerdict {
        port: Port::SUBMISSION,
        state: "open",
        signature: None,
        attribution: None,
        rule: "open",
        evidence: vec![weighted(-3.0, "sendgrid: answered")],
        as_expected: Some(true),
        summary: "Port 587 over IPv4, outbound from this machine, is open: real servers answer".to_owned(),
        next_steps: Vec::new(),
        ..verdict()
    };
    Report {
        schema: SCHEMA,
        generated_at: "2026-11-25T01:02:03Z".to_owned(),
        host: Host { id: Some("4c4c4544".to_owned()), name: Some("mail-1".to_owned()) },
        engine: Some("raw"),
        unseen: vec![
            "answers that this machine's INPUT rules dropped: there is no capability for a tap".to_owned(),
        ],
        cloud: None,
        verdicts: vec![verdict(), PortVerdict { family: Family::Ipv6, ..verdict() }, open],
        observations: vec![
            silent(),
            answered(),
            prohibited(),
            unresolved(),
            no_ipv6(),
            Sighting { family: Family::Ipv6, ..unresolved() },
        ],
        relays: relays().to_vec(),
        explanation: None,
    }
}

/// One that is usable, one that is degraded, and one that is not usable.
pub(crate) fn relays() -> [Relay; 3] {
    let stage = |stage, ok, text: &str| RelayStage { stage, ok, ms: 12.1, text: text.to_owned() };
    let reached = || {
        vec![
            stage("resolve", true, "198.51.100.7"),
            stage("connect", true, "198.51.100.7 answered"),
            stage("greeting", true, "220 mx\u{1b}[2J.example ESMTP"),
        ]
    };
    let with = |last: RelayStage| reached().into_iter().chain([last]).collect();
    let tls = RelayTls {
        version: "TLSv1.3".to_owned(),
        cipher: "TLS13_AES_256_GCM_SHA384".to_owned(),
        subject: Some("relay\u{202e}.example".to_owned()),
        trusted: Some(true),
        name_matches: Some(true),
        expires_in_days: Some(61),
    };
    let usable = Relay {
        name: "acs".to_owned(),
        address: "smtp.azurecomm.net:587".to_owned(),
        required: true,
        result: "usable",
        failed_stage: None,
        stages: with(stage("auth_offered", true, "LOGIN, XOAUTH2")),
        tls: Some(tls.clone()),
        auth: RelayAuth { before_tls: Vec::new(), after_tls: vec!["LOGIN".to_owned(), "XOAUTH2".to_owned()] },
    };
    let degraded = Relay {
        name: "own".to_owned(),
        address: "relay.example:465".to_owned(),
        required: false,
        result: "degraded",
        failed_stage: Some("certificate"),
        stages: with(stage("certificate", false, "the certificate expires in 5 days")),
        tls: Some(RelayTls { expires_in_days: Some(5), ..tls }),
        ..usable.clone()
    };
    let unusable = Relay {
        name: "branch office".to_owned(),
        address: "192.0.2.25:587".to_owned(),
        result: "unusable",
        failed_stage: Some("starttls"),
        stages: with(stage("starttls", false, "STARTTLS is not offered")),
        tls: None,
        auth: RelayAuth::default(),
        ..usable.clone()
    };
    [usable, degraded, unusable]
}

pub(crate) fn verdict() -> PortVerdict {
    PortVerdict {
        port: Port::SMTP,
        family: Family::Ipv4,
        state: "platform_blocked",
        signature: Some("silent_drop"),
        attribution: Some("platform_or_security_group"),
        confidence: 0.99974,
        rule: "silent_all",
        evidence: ["google", "microsoft", "yahoo", "apple", "fastmail", "zoho", "gmx", "posteo"]
            .iter()
            .map(|name| weighted(1.7, &format!("{name}: no answer in 2 rounds, control answered")))
            .collect(),
        expected: "open",
        as_expected: Some(false),
        since: "2026-11-25T01:01:45Z".to_owned(),
        summary: "Port 25 over IPv4, outbound from this machine, is dropped by the network provider: 8 operators are silent, their controls answer"
            .to_owned(),
        next_steps: vec![NextStep {
            text: "Hand mail to an authenticated relay on port 587".to_owned(),
            url: Some(
                "https://learn.microsoft.com/azure/virtual-network/troubleshoot-outbound-smtp-connectivity"
                    .to_owned(),
            ),
        }],
    }
}

fn weighted(weight: f64, text: &str) -> WeightedSentence {
    WeightedSentence { weight, text: text.to_owned() }
}

fn silent() -> Sighting {
    Sighting {
        operator: Some("google".to_owned()),
        role: Role::Anchor,
        address: "gmail-smtp-in.l.google.com:25".to_owned(),
        peer: Some("192.0.2.10".to_owned()),
        port: Port::SMTP,
        family: Family::Ipv4,
        outcome: "timeout",
        error_type: Some("timeout".to_owned()),
        duration_ms: 7_000.0,
        dns_ms: None,
        attempts: [(0.0, 61_001), (1_000.2, 61_002), (3_000.1, 61_003)]
            .map(|(at_ms, port)| syn(at_ms, port))
            .to_vec(),
        detail: Detail::default(),
    }
}

fn syn(at_ms: f64, source_port: u16) -> AttemptSeen {
    AttemptSeen { at_ms, source_port: Some(source_port), seen: "silent".to_owned(), answers: Vec::new() }
}

fn answered() -> Sighting {
    let what = "SYN-ACK, TTL 58, window 65535".to_owned();
    Sighting {
        role: Role::Control,
        address: "smtp.gmail.com:587".to_owned(),
        port: Port::SUBMISSION,
        outcome: "greeted",
        error_type: None,
        duration_ms: 12.345,
        attempts: vec![AttemptSeen {
            seen: what.clone(),
            answers: vec![AnswerSeen { after_ms: 12.345, what }],
            ..syn(0.0, 61_004)
        }],
        detail: Detail {
            ttl: Some(58),
            greeting: Some("smtp.example \u{1b}[2J\u{9b}31m\u{202e} ESMTP".to_owned()),
            ..Detail::default()
        },
        ..silent()
    }
}

/// The same report with everything that `--explain` adds.
pub(crate) fn explained() -> Report {
    let step = |ttl, subject: &str, control: &str| StepSeen {
        ttl,
        subject: vec![subject.to_owned()],
        control: vec![control.to_owned()],
    };
    let walk = WalkSeen {
        operator: "google".to_owned(),
        family: Family::Ipv4,
        subject: "192.0.2.10:25".to_owned(),
        control: Some("192.0.2.10:587".to_owned()),
        steps: vec![
            step(1, "died at 198.51.100.1", "died at 198.51.100.1"),
            step(2, "silent", "died at 198.51.100.2"),
        ],
    };
    let report = report();
    let round = RoundSeen { started_ms: 412.0, observations: report.observations.clone() };
    Report { explanation: Some(Explanation { rounds: vec![round], walks: vec![walk] }), ..report }
}

fn prohibited() -> Sighting {
    let what = "ICMP 3/13 from 198.51.100.1".to_owned();
    Sighting {
        operator: Some("mail <&> \"co\"".to_owned()),
        role: Role::Subject,
        address: "mx.example.com:25".to_owned(),
        peer: Some("2001:db8:ffff:ffff:ffff:ffff:ffff:1".to_owned()),
        family: Family::Ipv6,
        outcome: "prohibited",
        duration_ms: 0.8,
        attempts: vec![AttemptSeen {
            seen: what.clone(),
            answers: vec![AnswerSeen { after_ms: 0.8, what }],
            ..syn(0.0, 61_005)
        }],
        detail: Detail {
            icmp: Some("3/13".to_owned()),
            offender: Some("198.51.100.1".to_owned()),
            ..Detail::default()
        },
        ..silent()
    }
}

fn unresolved() -> Sighting {
    Sighting {
        operator: None,
        role: Role::Control,
        address: "www.example.com:443".to_owned(),
        peer: None,
        outcome: "dns_error",
        error_type: Some("nxdomain".to_owned()),
        duration_ms: 3.0,
        attempts: Vec::new(),
        detail: Detail { dns: Some("nxdomain"), ..Detail::default() },
        ..silent()
    }
}

fn no_ipv6() -> Sighting {
    Sighting {
        family: Family::Ipv6,
        detail: Detail { dns: Some("no_data"), ..Detail::default() },
        error_type: Some("no_data".to_owned()),
        ..Sighting {
            address: silent().address,
            operator: silent().operator,
            role: silent().role,
            ..unresolved()
        }
    }
}
