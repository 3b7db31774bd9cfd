//! A machine, a port and an observation for the tests of this crate, and eyes for the page.

use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

use sortie_core::circumstances::Circumstances;
use sortie_core::drift::Told;
use sortie_core::evidence::Evidence;
use sortie_core::expect::Expectation;
use sortie_core::knowledge::Subscription;
use sortie_core::observation::{Answer, Attempt, EngineKind, Observation, Peer, Seen, Segment};
use sortie_core::relay::Usability;
use sortie_core::report::{NextStep, PortVerdict, compose};
use sortie_core::target::{Family, Operator, Port, Role};
use sortie_core::verdict::{Attribution, Finding, Signature, State};

use crate::resource;
use crate::{Bounds, CloudIdentity, Facts, Identity, PortFacts, RelayFacts, StoreState, Telemetry};

pub(crate) fn identity() -> Identity {
    Identity {
        host_id: "vm-1".to_owned(),
        host_name: "mail-1".to_owned(),
        service_version: "1.2.3",
        cloud: CloudIdentity::default(),
    }
}

pub(crate) fn telemetry() -> Telemetry {
    Telemetry::new(&identity(), &Bounds { destinations: 8, ports: 2 }).expect("an identity and bounds")
}

pub(crate) fn port_facts() -> PortFacts {
    PortFacts {
        port: Port::SMTP,
        family: Family::Ipv4,
        state: State::Open,
        expected: Expectation::Any,
        conclusive: Some(UNIX_EPOCH + Duration::from_secs(1_795_000_000)),
    }
}

/// What is on show of port 25 in this state, which is blamed on the platform where it is not open.
pub(crate) fn verdict(state: State) -> PortVerdict {
    let because = if state == State::Open { "is open" } else { "is stopped by the network provider" };
    let finding = Finding {
        state,
        signature: Some(Signature::SilentDrop).filter(|_| state.is_block()),
        attribution: Some(Attribution::PlatformOrSecurityGroup).filter(|_| state == State::PlatformBlocked),
        confidence: 0.9997,
        rule: "silent_all",
        because: because.to_owned(),
        evidence: vec![
            Evidence::new(1.7, "google: no answer in 2 rounds, control answered"),
            Evidence::new(-0.25, "yahoo: no answer in 2 rounds"),
        ],
        settled: true,
    };
    let since = "2026-11-18T10:26:40Z".to_owned();
    let step = |text: &str| NextStep { text: text.to_owned(), url: None };
    PortVerdict {
        next_steps: vec![step("Ask the network provider"), step("Send through a relay.")],
        ..compose::verdict(
            Port::SMTP,
            Family::Ipv4,
            &finding,
            &Circumstances::expecting(Expectation::Open),
            since,
        )
    }
}

pub(crate) fn facts() -> Facts {
    Facts {
        ports: vec![port_facts()],
        relays: vec![RelayFacts { name: "acs".to_owned(), result: Usability::Usable }],
        engine: EngineKind::Raw,
        config_hash: "0123456789abcdef".to_owned(),
        config_rejected: false,
        host_type: None,
        subscription: None,
        store: StoreState::Kept,
        booted: UNIX_EPOCH + Duration::from_secs(1_794_000_000),
    }
}

/// One attempt to reach `address` that was answered after this time, or not at all.
pub(crate) fn observed(address: &str, role: Role, answered: Option<Duration>) -> Observation {
    let syn_ack = answered.map(|after| Answer {
        after,
        late: false,
        seen: Seen::SynAck(Segment { acceptable: true, ..Segment::default() }),
    });
    Observation {
        operator: Operator::new("example").ok(),
        role,
        address: address.parse().expect("an address"),
        peer: Peer::Ip([192, 0, 2, 1].into()),
        family: Family::Ipv4,
        on_link: false,
        has_source: true,
        is_routed: true,
        attempts: vec![Attempt {
            at: Duration::ZERO,
            source_port: None,
            answers: syn_ack.into_iter().collect(),
            kernel: None,
        }],
        session: None,
        took: answered.unwrap_or(Duration::from_secs(7)),
        dns_took: None,
    }
}

/// The lines of a page that begin with `name`.
pub(crate) fn lines<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    page.lines().filter(|line| line.starts_with(name)).collect()
}

/// A page without what this very process costs, which is never the same.
pub(crate) fn without_costs(page: &str) -> String {
    page.split_inclusive('\n').filter(|line| !line.starts_with("process_")).collect()
}

/// A page as it is on every architecture.
pub(crate) fn without_arch(page: &str) -> String {
    page.replace(&format!("host_arch=\"{}\"", resource::arch()), "host_arch=\"…\"")
}

/// Prometheus' own limits for names, and the characters that a value must not have as they are.
pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b':')
}

/// Labels of a sample, read character by character.
pub(crate) fn read_labels(text: &str) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::new();
    let mut rest = text;
    while let Some((label, after)) = rest.split_once("=\"") {
        let label = label.trim_start_matches(',');
        assert!(is_name(label), "{label} in {text}");
        let mut value = String::new();
        let mut chars = after.char_indices();
        let end = loop {
            match chars.next().expect("a closing quote") {
                (at, '"') => break at,
                (_, '\\') => match chars.next().expect("something escaped").1 {
                    'n' => value.push('\n'),
                    c @ ('\\' | '"') => value.push(c),
                    c => panic!("\\{c} is no escape in {text}"),
                },
                (_, c) => value.push(c),
            }
        };
        assert!(labels.insert(label.to_owned(), value).is_none(), "{label} twice in {text}");
        rest = &after[end + 1..];
    }
    assert_eq!(rest, "", "{text}");
    labels
}

/// A subscription of which everything is told.
pub(crate) fn told() -> Told {
    let text = |text: &str| Some(text.to_owned());
    Told {
        id: text("00000000-0000-0000-0000-000000000001"),
        quota_id: text("EnterpriseAgreement_2014-09-01"),
        agreement_type: text("EnterpriseAgreement"),
        spending_limit: text("Off"),
        state: text("Enabled"),
        kind: Subscription::Ea,
    }
}

/// A subscription of which nothing is told.
pub(crate) fn nothing_told() -> Told {
    let kind = Subscription::Unknown;
    Told { id: None, quota_id: None, agreement_type: None, spending_limit: None, state: None, kind }
}
