//! Situations as an agent would show them: a day of rounds over the built-in destinations, and a verdict at the end.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use sortie_core::evidence::{CERTAIN, Evidence};
use sortie_core::expect::Expectation;
use sortie_core::history::{History, StateChange};
use sortie_core::observation::{Answer, Attempt, DnsFailure, Icmp, Observation, Peer, Seen, Segment};
use sortie_core::report::{Host, PortVerdict, Report, SCHEMA, compose};
use sortie_core::target::{Address, Family, Operator, Port, Role, Roster};
use sortie_core::verdict::{Attribution, Finding, Signature, State};

use super::moment;
use crate::board::{AgentFacts, Display, Notice};
use crate::config::catalogue;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
/// 2026-11-25 14:03:12 UTC.
const NOW: Duration = Duration::from_secs(1_795_615_392);
/// Rounds between two sittings of the jury.
const JURY: u64 = 15;

/// Everything that a page is made from.
pub(super) struct Situation {
    pub(super) display: Display,
    pub(super) history: History,
    pub(super) now: SystemTime,
}

/// What becomes of a SYN.
#[derive(Clone, Copy, PartialEq)]
enum Fate {
    Answered,
    Silent,
    Reset,
    Refused,
    NoRoute,
}

/// Every situation with a name of its own.
pub(super) fn all() -> Vec<(&'static str, Situation)> {
    vec![
        ("open", open()),
        ("platform-blocked", platform_blocked()),
        ("path-blocked", path_blocked()),
        ("no-egress", no_egress()),
        ("starting", starting()),
        ("hostile", hostile()),
    ]
}

/// A healthy machine without IPv6.
pub(super) fn open() -> Situation {
    situation(
        &[(Port::SMTP, State::Open, 40 * HOUR), (Port::SUBMISSION, State::Open, 40 * HOUR)],
        |_, _| Fate::Answered,
        vec![verdict(Port::SMTP, &is_open(), 40 * HOUR), verdict(Port::SUBMISSION, &is_open(), 40 * HOUR)],
    )
}

/// Dropped by the platform, lifted, and dropped again.
pub(super) fn platform_blocked() -> Situation {
    let blocked = |ago: Duration| (9 * HOUR..11 * HOUR).contains(&ago) || ago < 50 * MINUTE;
    situation(
        &[
            (Port::SMTP, State::Open, 40 * HOUR),
            (Port::SUBMISSION, State::Open, 40 * HOUR),
            (Port::SMTP, State::PlatformBlocked, 11 * HOUR),
            (Port::SMTP, State::Open, 9 * HOUR),
            (Port::SMTP, State::PlatformBlocked, 50 * MINUTE),
        ],
        |port, ago| if port == Port::SMTP && blocked(ago) { Fate::Silent } else { Fate::Answered },
        vec![
            verdict(Port::SMTP, &is_dropped(), 50 * MINUTE),
            PortVerdict { family: Family::Ipv6, ..verdict(Port::SMTP, &is_routeless(), 40 * HOUR) },
            verdict(Port::SUBMISSION, &is_open(), 40 * HOUR),
        ],
    )
}

/// A firewall beyond the platform resets port 25, and the submission servers of some operators refuse.
fn path_blocked() -> Situation {
    let reset = Finding {
        state: State::PathBlocked,
        signature: Some(Signature::Reset),
        confidence: 0.9991,
        rule: "rst_injected_far",
        because: "is blocked on the path, beyond the provider's own hops: a device at hop 4 resets 5 operators while their controls answer".to_owned(),
        evidence: ["google", "yahoo", "apple", "fastmail", "zoho"]
            .map(|name| Evidence::new(1.69, format!("{name}: reset in 2 rounds, control answered")))
            .into_iter()
            .chain([Evidence::new(2.0, "resets come from hop 4, nearer than the destinations"), Evidence::new(-3.0, "the state before this episode")])
            .collect(),
        ..is_open()
    };
    let partial = Finding {
        state: State::Partial,
        confidence: 0.9,
        rule: "silent_some",
        because: "fails at 2 operators, while 4 operators answered".to_owned(),
        evidence: [
            "amazon: ICMP type 3 code 13 from 203.0.113.9, control answered",
            "mailgun: ICMP type 3 code 13 from 203.0.113.9, control answered",
        ]
        .map(|text| Evidence::new(0.0, text))
        .to_vec(),
        ..is_open()
    };
    situation(
        &[
            (Port::SMTP, State::Open, 3 * HOUR),
            (Port::SUBMISSION, State::Open, 3 * HOUR),
            (Port::SUBMISSION, State::Partial, 2 * HOUR),
            (Port::SMTP, State::PathBlocked, 25 * MINUTE),
        ],
        |port, ago| match ago {
            _ if ago > 3 * HOUR => Fate::NoRoute,
            _ if port == Port::SMTP && ago < 25 * MINUTE => Fate::Reset,
            _ if port == Port::SUBMISSION && ago < 2 * HOUR && ago.as_secs().is_multiple_of(7) => {
                Fate::Refused
            }
            _ => Fate::Answered,
        },
        vec![verdict(Port::SMTP, &reset, 25 * MINUTE), verdict(Port::SUBMISSION, &partial, 2 * HOUR)],
    )
}

/// The default route is gone.
fn no_egress() -> Situation {
    situation(
        &[
            (Port::SMTP, State::Open, 5 * HOUR),
            (Port::SUBMISSION, State::Open, 5 * HOUR),
            (Port::SMTP, State::NoEgress, 12 * MINUTE),
            (Port::SUBMISSION, State::NoEgress, 12 * MINUTE),
        ],
        |_, ago| if ago < 12 * MINUTE { Fate::NoRoute } else { Fate::Answered },
        vec![
            verdict(Port::SMTP, &is_routeless(), 12 * MINUTE),
            verdict(Port::SUBMISSION, &is_routeless(), 12 * MINUTE),
        ],
    )
}

/// The first round is under way.
pub(super) fn starting() -> Situation {
    let mut situation = situation(&[], |_, _| Fate::Answered, Vec::new());
    situation.history = History::default();
    situation.display.report.observations.clear();
    situation.display.agent = AgentFacts { measured: None, next_round: None, ..situation.display.agent };
    situation
}

/// Notices, a demonstration, and whatever names and greetings can hold.
pub(super) fn hostile() -> Situation {
    let mut situation = platform_blocked();
    let nasty = "<script>alert('x')</script> \u{1b}[31m\u{202e}moc\r\n\"onload=\"y";
    let Situation { display, history, now } = &mut situation;
    let since = *now - 5 * MINUTE;
    display.notices = vec![
        Notice {
            code: "config_rejected",
            text: format!(
                "The configuration was refused and the one before stays in use: line 3, column 9: unknown key `{nasty}`"
            ),
            since,
        },
        Notice {
            code: "state_dir",
            text: "The state directory cannot be written: what is known is lost at a restart".to_owned(),
            since,
        },
    ];
    display.agent.demonstration = true;
    display.agent.config = Some(PathBuf::from(format!("/etc/sortie/{nasty}.toml")));
    let report = &mut display.report;
    report.host.name = Some(format!("mail-1{nasty}"));
    report.unseen = vec![nasty.to_owned()];
    report.verdicts[0].summary = format!("{nasty} {}", "long".repeat(40));
    report.verdicts[0].evidence[0].text = nasty.to_owned();
    report.verdicts[0].next_steps[0].url = Some("javascript:alert(1)".to_owned());
    report.observations[0].operator = Some(nasty.to_owned());
    report.observations[0].detail.dns = None;
    report.observations[0].attempts[0].seen = nasty.to_owned();
    history.record(&[hostile_observation()], NOW);
    situation
}

fn hostile_observation() -> Observation {
    let address = catalogue::roster().targets()[0].address();
    let operator = Operator::new("<b onclick=\"x\">&amp;\u{202e}").ok();
    Observation { operator, ..observed(None, Role::Subject, address, Family::Ipv4, Fate::Silent, 0) }
}

pub(super) fn change() -> StateChange {
    changed(Port::SMTP, Some(State::Open), State::PlatformBlocked, HOUR)
}

fn situation(
    changes: &[(Port, State, Duration)],
    fate: impl Fn(Port, Duration) -> Fate,
    verdicts: Vec<PortVerdict>,
) -> Situation {
    let mut history = History::default();
    for (n, (port, state, ago)) in changes.iter().enumerate() {
        let before = changes[..n].iter().rev().find(|(of, ..)| of == port).map(|(_, state, _)| *state);
        history.change(changed(*port, before, *state, *ago));
    }
    let known = changes.iter().map(|(.., ago)| *ago).max().unwrap_or(MINUTE).min(24 * HOUR);
    let rounds = known.as_secs() / 60;
    let mut latest = Vec::new();
    for number in 0..=rounds {
        let ago = known.saturating_sub(Duration::from_secs(number * 60));
        let everybody = number.is_multiple_of(JURY) || number == rounds;
        let observations = round(catalogue::roster(), number, everybody, |port| fate(port, ago));
        history.record(&observations, NOW.saturating_sub(ago));
        if everybody {
            latest = observations;
        }
    }
    let now = moment::wall(NOW);
    let report = Report {
        schema: SCHEMA,
        generated_at: moment::utc(now),
        host: Host { id: Some("4c4c4544-0051-4810".to_owned()), name: Some("mail-1".to_owned()) },
        engine: "raw",
        unseen: vec![
            "answers that this machine's INPUT rules dropped: there is no capability for a tap".to_owned(),
        ],
        cloud: None,
        verdicts,
        observations: latest.iter().map(compose::sighting).collect(),
        relays: Vec::new(),
        explanation: None,
    };
    let agent = AgentFacts {
        version: "0.1.0",
        started: now - known,
        measured: Some(now - Duration::from_secs(12)),
        next_round: Some(now + Duration::from_secs(48)),
        interval: MINUTE,
        demonstration: false,
        config: None,
        config_hash: "8f3a61c20b94d7e5".to_owned(),
    };
    Situation { display: Display { generation: rounds, report, agent, notices: Vec::new() }, history, now }
}

fn round(roster: &Roster, number: u64, everybody: bool, fate: impl Fn(Port) -> Fate) -> Vec<Observation> {
    let mut observations = Vec::new();
    for (n, target) in (0..).zip(roster.targets()) {
        let turn = roster.operators(target.address().port).len() as u64;
        if !everybody && number % turn != n % turn {
            continue;
        }
        for family in Family::ALL {
            let operator = Some(target.operator());
            let fate_of =
                |address: &Address| if family == Family::Ipv6 { Fate::NoRoute } else { fate(address.port) };
            let salt = number * 31 + n * 7;
            observations.push(observed(
                operator,
                target.role(),
                target.address(),
                family,
                fate_of(target.address()),
                salt,
            ));
            if let Some(control) = target.control() {
                let of_control =
                    if fate(Port::SUBMISSION) == Fate::NoRoute { Fate::NoRoute } else { Fate::Answered };
                observations.push(observed(operator, Role::Control, control, family, of_control, salt + 3));
            }
        }
    }
    observations
}

/// One destination; IPv6 has no addresses here. Times differ by operator and wander within a few milliseconds.
fn observed(
    operator: Option<&Operator>,
    role: Role,
    address: &Address,
    family: Family,
    fate: Fate,
    salt: u64,
) -> Observation {
    let near = 9 + address.to_string().bytes().map(u64::from).sum::<u64>() % 60;
    let after = Duration::from_micros(near * 1_000 + (salt * salt * 37) % 4_700);
    let segment =
        Segment { acceptable: true, hop_limit: Some(52), window: Some(65_535), ..Segment::default() };
    let icmp = Icmp {
        family,
        kind: 3,
        code: 13,
        offender: IpAddr::from([203, 0, 113, 9]),
        from_self: false,
        hop_limit: Some(60),
    };
    let (syns, seen) = match fate {
        Fate::Answered => (1, Some(Seen::SynAck(segment))),
        Fate::Reset => (3, Some(Seen::Reset(segment))),
        Fate::Refused => (3, Some(Seen::Icmp(icmp))),
        Fate::Silent => (3, None),
        Fate::NoRoute => (0, None),
    };
    let answer = seen.map(|seen| Answer { after, late: false, seen });
    let attempt = |n: u64| Attempt {
        at: Duration::from_millis(n * 1_000),
        source_port: Some(61_000),
        answers: answer.clone().into_iter().collect(),
        kernel: None,
    };
    let last = u8::try_from(near).unwrap_or(1);
    Observation {
        operator: operator.cloned(),
        role,
        address: address.clone(),
        peer: match (family, fate) {
            (Family::Ipv6, _) => Peer::Unresolved(DnsFailure::NoData),
            (Family::Ipv4, Fate::NoRoute) => Peer::Unresolved(DnsFailure::Timeout),
            (Family::Ipv4, _) => Peer::Ip([192, 0, 2, last].into()),
        },
        family,
        on_link: false,
        has_source: true,
        is_routed: true,
        attempts: (0..syns).map(attempt).collect(),
        session: None,
        took: Duration::from_secs(7),
        dns_took: None,
    }
}

fn changed(port: Port, previous: Option<State>, state: State, ago: Duration) -> StateChange {
    let moment = NOW.saturating_sub(ago);
    StateChange {
        uid: format!("uid-{}", moment.as_secs()),
        at: moment::utc(moment::wall(moment)),
        moment,
        port,
        family: Family::Ipv4,
        previous: previous.map(State::code),
        state: state.code(),
        signature: None,
        attribution: None,
        confidence: 0.99,
        rule: if state == State::Open { "open" } else { "silent_all" },
        summary: String::new(),
    }
}

fn verdict(port: Port, finding: &Finding, ago: Duration) -> PortVerdict {
    let since = humantime::format_rfc3339_millis(moment::wall(NOW.saturating_sub(ago))).to_string();
    compose::verdict(port, Family::Ipv4, finding, Expectation::Open, since)
}

fn is_open() -> Finding {
    let greeted = ["google", "microsoft", "yahoo", "apple", "fastmail", "zoho", "gmx"];
    Finding {
        state: State::Open,
        signature: None,
        attribution: None,
        confidence: 0.998,
        rule: "open",
        because: "is open: mail servers of 7 operators answered".to_owned(),
        evidence: greeted.map(|name| Evidence::new(2.0, format!("{name}: a mail server greeted"))).to_vec(),
        settled: true,
    }
}

fn is_dropped() -> Finding {
    let silent = ["google", "microsoft", "yahoo", "apple", "fastmail", "zoho", "gmx"];
    let prior = Evidence::new(-3.0, "the state before this episode");
    let walk =
        Evidence::new(2.0, "google, yahoo, apple: SYNs are last seen at hop 1, the control's travel on");
    let lines =
        silent.map(|name| Evidence::new(1.69, format!("{name}: no answer in 2 rounds, control answered")));
    Finding {
        state: State::PlatformBlocked,
        signature: Some(Signature::SilentDrop),
        attribution: Some(Attribution::PlatformOrSecurityGroup),
        confidence: 0.9999,
        rule: "silent_all",
        because: "is blocked by the network provider: 7 operators did not answer in 2 rounds while their controls answered".to_owned(),
        evidence: [prior, walk].into_iter().chain(lines).collect(),
        settled: true,
    }
}

fn is_routeless() -> Finding {
    let nowhere = ["google", "microsoft", "yahoo"];
    Finding {
        state: State::NoEgress,
        signature: Some(Signature::NoRoute),
        confidence: 0.99,
        rule: "host_no_route",
        because: "cannot leave: this machine has no route, or its gateway does not answer".to_owned(),
        evidence: nowhere
            .map(|name| Evidence::new(CERTAIN, format!("{name}: this machine has no route for it")))
            .to_vec(),
        ..is_open()
    }
}
