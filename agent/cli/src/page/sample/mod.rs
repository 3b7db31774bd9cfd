//! Situations as an agent would show them: a day of rounds over the built-in destinations, and a verdict at the end.

pub(crate) mod findings;
mod world;

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use sortie_core::circumstances::Circumstances;
use sortie_core::evidence::Evidence;
use sortie_core::expect::Expectation;
use sortie_core::history::{History, Sample, StateChange};
use sortie_core::observation::Observation;
use sortie_core::report::{PortVerdict, compose};
use sortie_core::target::{Address, Family, Operator, Port, Role};
use sortie_core::verdict::{Finding, Signature, State};

use self::findings::{is_dropped, is_open, is_routeless};
use self::world::{Fate, changed, observed, situation};
use super::moment;
use crate::board::{AgentFacts, Display, Notice};
use crate::config::catalogue;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
/// 2026-11-25 14:03:12 UTC.
const NOW: Duration = Duration::from_secs(1_795_615_392);

/// Everything that a page is made from.
#[derive(Clone)]
pub(crate) struct Situation {
    pub(crate) display: Display,
    pub(crate) history: History,
    pub(crate) now: SystemTime,
}

/// Every situation with a name of its own.
pub(crate) fn all() -> Vec<(&'static str, Situation)> {
    vec![
        ("open", open()),
        ("platform-blocked", platform_blocked()),
        ("path-blocked", path_blocked()),
        ("no-egress", no_egress()),
        ("as-expected", as_expected()),
        ("starting", starting()),
        ("hostile", hostile()),
    ]
}

/// A healthy machine without IPv6.
pub(crate) fn open() -> Situation {
    situation(
        &[(Port::SMTP, State::Open, 40 * HOUR), (Port::SUBMISSION, State::Open, 40 * HOUR)],
        |_, _| Fate::Answered,
        vec![verdict(Port::SMTP, &is_open(), 40 * HOUR), verdict(Port::SUBMISSION, &is_open(), 40 * HOUR)],
    )
}

/// Dropped by the platform, lifted, and dropped again.
pub(crate) fn platform_blocked() -> Situation {
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
            over(Family::Ipv6, Port::SMTP, &is_routeless(), 40 * HOUR),
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

/// A block that was expected, relays that are throttled, and IPv6 that nobody can judge.
pub(crate) fn as_expected() -> Situation {
    let expected = Expectation::Blocked;
    let throttled = Finding {
        state: State::Throttled,
        confidence: 0.8,
        rule: "throttled",
        because: "is throttled: 3 operators answered first and fell silent within a minute".to_owned(),
        evidence: vec![
            Evidence::new(1.95, "41 % of SYNs unanswered on the port, 0 % on the controls"),
            Evidence::new(0.0, "sendgrid: no answer, control answered"),
        ],
        ..is_open()
    };
    let unknown = Finding {
        state: State::Inconclusive,
        confidence: 0.5,
        rule: "too_few_operators",
        because: "is not answered, but nobody can be named: 2 operators were measured, at least 3 are needed"
            .to_owned(),
        evidence: vec![Evidence::new(0.0, "google: no answer, no control")],
        ..is_open()
    };
    let changes =
        [(Port::SMTP, State::PlatformBlocked, 4 * MINUTE), (Port::SUBMISSION, State::Throttled, 4 * MINUTE)];
    let verdicts = vec![
        PortVerdict {
            expected: expected.code(),
            as_expected: expected.is_met(State::PlatformBlocked),
            ..verdict(Port::SMTP, &is_dropped(), 4 * MINUTE)
        },
        over(Family::Ipv6, Port::SMTP, &unknown, 4 * MINUTE),
        verdict(Port::SUBMISSION, &throttled, 4 * MINUTE),
        over(Family::Ipv6, Port::SUBMISSION, &is_open(), 4 * MINUTE),
    ];
    let silent = |port, ago: Duration| port == Port::SMTP || ago.as_secs().is_multiple_of(120);
    situation(&changes, |port, ago| if silent(port, ago) { Fate::Silent } else { Fate::Answered }, verdicts)
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
pub(crate) fn hostile() -> Situation {
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
    history.record([Sample::of(&hostile_observation())], NOW);
    situation
}

fn hostile_observation() -> Observation {
    let address = catalogue::roster().targets()[0].address();
    let operator = Operator::new("<b onclick=\"x\">&amp;\u{202e}").ok();
    Observation { operator, ..observed(None, Role::Subject, address, Family::Ipv4, Fate::Silent, 0) }
}

/// More destinations than anybody looks at, each of them flapping, and a port that changes every minute.
pub(super) fn remember_too_much(situation: &mut Situation) {
    let fates = [Fate::Answered, Fate::Silent, Fate::Reset, Fate::Refused];
    let address = |host: u32| -> Address { format!("mx{host}.example:25").parse().expect("an address") };
    let addresses: Vec<Address> = (0..60).map(address).collect();
    for (number, fate) in (0..200).zip(fates.into_iter().cycle()) {
        let ago = Duration::from_secs((200 - number) * 60);
        let of = |address| observed(None, Role::Subject, address, Family::Ipv4, fate, number);
        let observations: Vec<_> = addresses.iter().map(of).collect();
        situation.history.record(observations.iter().map(Sample::of), NOW.saturating_sub(ago));
        let state = if number % 2 == 0 { State::PlatformBlocked } else { State::Open };
        situation.history.change(changed(Port::SMTP, Some(State::Open), state, ago));
    }
}

pub(super) fn change() -> StateChange {
    changed(Port::SMTP, Some(State::Open), State::PlatformBlocked, HOUR)
}

fn verdict(port: Port, finding: &Finding, ago: Duration) -> PortVerdict {
    over(Family::Ipv4, port, finding, ago)
}

fn over(family: Family, port: Port, finding: &Finding, ago: Duration) -> PortVerdict {
    let since = humantime::format_rfc3339_millis(moment::wall(NOW.saturating_sub(ago))).to_string();
    compose::verdict(port, family, finding, &Circumstances::expecting(Expectation::Open), since)
}
