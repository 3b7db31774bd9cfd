//! Situations and what must come of them. Each row is one episode: a few identical or changing rounds, the walks of
//! the episode, and the verdict that the evidence allows and no narrower one.

mod detour;
mod resumed;

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use super::docket::Docket;
use super::{Finding, Signature, State, rules};
use crate::hearing::{Control, Greeting, Hearing, LocalCause, Symptom, Tally, Testimony};
use crate::observation::{DnsFailure, EngineKind, HostFacts, Icmp};
use crate::outcome::Outcome;
use crate::schedule::Pace;
use crate::target::{Family, Operator, Port};
use crate::walk::{Reach, Step, Walk};

const NAMES: [&str; 5] = ["alpha", "bravo", "charlie", "delta", "echo"];
/// Distance of every simulated destination.
const DISTANCE: u8 = 7;

fn operator(name: &str) -> Operator {
    Operator::new(name).expect("valid")
}

fn peer(index: usize) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(192, 0, 2, 10 * (1 + u8::try_from(index).expect("few"))))
}

fn router(hop: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(198, 51, 100, hop))
}

fn icmp(kind: u8, code: u8, offender: IpAddr, hop_limit: Option<u8>) -> Symptom {
    Symptom::Icmp(Icmp { family: Family::Ipv4, kind, code, offender, from_self: false, hop_limit })
}

/// One round in which the operators show these symptoms and their controls do that.
fn round(second: u64, symptoms: &[Symptom], control: Control) -> Hearing {
    let testimonies = symptoms.iter().zip(NAMES).enumerate().map(|(index, (symptom, name))| Testimony {
        peer: (!matches!(symptom, Symptom::Unresolved(_))).then(|| peer(index)),
        ..Testimony::new(operator(name), symptom.clone(), control)
    });
    let globals = if control.is_valid() { (2, 2) } else { (0, 2) };
    Hearing {
        at: Duration::from_secs(second),
        engine: EngineKind::Raw,
        testimonies: testimonies.collect(),
        globals,
        global_symptoms: vec![Outcome::Timeout; globals.1 - globals.0],
        shared_names: BTreeSet::new(),
        late: 0,
        subject_tally: Tally::default(),
        control_tally: Tally::default(),
        host: HostFacts::default(),
    }
}

/// A walk whose subject dies where `subject` says and whose control answers at [`DISTANCE`].
fn walk(index: usize, subject: impl Fn(u8) -> Reach) -> Walk {
    let step = |ttl| Step {
        ttl,
        subject: vec![subject(ttl); 2],
        control: vec![if ttl < DISTANCE { Reach::TimeExceeded(router(ttl)) } else { Reach::SynAck }; 2],
    };
    Walk {
        operator: operator(NAMES[index]),
        subject: (peer(index), Port::SMTP),
        control: Some((peer(index), Port::SUBMISSION)),
        steps: (1..=DISTANCE + 1).map(step).collect(),
    }
}

/// Time-exceeded up to `reach`, `then` at every greater TTL.
fn walks(reach: u8, then: Reach) -> Vec<Walk> {
    let seen = move |ttl| if ttl <= reach { Reach::TimeExceeded(router(ttl)) } else { then };
    (0..3).map(|index| walk(index, seen)).collect()
}

fn judge(hearings: Vec<Hearing>, walks: Vec<Walk>) -> Finding {
    let mut docket = Docket::new(Port::SMTP, Family::Ipv4, Pace::DEFAULT);
    docket.add_walks(walks);
    for hearing in hearings {
        docket.hear(hearing);
    }
    rules::find(&docket).expect("at least one round")
}

fn steady(symptom: &Symptom, rounds: u64, control: Control) -> Vec<Hearing> {
    (0..rounds).map(|n| round(10 * n, &vec![symptom.clone(); 5], control)).collect()
}

fn some(symptom: &Symptom, count: usize, rounds: u64) -> Vec<Hearing> {
    let mut symptoms = vec![Symptom::Answered(Greeting::Valid); 5];
    symptoms[..count].fill(symptom.clone());
    (0..rounds).map(|n| round(10 * n, &symptoms, Control::SameHost)).collect()
}

/// Situation, rounds, walks, state, rule.
type Row = (&'static str, Vec<Hearing>, Vec<Walk>, State, &'static str);

#[test]
#[expect(clippy::too_many_lines, reason = "one table of situations")]
fn every_situation_gets_the_verdict_that_its_evidence_allows() {
    use State::{
        Inconclusive, Intercepted, LocallyBlocked, NoEgress, Open, Partial, PathBlocked, PlatformBlocked,
        Refused,
    };
    let valid = Symptom::Answered(Greeting::Valid);
    let silent = Symptom::Silent;
    let reset = Symptom::Reset;
    let near = icmp(3, 13, router(1), Some(64));
    let far = icmp(3, 13, router(5), Some(60));
    let own = |c| steady(&c, 2, Control::SameHost);
    let dead = Control::Failed;
    let routers_of = |hop: u8| move |n: usize| icmp(3, 13, peer(n), Some(64 - hop));
    let dest: Vec<_> = (0..5).map(routers_of(6)).collect();
    let mut denied = steady(&Symptom::Local(LocalCause::Output), 1, dead);
    denied[0].global_symptoms.fill(Outcome::DeniedLocally);
    let rows: Vec<Row> = vec![
        ("all answer", steady(&valid, 1, Control::SameHost), vec![], Open, "open"),
        ("all answer, all controls dead", steady(&valid, 1, dead), vec![], Open, "open"),
        ("one operator silent", some(&silent, 1, 2), vec![], Open, "open"),
        ("two operators silent", some(&silent, 2, 3), vec![], Partial, "silent_some"),
        ("four silent, one answers", some(&silent, 4, 4), walks(1, Reach::Silent), Partial, "silent_some"),
        ("all silent, walks hidden", own(silent.clone()), vec![], PlatformBlocked, "silent_all"),
        (
            "all silent, die at hop 1",
            own(silent.clone()),
            walks(1, Reach::Silent),
            PlatformBlocked,
            "silent_all",
        ),
        (
            "all silent, die before hop 1",
            own(silent.clone()),
            walks(0, Reach::Silent),
            PlatformBlocked,
            "silent_all",
        ),
        (
            "all silent, die at the edge",
            own(silent.clone()),
            walks(3, Reach::Silent),
            Inconclusive,
            "silent_edge",
        ),
        (
            "all silent, die at hop 5",
            own(silent.clone()),
            walks(4, Reach::Silent),
            PathBlocked,
            "silent_path",
        ),
        (
            "all silent, seen at the last hop",
            own(silent.clone()),
            walks(6, Reach::Silent),
            Inconclusive,
            "silent_beyond",
        ),
        (
            "all silent in one round only",
            steady(&silent, 1, Control::SameHost),
            vec![],
            Inconclusive,
            "silent_all",
        ),
        ("all silent, own controls too", steady(&silent, 4, dead), vec![], NoEgress, "net_silent"),
        (
            "all silent, no control at all",
            steady(&silent, 2, Control::Absent),
            vec![],
            Inconclusive,
            "no_controls",
        ),
        ("reset at hop 1", own(reset.clone()), walks(0, Reach::Reset), PlatformBlocked, "rst_injected_near"),
        ("reset at hop 5", own(reset.clone()), walks(4, Reach::Reset), PathBlocked, "rst_injected_far"),
        ("reset by the destinations", own(reset.clone()), walks(6, Reach::Reset), Refused, "rst_dest"),
        ("reset, distance unknown", own(reset.clone()), vec![], Inconclusive, "rst_all"),
        ("prohibited by hop 1", own(near.clone()), vec![], PlatformBlocked, "icmp_prohibited_near"),
        ("prohibited by hop 5", own(far.clone()), vec![], PathBlocked, "icmp_prohibited_far"),
        (
            "prohibited from an unknown distance",
            own(icmp(3, 13, router(9), None)),
            vec![],
            Inconclusive,
            "icmp_unreach",
        ),
        (
            "prohibited by each destination",
            vec![round(0, &dest, Control::SameHost), round(10, &dest, Control::SameHost)],
            vec![],
            Refused,
            "icmp_prohibited_dest",
        ),
        (
            "host unreachable where only another host answers",
            steady(&icmp(3, 1, router(1), Some(64)), 2, Control::OtherHost),
            vec![],
            Inconclusive,
            "icmp_unreach",
        ),
        ("output rule", own(Symptom::Local(LocalCause::Output)), vec![], LocallyBlocked, "local_fw_drop"),
        ("input rule", own(Symptom::Local(LocalCause::Input)), vec![], LocallyBlocked, "local_fw_input"),
        ("policy route", own(Symptom::NoRoute), vec![], LocallyBlocked, "local_policy_route"),
        ("output rule for everything", denied, vec![], NoEgress, "host_firewall_all"),
        (
            "names do not resolve",
            steady(&Symptom::Unresolved(DnsFailure::ServFail), 2, Control::Global),
            vec![],
            Inconclusive,
            "dns_fail",
        ),
        (
            "masked greetings",
            own(Symptom::Answered(Greeting::Masked)),
            vec![],
            Intercepted,
            "greeting_masked",
        ),
        ("no greetings", own(Symptom::Answered(Greeting::Silent)), vec![], Inconclusive, "synack_silent"),
        (
            "reset before greetings",
            own(Symptom::Answered(Greeting::Reset)),
            vec![],
            Inconclusive,
            "synack_then_rst",
        ),
        (
            "refusing greetings",
            own(Symptom::Answered(Greeting::Rejected)),
            vec![],
            Refused,
            "greeting_rejected",
        ),
        (
            "handshake at TTL 1, control at 7",
            own(valid.clone()),
            walks(0, Reach::SynAck),
            Intercepted,
            "proxy_smtp",
        ),
        ("ports exhausted", own(Symptom::Exhausted), vec![], Inconclusive, "host_ports_exhausted"),
    ];
    for (situation, hearings, walks, state, rule) in rows {
        let found = judge(hearings, walks);
        assert_eq!((found.state, found.rule), (state, rule), "{situation}: {found:#?}");
    }
}

#[test]
fn fewer_than_three_operators_convict_nobody() {
    let reasons = [
        Symptom::Silent,
        Symptom::Reset,
        Symptom::Local(LocalCause::Output),
        Symptom::NoRoute,
        icmp(3, 13, router(1), Some(64)),
        Symptom::Answered(Greeting::Masked),
    ];
    for symptom in reasons {
        let hearings =
            (0..6).map(|n| round(10 * n, &[symptom.clone(), symptom.clone()], Control::SameHost)).collect();
        let found = judge(hearings, walks(0, Reach::Silent));
        assert_eq!(found.state, State::Inconclusive, "{symptom:?}: {found:#?}");
    }
}

#[test]
fn a_control_that_something_near_answers_is_not_a_control() {
    let mut near = walks(1, Reach::Silent);
    for walk in &mut near {
        walk.steps[0].control = vec![Reach::SynAck; 2];
    }
    let found = judge(steady(&Symptom::Silent, 4, Control::SameHost), near);
    assert!(!found.state.is_block(), "{found:#?}");
}

#[test]
fn an_answer_within_the_last_minute_holds_a_conviction_back() {
    let mut hearings = some(&Symptom::Silent, 4, 1);
    hearings.extend((1..4).map(|n| round(10 * n, &vec![Symptom::Silent; 5], Control::SameHost)));
    let found = judge(hearings.clone(), vec![]);
    assert_eq!(found.rule, "silent_answered_before", "{found:#?}");
    hearings.push(round(75, &vec![Symptom::Silent; 5], Control::SameHost));
    let found = judge(hearings, vec![]);
    assert_eq!(
        (found.state, found.signature),
        (State::PlatformBlocked, Some(Signature::SilentDrop)),
        "{found:#?}"
    );
}

#[test]
fn operators_that_answer_and_fall_silent_are_throttled() {
    let mut hearings = some(&Symptom::Silent, 2, 1);
    hearings.extend((1..3).map(|n| round(10 * n, &vec![Symptom::Silent; 5], Control::SameHost)));
    for hearing in &mut hearings {
        hearing.subject_tally = Tally { sent: 15, unanswered: 12 };
        hearing.control_tally = Tally { sent: 7, unanswered: 0 };
    }
    assert_eq!(judge(hearings, vec![]).state, State::Throttled);
}

#[test]
fn names_that_lead_to_one_address_are_not_believed() {
    let mut hearings = steady(&Symptom::Silent, 4, Control::Global);
    for hearing in &mut hearings {
        hearing.shared_names = NAMES.map(operator).into_iter().collect();
        hearing.testimonies.iter_mut().for_each(|t| t.peer = Some(peer(0)));
    }
    let found = judge(hearings, vec![]);
    assert_eq!((found.state, found.rule), (State::Inconclusive, "dns_untrusted"), "{found:#?}");
}

#[test]
fn nobody_is_convicted_before_the_walk_was_made() {
    let mut docket = Docket::new(Port::SMTP, Family::Ipv4, Pace::DEFAULT);
    for hearing in steady(&Symptom::Silent, 3, Control::SameHost) {
        docket.hear(hearing);
    }
    assert!(!rules::find(&docket).expect("heard").state.is_block());
    docket.add_walks([]);
    assert_eq!(rules::find(&docket).expect("heard").state, State::PlatformBlocked);
}

#[test]
fn packets_that_arrive_and_reach_nobody_excuse_the_network() {
    let mut hearings = steady(&Symptom::Silent, 4, Control::SameHost);
    for hearing in &mut hearings {
        hearing.engine = EngineKind::Connect;
        hearing.host.undelivered = Some(40);
    }
    let found = judge(hearings, vec![]);
    assert_eq!((found.state, found.rule), (State::Inconclusive, "answers_undelivered"), "{found:#?}");
}

#[test]
fn a_router_that_rations_its_icmp_goes_on_refusing() {
    let refused = icmp(3, 13, router(1), Some(64));
    let hearings = vec![
        round(0, &vec![refused; 5], Control::SameHost),
        round(10, &vec![Symptom::Silent; 5], Control::SameHost),
    ];
    let found = judge(hearings, vec![]);
    assert_eq!((found.state, found.rule), (State::PlatformBlocked, "icmp_prohibited_near"), "{found:#?}");
}

#[test]
fn a_reset_one_hop_short_of_the_host_is_not_the_hosts() {
    for (hop, state) in [(DISTANCE, State::Refused), (DISTANCE - 1, State::PathBlocked)] {
        let mut hearings = steady(&Symptom::Reset, 2, Control::SameHost);
        for testimony in hearings.iter_mut().flat_map(|hearing| &mut hearing.testimonies) {
            (testimony.hop, testimony.control_hop) = (Some(hop), Some(DISTANCE));
        }
        let found = judge(hearings, walks(DISTANCE - 1, Reach::Reset));
        assert_eq!(found.state, state, "{found:#?}");
    }
}

/// Walks of a chain with two routers before every host, whose controls are somebody else's.
fn short_walks(reach: u8, then: Reach) -> Vec<Walk> {
    let other: IpAddr = Ipv4Addr::new(203, 0, 113, 201).into();
    let step = |ttl| Step {
        ttl,
        subject: vec![if ttl <= reach { Reach::TimeExceeded(router(ttl)) } else { then }; 2],
        control: vec![if ttl < 3 { Reach::TimeExceeded(router(ttl)) } else { Reach::SynAck }; 2],
    };
    let walk = |index: usize| Walk {
        operator: operator(NAMES[index]),
        subject: (peer(index), Port::SMTP),
        control: Some((other, Port::SUBMISSION)),
        steps: (1..=16).map(step).collect(),
    };
    (0..3).map(walk).collect()
}

#[test]
fn the_router_that_hands_the_controls_over_is_the_edge_of_where_servers_stand() {
    for (reach, state) in [(1, State::PlatformBlocked), (2, State::Inconclusive)] {
        let found = judge(steady(&Symptom::Silent, 2, Control::Global), short_walks(reach, Reach::Silent));
        assert_eq!(found.state, state, "{found:#?}");
    }
}

#[test]
fn a_reset_that_crossed_no_router_is_the_first_hops() {
    for (hop, control_hop, state) in [
        (1, 3, State::PlatformBlocked),
        (2, 3, State::Inconclusive),
        // Something rewrites every TTL on arrival.
        (1, 1, State::Inconclusive),
    ] {
        let mut hearings = steady(&Symptom::Reset, 2, Control::Global);
        for testimony in hearings.iter_mut().flat_map(|hearing| &mut hearing.testimonies) {
            (testimony.hop, testimony.control_hop) = (Some(hop), Some(control_hop));
        }
        let found = judge(hearings, short_walks(1, Reach::Reset));
        assert_eq!(found.state, state, "hop {hop}: {found:#?}");
    }
}

#[test]
fn a_missing_route_is_a_policy_only_where_the_address_has_one() {
    for (control, is_routed, state) in [
        (Control::SameHost, false, State::LocallyBlocked),
        (Control::Global, true, State::LocallyBlocked),
        (Control::OtherHost, false, State::Inconclusive),
        (Control::Global, false, State::Inconclusive),
    ] {
        let mut hearings = steady(&Symptom::NoRoute, 2, control);
        for testimony in hearings.iter_mut().flat_map(|hearing| &mut hearing.testimonies) {
            testimony.is_routed = is_routed;
        }
        let found = judge(hearings, vec![]);
        assert_eq!(found.state, state, "{control:?} {is_routed}: {found:#?}");
    }
}

#[test]
fn servers_nearer_than_somebody_elses_control_are_no_proxy() {
    let greeted = Symptom::Answered(Greeting::Valid);
    let drawn_at = |ttls: [u8; 3]| {
        let mut walks = walks(0, Reach::Silent);
        for (walk, drawn) in walks.iter_mut().zip(ttls) {
            walk.control = Some((Ipv4Addr::new(203, 0, 113, 201).into(), Port::SUBMISSION));
            for step in &mut walk.steps {
                step.subject =
                    vec![
                        if step.ttl < drawn { Reach::TimeExceeded(router(step.ttl)) } else { Reach::SynAck };
                        2
                    ];
            }
        }
        walks
    };
    for (ttls, state) in [
        ([1, 1, 1], State::Intercepted),
        ([2, 2, 2], State::Intercepted),
        ([3, 3, 3], State::Open),
        ([2, 3, 4], State::Open),
        ([4, 4, 4], State::Open),
    ] {
        let found = judge(steady(&greeted, 1, Control::Global), drawn_at(ttls));
        assert_eq!(found.state, state, "{ttls:?}: {found:#?}");
    }
}

#[test]
fn a_refuser_without_a_place_stands_where_the_walks_stop() {
    let private = IpAddr::V4(Ipv4Addr::new(10, 1, 2, 3));
    for (reach, state) in [
        (0, State::PlatformBlocked),
        (1, State::PlatformBlocked),
        (3, State::Inconclusive),
        (4, State::PathBlocked),
    ] {
        let found =
            judge(steady(&icmp(3, 13, private, None), 2, Control::SameHost), walks(reach, Reach::Silent));
        assert_eq!(found.state, state, "reach {reach}: {found:#?}");
    }
}

#[test]
fn no_lost_syn_no_throttle() {
    let mut hearings = steady(&Symptom::Answered(Greeting::Lost), 3, Control::SameHost);
    for hearing in &mut hearings {
        hearing.subject_tally = Tally { sent: 5, unanswered: 0 };
    }
    let found = judge(hearings, vec![]);
    assert_eq!((found.state, found.rule), (State::Inconclusive, "session_lost"), "{found:#?}");
}

#[test]
fn nobody_is_named_in_a_round_whose_controls_failed() {
    let reasons = [Symptom::Silent, Symptom::Local(LocalCause::Output), icmp(3, 13, router(1), Some(64))];
    for symptom in reasons {
        let mut hearings = steady(&symptom, 5, Control::SameHost);
        for hearing in &mut hearings {
            // Three operators' own controls answer, and the six global ones do not.
            hearing.testimonies.truncate(3);
            hearing.globals = (0, 6);
        }
        let found = judge(hearings, walks(1, Reach::Silent));
        assert_eq!((found.state, found.rule), (State::Inconclusive, "net_degraded"), "{found:#?}");
    }
}
